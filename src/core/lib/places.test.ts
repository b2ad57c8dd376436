import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeProfile, runtimeDirOf } from './places.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-places-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a profile is made private', async () => {
  await makeProfile(join(folder, 'a b', 'ü'));
  expect((await stat(join(folder, 'a b', 'ü'))).mode & 0o777).toBe(0o700);
});

test('what cannot be a profile is said in words', async () => {
  await writeFile(join(folder, 'file'), '');
  const why = (path: string) =>
    makeProfile(path).then(
      () => 'made',
      (error) => error.params.why,
    );
  expect(await why(join(folder, 'file'))).toBe('a part of the path is a file');
  expect(await why(join(folder, 'x'.repeat(300)))).toBe('the name is too long');
});

test('the runtime folder leaves room for a socket, and differs between profiles', () => {
  const long = { XDG_RUNTIME_DIR: `/run/${'x'.repeat(80)}` };
  for (const env of [{}, long, { XDG_RUNTIME_DIR: '/run/user/1000' }]) {
    expect(runtimeDirOf('/home/a/profile', env, false).length).toBeLessThan(70);
  }
  expect(runtimeDirOf('/a', {}, false)).not.toBe(runtimeDirOf('/b', {}, false));
});
