// The SSH server of a real sandbox, and the screen of another one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../container/engine.ts';
import { openTestSandboxes, type TestSandboxes } from '../../container/sandboxes.test-support.ts';
import { type Identity, openIdentity } from '../../identity/identity.ts';
import { DISPLAY_SOCKET, screenPart } from '../display/screen-part.ts';
import { authorise, hostKeyOf, SSH_SOCKET, sshdPart } from './sshd-part.ts';

let sandboxes: TestSandboxes;
beforeAll(async () => {
  sandboxes = await openTestSandboxes();
});
afterAll(() => sandboxes[Symbol.asyncDispose]());

test('display speaks RFB, ssh speaks SSH, and a sandbox has only what was brought along', async () => {
  const screen = screenPart({ width: 320, height: 240 });
  await using seen = await sandboxes.start(['sleep', '60'], { parts: [screen] });
  await using reached = await sandboxes.start(['sleep', '60'], { parts: [sshdPart()] });
  expect(await firstBytes(seen, DISPLAY_SOCKET)).toMatch(/^RFB 003\.008/);
  expect(await firstBytes(reached, SSH_SOCKET)).toMatch(/^SSH-2\.0-OpenSSH/);
  await expect(seen.connect(SSH_SOCKET)).rejects.toMatchObject({ code: 'container-failed' });
  await expect(reached.connect(DISPLAY_SOCKET)).rejects.toMatchObject({ code: 'container-failed' });
});

test('the host key is the one that the container keeps, and a damaged one is said', async () => {
  let kept: string | undefined;
  const keep = async (_name: string, make: () => string) => (kept ??= make());
  const line = await hostKeyOf(keep);
  expect(line).toMatch(/^ssh-ed25519 AAAA/);
  expect(await hostKeyOf(keep)).toBe(line);
  await expect(hostKeyOf(async () => 'no key')).rejects.toMatchObject({ code: 'container-failed' });
});

describe('its sshd, for a stock client with the granted key', () => {
  test('runs the program of the grant whatever is asked for, forwards nothing, and knows no other key', async () => {
    const script = 'echo ran >>/home/ebp/out; sleep 60';
    await using sandbox = await sandboxes.start(['bash', '-c', script], { parts: [sshdPart()] });
    const { folder } = sandboxes;
    const [own, other] = await Promise.all(['own', 'other'].map((name) => openIdentity(join(folder, `key-${name}`))));
    await authorise(sandbox, own?.publicKey ?? '');
    const server = createServer({ allowHalfOpen: true }, async (socket) => {
      socket.on('error', () => socket.destroy());
      const stream = await sandbox.connect(SSH_SOCKET);
      socket.pipe(stream).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ssh = async (key: Identity | undefined, ...rest: string[]) => {
      await using lent = await key?.lendKey();
      return await new Promise<{ code: number | null; out: string }>((resolve) => {
        const fixed = ['-F', 'none', '-i', lent?.path ?? '', '-p', String(port), '-o', 'BatchMode=yes'];
        const hosts = [
          '-o',
          'StrictHostKeyChecking=no',
          '-o',
          'UserKnownHostsFile=/dev/null',
          '-o',
          'IdentitiesOnly=yes',
        ];
        const child = spawn('ssh', [...fixed, ...hosts, ...rest], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 8000 });
        let out = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk));
        child.on('close', (code) => resolve({ code, out }));
      });
    };
    const where = 'ebp@127.0.0.1';
    // Without a display neither the program nor the client's command is started.
    expect((await ssh(own, where, 'touch ~/pwned')).out).toContain('no X display was forwarded');
    expect((await ssh(own, '-s', where, 'sftp')).out).toContain('subsystem request failed');
    expect((await ssh(own, '-W', '127.0.0.1:22', where)).out).toContain('prohibited');
    expect((await ssh(own, '-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1', where)).code).toBe(255);
    expect((await ssh(own, '-o', 'SetEnv=DISPLAY=:9 LD_PRELOAD=/x', where)).out).toContain(
      'no X display was forwarded',
    );
    expect((await ssh(other, where)).out).toContain('Permission denied');
    server.close();
    expect(await readdir(sandbox.homePath)).not.toContain('pwned');
    expect(await readdir(sandbox.homePath)).not.toContain('out');
  });
});

async function firstBytes(sandbox: Sandbox, socketPath: string): Promise<string> {
  const stream = await sandbox.connect(socketPath);
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  stream.destroy();
  return chunk.toString();
}
