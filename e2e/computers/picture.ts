// Pictures of screens: the real thing on an X server of the same size, and how far another picture is from it.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { crc32, deflateSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { spawnOn } from '../../lab/hosts.ts';
import { openboxConfig } from '../../src/core/channels/display/window-manager.ts';
import type { Output, Workplace } from './shell.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Three bytes for each pixel. */
  readonly rgb: Buffer;
}

/** How far a colour may be off before the pixel counts as another one. */
const MAX_CHANNEL_DISTANCE = 24;

/**
 * How many pixels differ for each pixel of the expected picture that is not background: 0 for the same picture, 1 and more for
 * an empty or another one, however little of the screen the program draws on.
 */
export function differenceOf(actual: Picture, expected: Picture): number {
  if (actual.width !== expected.width || actual.height !== expected.height) return Number.POSITIVE_INFINITY;
  const background = mostFrequentColour(expected);
  let ink = 0;
  let different = 0;
  for (let at = 0; at < expected.rgb.length; at += 3) {
    if (expected.rgb.readUIntBE(at, 3) !== background) ink += 1;
    for (let channel = 0; channel < 3; channel += 1) {
      const distance = Math.abs((actual.rgb[at + channel] ?? 0) - (expected.rgb[at + channel] ?? 0));
      if (distance <= MAX_CHANNEL_DISTANCE) continue;
      different += 1;
      break;
    }
  }
  return different / Math.max(1, ink);
}

/** The share of the picture that is not of its most frequent colour. */
export function inkOf(picture: Picture): number {
  const background = mostFrequentColour(picture);
  let ink = 0;
  for (let at = 0; at < picture.rgb.length; at += 3) if (picture.rgb.readUIntBE(at, 3) !== background) ink += 1;
  return (ink * 3) / picture.rgb.length;
}

export function blankLike({ width, height, rgb }: Picture): Picture {
  const colour = mostFrequentColour({ width, height, rgb });
  const blank = Buffer.alloc(rgb.length);
  for (let at = 0; at < blank.length; at += 3) blank.writeUIntBE(colour, at, 3);
  return { width, height, rgb: blank };
}

function mostFrequentColour({ rgb }: Picture): number {
  const counts = new Map<number, number>();
  for (let at = 0; at < rgb.length; at += 3) {
    const colour = rgb.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return [...counts].reduce((most, next) => (next[1] > most[1] ? next : most), [0, 0])[0];
}

/** Waits until the one picture is the other; when it never is, both are in the report. */
export async function expectSame(
  actual: () => Promise<Picture>,
  expected: () => Promise<Picture>,
  tolerance = 0.005,
): Promise<void> {
  let last: readonly [Picture, Picture] | undefined;
  const compare = async () => {
    last = [await actual(), await expected()];
    return differenceOf(...last);
  };
  try {
    await expect.poll(compare, { intervals: [100] }).toBeLessThan(tolerance);
  } catch (error) {
    for (const [index, name] of ['actual', 'expected'].entries()) {
      const picture = last?.[index];
      if (picture === undefined) continue;
      const path = test.info().outputPath(`${name}.png`);
      writeFileSync(path, toPng(picture));
      await test.info().attach(name, { path });
    }
    throw error;
  }
}

/** PNG (ISO/IEC 15948) of eight bits a channel, without filters. */
export function toPng({ width, height, rgb }: Picture): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(body.length + 8);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), body.length + 4);
    return frame;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const lines = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y += 1) rgb.copy(lines, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.of()),
  ]);
}

/** An X server on a computer, with or without the window manager of the sandboxes. */
export class Screen implements AsyncDisposable {
  readonly display: string;
  readonly #computer: Workplace;
  readonly #stack: AsyncDisposableStack;

  private constructor(computer: Workplace, display: string, stack: AsyncDisposableStack) {
    this.#computer = computer;
    this.display = display;
    this.#stack = stack;
  }

  /** A screen of its own, as a person has one. */
  static startXvfb(computer: Workplace): Promise<Screen> {
    return Screen.#start(computer, ['Xvfb', '-screen', '0', '1024x768x24', '-nolisten', 'tcp', '-noreset']);
  }

  /** The same server, size, depth, resolution and window manager as in a sandbox, put together here by hand. */
  static async startReference(computer: Workplace, size: { width: number; height: number }): Promise<Screen> {
    const options = ['-SecurityTypes', 'None', '-rfbport', '-1', '-depth', '24', '-dpi', '96', '-nolisten', 'tcp'];
    const socket = ['-rfbunixpath', `/run/lab/${computer.host}/tmp/reference`];
    const geometry = ['-geometry', `${size.width}x${size.height}`];
    const screen = await Screen.#start(computer, ['Xvnc', ...options, ...socket, ...geometry]);
    const config = `/run/lab/${computer.host}/tmp/openbox.xml`;
    writeFileSync(config, openboxConfig('Clearlooks'));
    screen.spawn(['openbox', '--config-file', config]);
    // A window that is there before openbox manages the screen is not managed like later ones.
    const isManaged = async () => (await screen.run(['xprop', '-root', '_NET_SUPPORTING_WM_CHECK'])).out.includes('0x');
    await expect.poll(isManaged, { intervals: [50] }).toBe(true);
    return screen;
  }

  static async #start(computer: Workplace, argv: readonly string[]): Promise<Screen> {
    await using stack = new AsyncDisposableStack();
    const server = spawnOn(computer.host, [...argv, '-displayfd', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const ended = once(server, 'exit');
    stack.defer(async () => {
      // In good order, so that its lock file goes too.
      server.kill('SIGTERM');
      await ended;
    });
    const number = await Promise.race([once(server.stdio[3] as Readable, 'data'), ended.then(() => undefined)]);
    if (number === undefined) throw new Error(`${argv[0]} did not start`);
    return new Screen(computer, `:${String(number[0]).trim()}`, stack.move());
  }

  spawn(argv: readonly string[]): void {
    const child = spawnOn(this.#computer.host, argv, {
      env: { ...process.env, DISPLAY: this.display },
      stdio: 'ignore',
    });
    this.#stack.defer(() => void child.kill('SIGKILL'));
  }

  run(argv: readonly string[]): Promise<Output> {
    return this.#computer.run(argv, { env: { DISPLAY: this.display } });
  }

  async point({ x, y }: { x: number; y: number }): Promise<void> {
    await this.run(['xdotool', 'mousemove', String(x), String(y)]);
  }

  /** Names of the windows that can be seen. */
  async windows(): Promise<readonly string[]> {
    const { out } = await this.run(['xdotool', 'search', '--onlyvisible', '--name', '.']);
    const names = await Promise.all(
      out
        .split('\n')
        .filter(Boolean)
        .map(async (id) => (await this.run(['xdotool', 'getwindowname', id])).out.trim()),
    );
    return names.filter((name) => name !== '' && name !== 'Openbox');
  }

  /** What the screen, or one window of it, shows. */
  async picture(window?: string): Promise<Picture> {
    const chunks: Buffer[] = [];
    const what = window === undefined ? ['-root'] : ['-name', window];
    const child = spawnOn(this.#computer.host, ['xwd', '-silent', ...what], {
      env: { ...process.env, DISPLAY: this.display },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    return parseXwd(Buffer.concat(chunks));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** The X Window Dump format (XWDFile.h), as a true-colour server of 32 bits a pixel writes it. */
function parseXwd(file: Buffer): Picture {
  if (file.length < 100) throw new Error('xwd gave no picture');
  const field = (index: number) => file.readUInt32BE(index * 4);
  const [headerSize, width, height, byteOrder, bitsPerPixel, bytesPerLine, colours] = [0, 4, 5, 7, 11, 12, 19].map(
    field,
  );
  if (bitsPerPixel !== 32 || headerSize === undefined || width === undefined || height === undefined)
    throw new Error(`xwd gave ${bitsPerPixel} bits a pixel`);
  const start = headerSize + (colours ?? 0) * 12;
  const rgb = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const at = start + y * (bytesPerLine ?? width * 4) + x * 4;
      // X's LSBFirst is 0.
      const colour = byteOrder === 0 ? file.readUInt32LE(at) : file.readUInt32BE(at);
      rgb.writeUIntBE(colour & 0xffffff, (y * width + x) * 3, 3);
    }
  return { width, height, rgb };
}
