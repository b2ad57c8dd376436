// What a stock `ssh` asks for at the sshd of a container, beside what sshd-part.test.ts has: only the program of the grant is for it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstMatch, until } from '../../bench/computers.ts';
import { type KeyInFile, runProgram, stockSsh } from './ssh-host.ts';
import { type SshSandbox, startSshSandbox } from './ssh-sandbox.ts';

const where = 'ebp@127.0.0.1';
/** X11 forwarding is what the grant has. No X server is needed for as long as the program opens no window. */
const granted = ['-Y', '-T'];
const display = { DISPLAY: ':77' };
let made: SshSandbox;
let alice: KeyInFile;
let port: number;
let count = 0;

beforeAll(async () => {
  made = await startSshSandbox();
  alice = await made.makeKey('alice');
  port = await made.openPort();
  await made.offer(alice.publicKey, ['sleep', '60']);
}, 60_000);
afterAll(() => made?.[Symbol.asyncDispose]());

const ssh = (options: readonly string[], env: Readonly<Record<string, string>> = {}, signal?: AbortSignal) => {
  const [program = '', ...rest] = stockSsh(port, alice.keyPath);
  return runProgram(program, [...rest, '-v', ...options], env, signal);
};

/** Opens ssh's own end of a forward and reads what comes out of it. */
async function readThrough(kind: string, target: string, request = ''): Promise<{ got: string; said: string }> {
  count += 1;
  const path = join(made.folder, `forward-${count}`);
  const done = new AbortController();
  const ended = ssh(['-N', kind, `${path}${target}`, where], {}, done.signal);
  await until(() => existsSync(path), 'the forward');
  const { out } = await runProgram('bash', [
    '-c',
    `(printf '${request}'; sleep 1) | socat -T 3 - UNIX-CONNECT:${path} 2>/dev/null`,
  ]);
  done.abort();
  return { got: out, said: (await ended).out };
}

test('a visitor asks the container’s sshd to forward to its own loopback (ssh -L)', async () => {
  const { got, said } = await readThrough('-L', ':127.0.0.1:6010');
  expect(said).toContain('open failed: administratively prohibited');
  expect(got).toBe('');
});

test('a visitor makes the container’s sshd its proxy (ssh -D)', async () => {
  const { got, said } = await readThrough(
    '-D',
    '',
    '\\x05\\x01\\x00\\x05\\x01\\x00\\x01\\x7f\\x00\\x00\\x01\\x17\\x7a',
  );
  expect(said).toContain('open failed: administratively prohibited');
  expect(got).not.toContain('SSH-2.0');
});

test('a visitor reaches through the container’s sshd for its Unix sockets', async () => {
  const { got, said } = await readThrough('-L', ':/run/ebp/sock/ssh');
  expect(said).toContain('open failed');
  expect(got).toBe('');
});

test('a visitor has the container’s sshd listen on a Unix socket', async () => {
  const { code, out } = await ssh([
    '-N',
    '-o',
    'ExitOnForwardFailure=yes',
    '-R',
    '/home/ebp/planted:127.0.0.1:1',
    where,
  ]);
  expect(out).toContain('remote port forwarding failed');
  expect(code).toBe(255);
  expect(existsSync(join(made.homePath, 'planted'))).toBe(false);
});

test('a visitor asks the container’s sshd for a terminal', async () => {
  expect((await ssh(['-tt', where])).out).toContain('PTY allocation request failed');
});

test('a visitor takes its agent, an environment and another program into the container', async () => {
  await using own = await startSshSandbox();
  await own.offer(alice.publicKey, ['bash', '-c', 'env; tty']);
  const agentPath = join(made.folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', agentPath], { stdio: ['ignore', 'pipe', 'ignore'] });
  await firstMatch(agent, /SSH_AUTH_SOCK/);
  const [program = '', ...rest] = stockSsh(await own.openPort(), alice.keyPath);
  const sent = ['-v', '-A', '-o', 'SetEnv=LD_PRELOAD=/x BASH_ENV=/x EBP_STOLEN=1'];
  const { out } = await runProgram(program, [...rest, ...sent, ...granted, where, 'echo instead; touch ~/pwned'], {
    ...display,
    SSH_AUTH_SOCK: agentPath,
  });
  agent.kill();
  expect(out).toContain('Requesting authentication agent forwarding');
  // The granted program did run: what it wrote is its own environment.
  expect(out).toMatch(/^DISPLAY=\S+:10\.0$/m);
  expect(out).toMatch(/^not a tty$/m);
  expect(out).not.toMatch(/^(SSH_AUTH_SOCK|LD_PRELOAD|BASH_ENV|EBP_STOLEN)=/m);
  expect(out).toMatch(/^SSH_ORIGINAL_COMMAND=echo instead/m);
  expect(out).not.toMatch(/^instead/m);
  expect(existsSync(join(own.homePath, 'pwned'))).toBe(false);
});

test.each(['root', 'nobody', 'sshd'])('a visitor logs in to the container as %s', async (user) => {
  expect((await ssh(['-l', user, '127.0.0.1', 'true'])).out).toContain('Permission denied (publickey)');
});

test('a visitor logs in to the container with a password, by keyboard, or with nothing', async () => {
  for (const method of ['password', 'keyboard-interactive', 'none', 'hostbased', 'gssapi-with-mic']) {
    const { out } = await ssh(['-o', `PreferredAuthentications=${method}`, where]);
    expect(out).toContain('Permission denied (publickey)');
  }
});

test.each([
  ['ecdsa', '256'],
  ['rsa', '2048'],
])('a visitor has a key of another kind, %s, authorised by nobody', async (kind, bits) => {
  const path = join(made.folder, `key-${kind}`);
  await runProgram('ssh-keygen', ['-q', '-N', '', '-t', kind, '-b', bits, '-f', path]);
  const [program = '', ...rest] = stockSsh(port, path);
  expect((await runProgram(program, [...rest, where])).out).toContain('Permission denied (publickey)');
});

test('a program in the container adds a key of its own for the next one who comes', async () => {
  const stranger = await made.makeKey('stranger');
  const script = 'mkdir -p ~/.ssh; cat >~/.ssh/authorized_keys; echo >>/run/ebp/conf/sshd/authorized_keys';
  await using other = await startSshSandbox();
  const plant = `echo '${stranger.publicKey}' | (${script}); touch ~/planted; sleep 20`;
  await other.offer(alice.publicKey, ['bash', '-c', plant]);
  const otherPort = await other.openPort();
  const as = (key: KeyInFile, env = {}, signal?: AbortSignal) => {
    const [program = '', ...rest] = stockSsh(otherPort, key.keyPath);
    return runProgram(program, [...rest, ...granted, where], env, signal);
  };
  const done = new AbortController();
  const running = as(alice, display, done.signal);
  await until(() => existsSync(join(other.homePath, 'planted')), 'the planted key');
  expect(await readFile(join(other.homePath, '.ssh/authorized_keys'), 'utf8')).toContain(stranger.publicKey);
  expect((await as(stranger)).out).toContain('Permission denied (publickey)');
  done.abort();
  await running;
});

test('a key of one session is tried at the sshd of another one, and again after its own has ended', async () => {
  await using first = await startSshSandbox();
  await using second = await startSshSandbox();
  const [carol, dave] = [await first.makeKey('carol'), await second.makeKey('dave')];
  for (const [at, key] of [
    [first, carol],
    [second, dave],
  ] as const) {
    await at.offer(key.publicKey, ['bash', '-c', 'echo granted']);
  }
  const ports = [await first.openPort(), await second.openPort()];
  const as = (key: KeyInFile, at: 0 | 1) => {
    const [program = '', ...rest] = stockSsh(ports[at] ?? 0, key.keyPath);
    return runProgram(program, [...rest, ...granted, where], display);
  };
  expect((await as(dave, 0)).out).toContain('Permission denied (publickey)');
  expect((await as(carol, 1)).out).toContain('Permission denied (publickey)');
  expect(await as(carol, 0)).toMatchObject({ code: 0, out: expect.stringContaining('granted') });
  // The program has ended, and with it everything of the session.
  await first.sandbox.ended;
  const after = await as(carol, 0);
  expect(after.code).toBe(255);
  expect(after.out).not.toContain('granted');
  expect((await as(carol, 1)).out).toContain('Permission denied (publickey)');
});

test('a container with another host key stands in for the one that the host named', async () => {
  const knownHosts = join(made.folder, 'known_hosts');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${alice.publicKey}\n`);
  const [program = '', ...rest] = stockSsh(port, alice.keyPath);
  const known = ['-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${knownHosts}`];
  const { code, out } = await runProgram(program, [...known, ...rest, ...granted, where], display);
  expect(out).toContain('Host key verification failed');
  expect(code).toBe(255);
});
