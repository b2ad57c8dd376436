// What the tests of this part share: a computer in a temporary folder, and settings to change.

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { OfferId, PeerId } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import { silentLog } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { defaultSettings } from '../settings/settings.ts';
import { createAppKind } from './app/app-kind.ts';
import type { Environment } from './app/xdg.ts';
import { type Offers, type Reader, startOffers } from './offers.ts';

export interface FakeComputer extends AsyncDisposable {
  readonly root: string;
  readonly environment: Environment;
  /** Writes below the root and gives the path. */
  write(path: string, contents: string | Uint8Array): Promise<string>;
  /** An executable file in PATH. */
  program(name: string): Promise<string>;
  /** An entry in `usr/share/applications`; further lines are added to Type, Name and Exec. */
  entry(id: string, lines?: readonly string[]): Promise<string>;
}

/** A home, `usr/share`, `usr/local/share` and `bin` with the program `tool`. */
export async function createFakeComputer(env: Environment['env'] = {}): Promise<FakeComputer> {
  const root = await mkdtemp(join(tmpdir(), 'ebp-offers-'));
  const write = async (path: string, contents: string | Uint8Array): Promise<string> => {
    const full = join(root, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, contents);
    return full;
  };
  const program = async (name: string): Promise<string> => {
    const path = await write(join('bin', name), '#!/bin/true\n');
    await chmod(path, 0o755);
    return path;
  };
  await mkdir(join(root, 'usr/share/applications'), { recursive: true });
  await program('tool');
  return {
    root,
    environment: {
      env: {
        HOME: join(root, 'home'),
        PATH: join(root, 'bin'),
        XDG_DATA_DIRS: `${join(root, 'usr/local/share')}:${join(root, 'usr/share')}`,
        ...env,
      },
    },
    write,
    program,
    entry: (id, lines = []) => write(`usr/share/applications/${id}.desktop`, entryText(id, lines)),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** Later lines win, so `lines` may replace the defaultSettings. */
export function entryText(name: string, lines: readonly string[] = []): string {
  return ['[Desktop Entry]', 'Type=Application', `Name=${name}`, 'Exec=tool', ...lines, ''].join('\n');
}

/** A real PNG of one colour. */
export function pngOf(width: number, height = width, grey = 128): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width, grey)]);
  const pixels = Buffer.concat(Array.from({ length: height }, () => row));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export const testSettings: Settings = {
  ...defaultSettings,
  ...{ name: 'Test', isSetUp: true, isSharedByDefault: true, peerPort: 4322 },
};

/** Somebody on the network of whom nothing is known. */
export const anybody: Reader = { peerId: `SHA256:${'A'.repeat(43)}` as PeerId, isVerified: false };

export const idOf = (id: string) => `app:${id}` as OfferId;

/** The offers of that computer. */
export async function start(
  computer: FakeComputer,
  settings: Followable<Settings> = new State(testSettings),
): Promise<Offers> {
  const iconsDir = join(computer.root, 'profile/icons');
  const kinds = [createAppKind(computer.environment)];
  return startOffers({ kinds, log: silentLog, settings, iconsDir });
}

/** Resolves when the value is as wanted; fails after `ms`. */
export async function until<T>(state: Followable<T>, isWanted: (value: T) => boolean, ms = 5000): Promise<number> {
  const startedAt = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`still ${JSON.stringify(state.value)}`)), ms);
  const stop = state.follow((value) => isWanted(value) && resolve());
  await promise.finally(() => {
    clearTimeout(timer);
    stop();
  });
  return performance.now() - startedAt;
}

/** The offers' names, in the order that they are shown. */
export const names = (offers: Offers) => offers.own.value.offers.map(({ name }) => name);

/** The smallest ELF file that asks for these libraries: it can be read and not run. */
export function elfOf(libraries: readonly string[]): Buffer {
  const strings = Buffer.from(`\0${libraries.map((name) => `${name}\0`).join('')}`, 'latin1');
  const stringsAt = 64 + 2 * 56;
  const dynamicAt = stringsAt + strings.length;
  const dynamic = Buffer.alloc((libraries.length + 3) * 16);
  let at = 0;
  const put = (tag: number, value: number) => {
    dynamic.writeBigUInt64LE(BigInt(tag), at);
    dynamic.writeBigUInt64LE(BigInt(value), at + 8);
    at += 16;
  };
  let nameAt = 1;
  for (const name of libraries) {
    put(1, nameAt);
    nameAt += name.length + 1;
  }
  put(5, 0x400000 + stringsAt);
  put(10, strings.length);
  const head = Buffer.alloc(stringsAt);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(2, 56);
  const segments = [
    [1, 0, dynamicAt + dynamic.length],
    [2, dynamicAt, dynamic.length],
  ] as const;
  for (const [index, [type, offset, bytes]] of segments.entries()) {
    const segment = 64 + index * 56;
    head.writeUInt32LE(type, segment);
    head.writeBigUInt64LE(BigInt(offset), segment + 8);
    head.writeBigUInt64LE(BigInt(0x400000 + offset), segment + 16);
    head.writeBigUInt64LE(BigInt(bytes), segment + 32);
  }
  return Buffer.concat([head, strings, dynamic]);
}
