// What programs find in a real sandbox, and in each of its two kinds of session: a viewer's display, or the visitor's own by ssh.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askToEnd } from '../container/desktop/ask-to-end.ts';
import { sandboxEnvironment } from '../container/desktop/environment.ts';
import { openTestSandboxes, type TestSandboxes } from '../container/sandboxes.test-support.ts';
import { screenPart } from './display/screen-part.ts';
import { XDG_CONFIG_DIRS } from './display/window-manager.ts';
import { login } from './x11/logins.test-support.ts';

let sandboxes: TestSandboxes;
beforeAll(async () => {
  sandboxes = await openTestSandboxes();
});
afterAll(() => sandboxes[Symbol.asyncDispose]());

const onScreen = { parts: [screenPart({ width: 320, height: 240 })] };

/** What `env` printed, without what a shell adds of its own. */
function variables(text: string): Record<string, string> {
  const entries = text.split('\n').flatMap((line) => {
    const [name, ...value] = line.split('=');
    return value.length === 0 || ['_', 'SHLVL', 'PWD', 'OLDPWD'].includes(name as string)
      ? []
      : [[name, value.join('=')]];
  });
  return Object.fromEntries(entries);
}

test('a program of a viewer and one of an ssh session have the same variables, but for the display and its windows', async () => {
  const viewer = variables(await sandboxes.runScript('env', onScreen));
  await using session = await login(sandboxes, ['env']);
  const ssh = variables((await session.ended).stdout);
  expect(viewer).toEqual({ ...sandboxEnvironment(), DISPLAY: ':1', XDG_CONFIG_DIRS });
  // In each view our settings come first, then the computer's own.
  expect(viewer['XDG_CONFIG_DIRS']).toBe('/run/ebp/conf:/run/ebp/conf/xdg:/etc/xdg');
  expect(ssh['XDG_CONFIG_DIRS']).toBe('/run/ebp/conf/xdg:/etc/xdg');
  const { MAIL: _, ...known } = ssh;
  expect(known).toEqual({
    ...sandboxEnvironment(),
    DISPLAY: expect.stringMatching(/^localhost:\d+\.0$/),
    XAUTHORITY: '/run/user/1000/Xauthority',
  });
  // GTK 4 draws without OpenGL, which would burden the processor. Programs of today expect a UTF-8 locale.
  expect(known).toMatchObject({
    GSK_RENDERER: 'cairo',
    LANG: expect.stringMatching(/utf-?8/i),
    XDG_SESSION_TYPE: 'x11',
  });
  for (const folder of ['/usr/local/games', '/usr/games']) expect(known['PATH']?.split(':')).toContain(folder);
});

test('GTK’s own title bars offer no more than to close', async () => {
  const read = `cat ${XDG_CONFIG_DIRS.split(':')[0]}/gtk-[34].0/settings.ini`;
  expect(await sandboxes.runScript(read, onScreen)).toBe('[Settings]\ngtk-decoration-layout=:close\n'.repeat(2));
});

test.each([
  ['de_DE.UTF-8', 'de_DE.UTF-8'],
  ['sr_RS.utf8@latin', 'sr_RS.utf8@latin'],
  ['C', 'C.UTF-8'],
  ['', 'C.UTF-8'],
  ['/home/owner/locale', 'C.UTF-8'],
])('the language of the owner, %j, is %j inside', (lang, inside) => {
  expect(sandboxEnvironment(lang)['LANG']).toBe(inside);
});

async function xdotool(display: string, ...words: string[]): Promise<void> {
  const child = spawn('xdotool', words, { env: { PATH: process.env['PATH'], DISPLAY: display }, stdio: 'ignore' });
  expect((await once(child, 'close'))[0], words.join(' ')).toBe(0);
}

describe('a program that the session bus starts', () => {
  const service = `mkdir -p ~/.local/share/dbus-1/services
    printf '[D-BUS Service]\\nName=test.Display\\nExec=/bin/bash -c "env >/home/ebp/started"\\n' >~/.local/share/dbus-1/services/test.service
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ReloadConfig
    dbus-send --session --dest=test.Display / test.Display.Start; for i in $(seq 50); do [ -s ~/started ] && break; sleep 0.1; done`;

  const onBus = () => ({
    ...sandboxEnvironment(),
    DBUS_SESSION_BUS_ADDRESS: expect.stringContaining('unix:path=/run/user/1000/bus'),
  });

  test('has the display of a viewer, and all other variables', async () => {
    const out = await sandboxes.runScript(`${service}; cat ~/started`, onScreen);
    expect(variables(out)).toMatchObject({ ...onBus(), DISPLAY: ':1', XDG_CONFIG_DIRS });
  });

  test('has the display that an ssh session came with', async () => {
    await using session = await login(sandboxes, [
      'bash',
      '-c',
      `${service} >/dev/null; cat ~/started; echo "is $DISPLAY"`,
    ]);
    const { stdout } = await session.ended;
    const here = /^is (localhost:\d+\.0)$/m.exec(stdout)?.[1];
    expect(variables(stdout)).toMatchObject({
      ...onBus(),
      DISPLAY: here,
      XAUTHORITY: '/run/user/1000/Xauthority',
    });
  });
});

// As gnome-terminal, jEdit's script and many others do: the program that was started only starts another.
describe('a session whose launcher returns before its window is there', () => {
  const launcher = ['bash', '-c', '(sleep 0.5; exec xclock) >/dev/null 2>&1 & echo launched'];

  test('goes on in a viewer until the window closes', async () => {
    const script = `${launcher[2]}; (sleep 2; pkill xclock) >/dev/null 2>&1 &`;
    const startedAt = performance.now();
    await using sandbox = await sandboxes.start(['bash', '-c', script], onScreen);
    expect((await sandbox.ended).exitCode).toBe(0);
    expect(performance.now() - startedAt).toBeGreaterThan(1900);
  });

  test('goes on over ssh until the window closes', async () => {
    await using session = await login(sandboxes, launcher);
    const isOver = session.ended.then(() => 'over');
    const find = ['search', '--sync', '--class', 'xclock'];
    await xdotool(session.display, ...find);
    expect(await Promise.race([isOver, sleep(1500, 'open')])).toBe('open');
    await xdotool(session.display, ...find, 'windowkill');
    expect(await session.ended).toMatchObject({ exitCode: 0, stdout: 'launched\n' });
    expect((await session.sandbox.ended).exitCode).toBe(0);
  });

  test('is over at once where nothing was left, and soon where no window comes', async () => {
    for (const [script, limitMs] of [
      ['true', 2500],
      ['sleep 600 & exit 0', 9000],
    ] as const) {
      const startedAt = performance.now();
      await sandboxes.runScript(script, onScreen);
      expect(performance.now() - startedAt, script).toBeLessThan(limitMs);
    }
  });
});

describe('what a program writes', () => {
  const failing = 'echo starting; echo "no sound" >&2; exit 3';
  const output = { first: ['starting', 'no sound'], last: [] };
  const run = async (script: string) => {
    await using sandbox = await sandboxes.start(['bash', '-c', script], onScreen);
    return await sandbox.ended;
  };

  test('is known when it has ended in a viewer', async () => {
    expect(await run(failing)).toMatchObject({ exitCode: 3, output });
  });

  test('is known, and told to whoever logged in by ssh', async () => {
    await using session = await login(sandboxes, ['bash', '-c', failing]);
    expect(await session.ended).toEqual({ exitCode: 3, stdout: 'starting\n', stderr: 'no sound\n' });
    const { exitCode, output: written } = await session.sandbox.ended;
    expect(exitCode).toBe(3);
    expect([...written.first].sort()).toEqual([...output.first].sort());
  });

  test('is nothing where it wrote nothing, whatever shells say of how it ended', async () => {
    expect(await run('kill -SEGV $$')).toMatchObject({ exitCode: 139, output: { first: [], last: [] } });
    await using sandbox = await sandboxes.start(['/usr/bin/nothing'], onScreen);
    const first = ['/usr/bin/nothing: No such file or directory'];
    expect(await sandbox.ended).toMatchObject({ exitCode: 127, output: { first, last: [] } });
  });

  test('costs little where it has no end', async () => {
    const before = process.memoryUsage().rss;
    await using sandbox = await sandboxes.start(['bash', '-c', 'echo first; yes | tr -d "\\n"'], onScreen);
    await sleep(3000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    await sandbox.stop();
    expect((await sandbox.ended).output.first[0]).toBe('first');
  });
});

describe('a program that is asked to end', () => {
  const asked = (check: string) =>
    `trap '${check} && [ -S /run/user/1000/bus ] && echo saved >~/saved; exit 3' TERM; echo >~/running; while true; do sleep 0.05; done`;

  test('still has its display and its bus, and says how it ended', async () => {
    await using sandbox = await sandboxes.start(['bash', '-c', asked('xprop -root >/dev/null')], onScreen);
    await expect.poll(() => readdir(sandbox.homePath)).toContain('running');
    await askToEnd(sandbox);
    expect((await sandbox.ended).exitCode).toBe(3);
    expect(await readFile(join(sandbox.homePath, 'saved'), 'utf8')).toBe('saved\n');
  });

  test('has all that over ssh as well, and who logged in hears how it ended', async () => {
    await using session = await login(sandboxes, ['bash', '-c', `cd; ${asked('xprop -root >/dev/null')}`]);
    await expect.poll(() => readdir(session.homePath)).toContain('running');
    await askToEnd(session.sandbox);
    expect((await session.ended).exitCode).toBe(3);
    expect((await session.sandbox.ended).exitCode).toBe(3);
    expect(await readFile(join(session.homePath, 'saved'), 'utf8')).toBe('saved\n');
  });
});
