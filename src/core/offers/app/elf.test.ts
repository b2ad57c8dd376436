import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { elfOf } from '../offers.test-support.ts';
import { readNeededLibraries } from './elf.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-elf-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(bytes: Uint8Array) {
  const path = join(folder, 'program');
  await writeFile(path, bytes);
  return readNeededLibraries(path);
}

const libraries = ['libwayland-client.so.0', 'libc.so.6'];

test('reads what a real program asks for', async () => {
  expect(await readNeededLibraries(process.execPath)).toContain('libc.so.6');
  expect(await readNeededLibraries('/usr/bin/Xvnc')).toContain('libc.so.6');
});

test('reads one that asks for little, for nothing, and what is no program', async () => {
  expect(await read(elfOf(libraries))).toEqual(libraries);
  expect(await read(elfOf([]))).toEqual([]);
  expect(
    await read(Buffer.from('#!/bin/sh\necho hello, this is longer than a header is, and is none of course\n')),
  ).toBeNull();
  expect(await read(Buffer.alloc(0))).toBeNull();
  expect(await readNeededLibraries('/no/such/program')).toBeNull();
  expect(await readNeededLibraries(folder)).toBeNull();
});

test('whatever stands in the file, it ends soon and gives few short names', async () => {
  const good = elfOf(libraries);
  const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.constantFrom(0, 1, 2, 0x7f, 0xff, 0x40) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(good.length), async (changes, length) => {
      const bytes = Buffer.from(good);
      for (const { at, byte } of changes) bytes[at] = byte;
      const names = await read(bytes.subarray(0, length < 40 ? length : good.length));
      expect((names ?? []).every((name) => name.length < 256)).toBe(true);
      expect((names ?? []).length).toBeLessThanOrEqual(512);
    }),
    { numRuns: 300 },
  );
});
