import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseFlags } from './flags.ts';
import { findOpener, hasDisplay } from './open-browser.ts';

/** A container engine may leave the low ports to everybody. */
const lowestPort = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shell-'));
  await mkdir(join(folder, 'page'));
  await writeFile(join(folder, 'page', 'index.html'), 'page');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Runs the shell around a fake core; what `applyFirstRun` changes is printed. */
function startShell(args: readonly string[], coreBody = '', runner: readonly string[] = []) {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    const { runShell } = await import(${url('./shell.ts')});
    const { FakeCore } = await import(${url('./fake-core.test-support.ts')});
    const { AlreadyRunningError } = await import(${url('../core/local-socket/local-socket.ts')});
    const { serveContract } = await import(${url('../contract/client.ts')});
    const { topics } = await import(${url('../contract/contract.ts')});
    let health = [];
    const createCore = async () => {
      const core = new FakeCore();
      const sources = Object.fromEntries(Object.keys(topics).map((topic) => [topic, { follow: (tell) => {
        tell(topic === 'health' ? health : { isSetUp: false });
        return () => {};
      } }]));
      core.attach = (port) => serveContract(port, 1, { 'settings.update': (input) => console.log('update ' + JSON.stringify(input)) }, sources, console.error);
      core[Symbol.asyncDispose] = async () => console.log('disposed');
      ${coreBody}
      return core;
    };
    process.exitCode = await runShell({ args: ${JSON.stringify(args)}, pageDir: process.env.PAGE, version: '1', createCore });
    process.exit();`;
  const [program = '', ...rest] = [...runner, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(program, rest, {
    env: { PATH: process.env['PATH'], PAGE: join(folder, 'page') },
  });
  children.push(child);
  let out = '';
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      out += data;
      if (out.includes('eBrainPool is at ')) isReady();
    });
  }
  const ended = new Promise<{ code: number | null; out: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out })),
  );
  return { child, ready, ended, read: () => out };
}

const flags = () => ['--profile', join(folder, 'profile'), '--port', '0', '--no-open'];

describe('the browser shell', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'says where it is, and leaves nothing behind after %s',
    async (signal) => {
      const shell = startShell(flags());
      await shell.ready;
      expect(shell.read()).toMatch(/eBrainPool is at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n/);
      shell.child.kill(signal);
      expect(await shell.ended).toMatchObject({ code: 0, out: expect.stringContaining('disposed') });
      expect(await readdir(join(folder, 'profile'))).toEqual(['browser-sessions.json']);
    },
  );

  test('ends when the core is asked to stop', async () => {
    const shell = startShell(flags(), 'core.stopRequested = new Promise((resolve) => setTimeout(resolve, 100));');
    expect(await shell.ended).toEqual({
      code: 0,
      out: expect.stringMatching(/eBrainPool is at .*\nPress Ctrl\+C here.*\neBrainPool was stopped\.\ndisposed\n$/),
    });
  });

  test('says that the settings file was damaged', async () => {
    const params = { path: '/s.json', keptAs: '/s.bad', why: 'a\nb' };
    const shell = startShell(flags(), `health = ${JSON.stringify([{ id: 'settings', level: 'warning', params }])};`);
    await shell.ready;
    expect(shell.read()).toContain('The settings file /s.json was damaged (a b).');
  });

  test('ends within seconds when the core does not', async () => {
    const shell = startShell(
      flags(),
      'core[Symbol.asyncDispose] = () => new Promise(() => setInterval(() => {}, 1000));',
    );
    await shell.ready;
    const before = Date.now();
    shell.child.kill('SIGTERM');
    expect((await shell.ended).code).toBe(1);
    expect(Date.now() - before).toBeLessThan(10_000);
  });

  test('answers the first-run page with its flags', async () => {
    const shell = startShell([...flags(), '--name', 'Alice', '--share-all']);
    await shell.ready;
    expect(shell.read()).toContain('update {"name":"Alice","isSetUp":true,"isSharedByDefault":true}');
  });

  test('says which port it takes instead of a taken one', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.on('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const shell = startShell(['--profile', join(folder, 'profile'), '--port', port, '--no-open']);
    await shell.ready;
    other.close();
    expect(shell.read()).toContain(`Port ${port} is used by another program`);
  });

  test.skipIf(lowestPort <= 80)(
    'says that a port is for root, and warns of nothing while it looks for another',
    async () => {
      const args = ['--profile', join(folder, 'profile'), '--port', '80', '--no-open'];
      // In its own user namespace no process, not even root's, has a right over the computer's ports.
      const shell = startShell(args, '', ['unshare', '--user', '--map-user=1000', '--map-group=1000']);
      await shell.ready;
      expect(shell.read()).toMatch(/^Port 80 is for root alone.*Choose one above 1023\.\neBrainPool is at /);
    },
  );

  test('says that the page was not built', async () => {
    await rm(join(folder, 'page'), { recursive: true });
    expect(await startShell(flags()).ended).toEqual({ code: 1, out: expect.stringContaining('Run “npm start”') });
  });

  test('says that it runs already, and where', async () => {
    const refuse = "throw new AlreadyRunningError('/socket');";
    expect(await startShell(flags(), refuse).ended).toEqual({ code: 1, out: expect.stringContaining('already runs') });
    await mkdir(join(folder, 'profile'), { recursive: true });
    await writeFile(join(folder, 'profile', 'browser.json'), '{"url":"http://127.0.0.1:9/?token=t","pid":1}');
    expect((await startShell(flags(), refuse).ended).out).toContain('It is at http://127.0.0.1:9/?token=t');
  });

  test('refuses a wrong flag in one sentence', async () => {
    const wrong = [['two\nlines'], ['--port', 'x'], ['--nonsense'], ['--port', '65536'], ['--name', ' '], ['extra']];
    for (const { code, out } of await Promise.all(wrong.map((args) => startShell(args).ended))) {
      expect(code).toBe(2);
      expect(out.trim().split('\n')).toHaveLength(1);
    }
  });
});

test('flags', () => {
  expect(parseFlags([])).toEqual({ profileDir: null, port: null, isOpened: true, name: null, isAllShared: false });
  expect(parseFlags(['--profile', '/p', '--port', '1', '--no-open', '--name', 'n', '--share-all'])).toEqual({
    profileDir: '/p',
    port: 1,
    isOpened: false,
    name: 'n',
    isAllShared: true,
  });
});

test('a window is opened where there is a display, with what is there', async () => {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'xdg-open'), '', { mode: 0o755 });
  const env = { PATH: bin };
  expect([hasDisplay({}, 'linux'), hasDisplay({ WAYLAND_DISPLAY: 'w' }, 'linux'), hasDisplay({}, 'darwin')]).toEqual([
    false,
    true,
    true,
  ]);
  expect(findOpener('URL', env, 'linux', false)).toEqual(['xdg-open', 'URL']);
  await writeFile(join(bin, 'chromium'), '', { mode: 0o755 });
  expect(findOpener('URL', env, 'linux', false)).toEqual(['chromium', '--app=URL']);
  expect(findOpener('URL', env, 'linux', true)).toEqual(['xdg-open', 'URL']);
  expect(findOpener('URL', {}, 'linux', false)).toBeNull();
});
