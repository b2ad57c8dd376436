import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openIdentity } from '../../identity/identity.ts';
import { silentLog } from '../../lib/log.ts';
import { generateKey } from '../../lib/ssh-key.ts';
import { startNativeWindow } from './openssh.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-ssh-'));
  vi.stubEnv('DISPLAY', ':99');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test.each(['run', 'a run', '100%h', "it's (a:b), {c} $HOME !!"])(
  'ssh finds its connection, its key and the key of the container below a runtime folder named %j',
  { timeout: 20_000 },
  async (name) => {
    const runtimeDir = join(folder, name);
    await mkdir(runtimeDir);
    const identity = await openIdentity(join(folder, 'identity'), { lentDir: join(runtimeDir, 'lent') });
    const hostKey = generateKey('container');
    const containers = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      client.on('error', () => {});
      client.on('authentication', (context) => (context.method === 'publickey' ? context.accept() : context.reject()));
      client.on('session', (accept) =>
        accept().on('shell', (acceptShell) => {
          const channel = acceptShell();
          channel.exit(7);
          channel.end();
        }),
      );
    });
    await new Promise<void>((resolve) => containers.listen(0, '127.0.0.1', resolve));
    const parsed = ssh2.utils.parseKey(hostKey);
    if (parsed instanceof Error) throw parsed;
    try {
      await using window = await startNativeWindow({
        identity,
        containerHostKey: `ssh-ed25519 ${parsed.getPublicSSH().toString('base64')}`,
        runtimeDir,
        openStream: async () => connect((containers.address() as AddressInfo).port, '127.0.0.1'),
        log: silentLog,
      });
      expect(await window.ended).toEqual({ exitCode: 7, why: expect.any(String) });
    } finally {
      containers.close();
    }
  },
);
