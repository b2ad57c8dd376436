import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Port } from '../../contract/port.ts';
import { silentLog } from '../lib/log.ts';
import { AlreadyRunningError, startLocalSocket } from './local-socket.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-socket-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = async (attach: (port: Port) => void = () => {}, name = 'profile') => {
  const local = await startLocalSocket({
    profileDir: join(folder, name),
    runtimeDir: join(folder, 'run'),
    log: silentLog,
  });
  local.serve(attach);
  return local;
};

/** What a program is told that connects and says its name. Perl, as every Debian has it. */
async function speak(path: string, before: readonly string[], between = ''): Promise<string> {
  const script = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!; ${between}
    $| = 1; print $s "\\"name\\"\\n"; $s->flush; $s->timeout(5); my $line = <$s>; print $line // "closed";`;
  const [command = '', ...words] = [...before, 'perl', '-e', script, path];
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 8000 });
  let said = '';
  for await (const chunk of child.stdout) said += chunk;
  return said;
}
const coreFile = () => join(folder, 'profile', 'core.json');

describe('the local socket', () => {
  test('is private, and told in core.json', async () => {
    await using local = await start();
    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
    expect((await stat(local.path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(coreFile(), 'utf8'))).toMatchObject({ socketPath: local.path, pid: process.pid });
    expect((await stat(coreFile())).mode & 0o777).toBe(0o600);
  });

  test('leaves nothing behind', async () => {
    const local = await start();
    const socket = connect(local.path);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.on('connect', resolve));
    await local[Symbol.asyncDispose]();
    await closed;
    expect([await readdir(join(folder, 'run')), await readdir(join(folder, 'profile'))]).toEqual([[], []]);
  });

  test('carries messages both ways', async () => {
    await using local = await start((port) => port.onMessage((message) => port.post({ echo: message })));
    const socket = connect(local.path);
    socket.write('{"a":1}\n');
    const answer = await new Promise((resolve) => socket.on('data', resolve));
    socket.destroy();
    expect(String(answer)).toBe('{"echo":{"a":1}}\n');
  });

  test('closes only the connection that sends nonsense', async () => {
    await using local = await start((port) => port.onMessage((message) => port.post(message)));
    const good = connect(local.path);
    const bad = connect(local.path);
    const badClosed = new Promise((resolve) => bad.on('close', resolve));
    bad.on('error', () => {});
    bad.write('nonsense\n');
    await badClosed;
    good.write('1\n');
    expect(String(await new Promise((resolve) => good.on('data', resolve)))).toBe('1\n');
    good.destroy();
  });

  test('refuses a second core with the same profile and leaves the first alone', async () => {
    await using local = await start();
    await expect(start()).rejects.toBeInstanceOf(AlreadyRunningError);
    // Also when the second one has another runtime folder.
    const elsewhere = {
      profileDir: join(folder, 'profile'),
      runtimeDir: join(folder, 'run2'),
      log: silentLog,
    };
    await expect(startLocalSocket(elsewhere)).rejects.toBeInstanceOf(AlreadyRunningError);
    expect(existsSync(local.path)).toBe(true);
    expect(existsSync(coreFile())).toBe(true);
  });

  test('lets two profiles share a runtime folder', async () => {
    await using one = await start();
    await using two = await start(() => {}, 'other');
    expect(one.path).not.toBe(two.path);
  });

  test('lets exactly one of two win that start at once', async () => {
    const starts = await Promise.allSettled([start(), start(), start()]);
    expect(starts.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const result of starts) if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]();
  });

  test('answers whoever runs beside it, at once and whatever it sends first', async () => {
    await using local = await start((port) => port.onMessage((message) => port.post(message)));
    expect(await speak(local.path, [])).toBe('"name"\n');
  });

  test.each([
    ['network', ['--net']],
    ['PID', ['--pid', '--fork']],
    ['user', ['--user']],
    ['every', ['--net', '--pid', '--fork', '--user', '--ipc', '--uts', '--mount']],
  ])('refuses whoever comes out of another %s namespace, in a word', async (_name, flags) => {
    const told: unknown[] = [];
    await using local = await start((port) => port.onMessage((message) => told.push(message)));
    // Root needs no user namespace to make another; others do.
    const all = process.getuid?.() === 0 ? flags : [...new Set([...flags, '--user'])];
    expect(await speak(local.path, ['unshare', ...all])).toContain('"other-namespace"');
    expect(told).toEqual([]);
  });

  test('refuses a program whose number another process has by now', async () => {
    await using local = await start((port) => port.onMessage((message) => port.post(message)));
    // It connects, hands the connection to a child, and has ended before anybody looks.
    const said = speak(local.path, [], 'fork and exit;');
    spawnSync('sleep', ['0.7']);
    expect(await said).toContain('"other-namespace"');
  });

  test('answers in a container in which core and client are started together', async () => {
    const script = `
      import { connect } from 'node:net';
      import { startLocalSocket } from ${JSON.stringify(new URL('./local-socket.ts', import.meta.url).href)};
      const log = { error() {}, warn: (fields, message) => console.log(message), info() {}, debug() {} };
      const attach = (port) => port.onMessage((message) => port.post(message));
      const folders = { profileDir: ${JSON.stringify(join(folder, 'profile'))}, runtimeDir: ${JSON.stringify(join(folder, 'run'))} };
      const local = await startLocalSocket({ ...folders, log });
      local.serve(attach);
      const socket = connect(local.path, () => socket.write('"here"\\n'));
      socket.on('data', async (data) => { console.log(String(data)); socket.destroy(); await local[Symbol.asyncDispose](); });`;
    const words = ['--user', '--map-root-user', '--net', '--ipc', '--pid', '--fork', '--mount-proc', process.execPath];
    const child = spawn('unshare', [...words, '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const chunk of child.stdout) said += chunk;
    expect(said).toBe('"here"\n\n');
  });

  test('replaces what a killed core has left', async () => {
    const script = `
      import { startLocalSocket } from ${JSON.stringify(new URL('./local-socket.ts', import.meta.url).href)};
      const log = { error() {}, warn() {}, info() {}, debug() {} };
      await startLocalSocket({ profileDir: ${JSON.stringify(join(folder, 'profile'))}, runtimeDir: ${JSON.stringify(join(folder, 'run'))}, log });
      console.log('up');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    expect(await readdir(join(folder, 'run'))).toHaveLength(1);
    // Killed in the middle of taking over as well.
    await writeFile(join(folder, 'profile', 'core.lock'), '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(join(folder, 'profile', 'core.lock'), longAgo, longAgo);

    await using local = await start();
    expect(JSON.parse(await readFile(coreFile(), 'utf8')).pid).toBe(process.pid);
    expect(existsSync(local.path)).toBe(true);
  });
});
