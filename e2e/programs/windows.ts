// The X windows of a program in a sandbox, seen and closed from outside: its display's socket through /proc, under a number of our own.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TIMEOUT_MS = 10_000;

export interface Window {
  readonly id: string;
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Windows implements Disposable {
  readonly #display: string;
  readonly #close: () => void;

  private constructor(display: string, close: () => void) {
    this.#display = display;
    this.#close = close;
  }

  /** @param xvncPid a process that sees the sandbox's /tmp */
  static async open(xvncPid: number, number: number): Promise<Windows> {
    const path = `/tmp/.X11-unix/X${number}`;
    mkdirSync('/tmp/.X11-unix', { recursive: true });
    rmSync(path, { force: true });
    const server = createServer((one) => {
      const other = connect({ path: `/proc/${xvncPid}/root/tmp/.X11-unix/X1` });
      one.on('error', () => other.destroy()).pipe(other);
      other.on('error', () => one.destroy()).pipe(one);
    });
    server.listen(path);
    await once(server, 'listening');
    return new Windows(`:${number}`, () => {
      server.close();
      rmSync(path, { force: true });
    });
  }

  /** What a person would call windows: mapped, on the root window or in a window manager's frame, and not a speck. */
  async list(): Promise<readonly Window[]> {
    const tree = await this.run('xwininfo', '-root', '-tree', '-int');
    const named = tree.split('\n').flatMap((line) => {
      const found =
        /^\s+(\d+) (?:"(.*)"|\(has no name\)): \(.*\)\s+(\d+)x(\d+)\+-?\d+\+-?\d+\s+\+(-?\d+)\+(-?\d+)$/.exec(line);
      if (found === null) return [];
      const [, id = '', title = '', width, height, x, y] = found;
      const window = { id, title, x: Number(x), y: Number(y), width: Number(width), height: Number(height) };
      return window.width >= 40 && window.height >= 20 ? [window] : [];
    });
    const clients = new Set((await this.clients()).map(Number));
    return named.filter(({ id }) => clients.has(Number(id)));
  }

  /** Where the pointer is, which is in every picture. */
  async pointer(): Promise<{ readonly x: number; readonly y: number }> {
    const out = await this.run('xdotool', 'getmouselocation');
    return { x: Number(/x:(\d+)/.exec(out)?.[1] ?? 0), y: Number(/y:(\d+)/.exec(out)?.[1] ?? 0) };
  }

  /** The ids of what the window manager manages. */
  async clients(): Promise<readonly string[]> {
    const out = await this.run('xprop', '-root', '_NET_CLIENT_LIST');
    return [...out.matchAll(/0x[0-9a-f]+/g)].map(([id]) => id);
  }

  async type(...keys: readonly string[]): Promise<void> {
    await this.run('xdotool', 'key', '--delay', '100', ...keys);
  }

  /** What it printed; empty when the display is gone. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const env = { ...process.env, DISPLAY: this.#display };
    return run(program, args, { env, timeout: TIMEOUT_MS }).then(
      ({ stdout }) => stdout,
      () => '',
    );
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}
