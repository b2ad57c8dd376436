// The list of windows against a real display with the window manager of the sandboxes and real programs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { followProgramWindows, type ProgramWindows } from './program-windows.ts';
import { openboxConfig } from './window-manager.ts';
import { titleOfWindow, withSureParents } from './window-titles.ts';

const LIMIT = { timeout: 8000, interval: 30 };

describe('on a real display', { timeout: 30_000 }, () => {
  let folder: string;
  let display: string;
  let children: ChildProcess[];
  let windows: ProgramWindows;

  const run = (...argv: string[]) => {
    const child = spawn(argv[0] as string, argv.slice(1), {
      env: { ...process.env, DISPLAY: display },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    return child;
  };
  const output = async (...argv: string[]) => {
    const child = run(...argv);
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    await once(child, 'close');
    return text.trim();
  };
  const titles = () => windows.state.value.map(({ title, isActive }) => `${title}${isActive ? ' *' : ''}`);
  const place = async (title: string) => {
    const shell = await output(
      'xdotool',
      'search',
      '--onlyvisible',
      '--name',
      `^${title}$`,
      'getwindowgeometry',
      '--shell',
    );
    const number = (name: string) => Number(new RegExp(`${name}=(-?\\d+)`).exec(shell)?.[1]);
    return { x: number('X'), y: number('Y'), width: number('WIDTH'), height: number('HEIGHT') };
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ebp-windows-'));
    children = [];
    const options = [
      '-displayfd',
      '3',
      '-SecurityTypes',
      'None',
      '-rfbport',
      '-1',
      '-rfbunixpath',
      join(folder, 'rfb'),
    ];
    const server = spawn('Xvnc', [...options, '-geometry', '640x480', '-depth', '24', '-nolisten', 'tcp', '-noreset'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    children.push(server);
    const [number] = await once(server.stdio[3] as Readable, 'data');
    display = `:${String(number).trim()}`;
    await writeFile(join(folder, 'openbox.xml'), openboxConfig('Clearlooks'));
    run('openbox', '--config-file', join(folder, 'openbox.xml'));
    await vi.waitFor(
      async () => expect(await output('xprop', '-root', '_NET_SUPPORTING_WM_CHECK')).toContain('0x'),
      LIMIT,
    );
    windows = await followProgramWindows(connect(`/tmp/.X11-unix/X${display.slice(1)}`), silentLog);
  });
  afterEach(async () => {
    windows[Symbol.dispose]();
    for (const child of children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill(child === children[0] ? 'SIGTERM' : 'SIGKILL');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  });

  test('windows are listed with their titles, brought to the front, and asked to close', async () => {
    run('xterm', '-T', 'first \u202e·', '-e', 'sleep', '60');
    await vi.waitFor(() => expect(titles()).toEqual(['first - *']), LIMIT);
    run('xterm', '-T', 'second', '-e', 'sleep', '60');
    await vi.waitFor(() => expect(titles()).toEqual(['first -', 'second *']), LIMIT);
    const [first, second] = windows.state.value;
    windows.activate(first?.id ?? 0);
    await vi.waitFor(() => expect(titles()).toEqual(['first - *', 'second']), LIMIT);
    windows.activate(4711);
    windows.close(second?.id ?? 0);
    await vi.waitFor(() => expect(titles()).toEqual(['first - *']), LIMIT);
    run('xdotool', 'search', '--name', 'first', 'set_window', '--name', 'third');
    await vi.waitFor(() => expect(titles()).toEqual(['third *']), LIMIT);
    windows.closeAll();
    await vi.waitFor(() => expect(titles()).toEqual([]), LIMIT);
  });

  test('a dialog says which window it belongs to, and one of no window of the list says none', async () => {
    const setParent = (title: string, parentId: number) =>
      output('xprop', '-name', title, '-f', 'WM_TRANSIENT_FOR', '32x', '-set', 'WM_TRANSIENT_FOR', String(parentId));
    for (const title of ['first', 'second', 'dialog']) {
      run('xterm', '-T', title, '-e', 'sleep', '60');
      await vi.waitFor(() => expect(titles()).toContain(`${title} *`), LIMIT);
    }
    const parents = () => windows.state.value.map(({ title, isDialog, parentId }) => [title, isDialog, parentId]);
    expect(parents()).toContainEqual(['dialog', false, null]);
    const first = windows.state.value.find(({ title }) => title === 'first')?.id ?? 0;
    await setParent('dialog', first);
    await vi.waitFor(() => expect(parents()).toContainEqual(['dialog', true, first]), LIMIT);
    await setParent('dialog', 4711);
    await vi.waitFor(() => expect(parents()).toContainEqual(['dialog', true, null]), LIMIT);
  });

  test('the only window comes back when it is minimised', async () => {
    run('xterm', '-T', 'alone', '-e', 'sleep', '60');
    await vi.waitFor(() => expect(titles()).toEqual(['alone *']), LIMIT);
    const stateOf = () => output('xprop', '-name', 'alone', 'WM_STATE');
    // Nobody follows the windows here, so it stays minimised.
    await output('xdotool', 'search', '--name', 'alone', 'windowminimize');
    await vi.waitFor(async () => expect(await stateOf()).toContain('Normal'), LIMIT);
    await vi.waitFor(() => expect(titles()).toEqual(['alone *']), LIMIT);
  });

  test('a window fills the screen and follows its size; one of a fixed size stands in the middle', async () => {
    run('xterm', '-T', 'large', '-e', 'sleep', '60');
    const limits = ['min', 'max'].flatMap((end) => ['-xrm', `*${end}Width: 200`, '-xrm', `*${end}Height: 150`]);
    run('xlogo', '-title', 'small', '-geometry', '200x150', ...limits);
    await vi.waitFor(() => expect(titles().length).toBe(2), LIMIT);
    expect(await place('large')).toEqual({ x: 0, y: 0, width: 640, height: 480 });
    expect(await place('small')).toEqual({ x: 220, y: 165, width: 200, height: 150 });
    // The background is not black.
    windows.closeAll();
    await vi.waitFor(() => expect(titles()).toEqual([]), LIMIT);
    expect(await output('sh', '-c', 'xwd -root -silent | tail -c 4 | od -An -tx1')).toBe('40 3a 34 00');
  });
});

/** A server that says what a program would have it say. */
async function startHostile(
  answer: (server: Duplex) => void,
): Promise<{ followed: Promise<ProgramWindows>; server: Duplex }> {
  const [client, server] = duplexPair();
  server.on('error', () => {});
  answer(server);
  return { followed: followProgramWindows(client, silentLog), server };
}

test.each([
  ['nothing at all', (server: Duplex) => void server.resume()],
  ['what it hears', (server: Duplex) => void server.pipe(server)],
  ['a refusal', (server: Duplex) => void server.end(Buffer.from([0, 0, 11, 0, 0, 0, 0, 0]))],
  ['a greeting without a screen', (server: Duplex) => void server.write(Buffer.from([1, 0, 11, 0, 0, 0, 0, 0]))],
  ['its end', (server: Duplex) => void server.end()],
])('a server that says %s is given up', async (_, answer) => {
  const { followed } = await startHostile(answer);
  await expect(followed).rejects.toThrow(/X11/);
});

test('a server that lies is believed within limits', async () => {
  /** A greeting with one screen, whose root is 42. */
  const greeting = Buffer.alloc(80);
  greeting.set([1, 0, 11, 0, 0, 0, 18, 0]);
  greeting.set([1, 0], 28);
  greeting.writeUInt32LE(42, 40);
  const liar = (server: Duplex) => {
    let sequence = 0;
    let isGreeted = false;
    server.on('data', (chunk: Buffer) => {
      let at = 0;
      if (!isGreeted) {
        isGreeted = true;
        server.write(greeting);
        at = 12;
      }
      for (; at + 4 <= chunk.length; at += 4 * chunk.readUInt16LE(at + 2)) {
        sequence = (sequence + 1) & 0xffff;
        // Each reply has 2,000 numbers of windows that do not exist.
        const reply = Buffer.alloc(32 + 8000);
        reply.set([1, 32, sequence & 0xff, sequence >> 8]);
        reply.writeUInt32LE(2000, 4);
        reply.writeUInt32LE(2000, 16);
        for (let number = 0; number < 2000; number += 1) reply.writeUInt32LE(number + 1, 32 + 4 * number);
        server.write(reply);
      }
    });
  };
  const { followed } = await startHostile(liar);
  using windows = await followed;
  await sleep(600);
  expect(windows.state.value.length).toBeLessThanOrEqual(64);
});

test('parents that lead nowhere, or in a circle, count for none', () => {
  const make = (id: number, parentId: number | null) => ({
    ...{ id, parentId, title: '', isDialog: true, isActive: false, canClose: true },
  });
  const told = [make(1, 1), make(2, 3), make(3, 2), make(4, 2), make(5, 4711), make(6, 4), make(7, null)];
  expect(withSureParents(told).map(({ parentId }) => parentId)).toEqual([null, null, null, 2, null, 4, null]);
});

test('a title is one short line, without what could pass for our own words', () => {
  expect(titleOfWindow('notes.txt - Mousepad')).toBe('notes.txt - Mousepad');
  expect(titleOfWindow('a · Bob (verified)\u0007\n\u202eb')).toBe('a - Bob (verified) b');
  expect(titleOfWindow('x'.repeat(5000))).toHaveLength(200);
});
