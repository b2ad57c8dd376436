// Which programs are believed when they say that they need a sandbox of their own.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isMadeOfChromium } from './chromium.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-chromium-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(path: string, text = ''): Promise<string> {
  const whole = join(folder, path);
  await mkdir(join(whole, '..'), { recursive: true });
  await writeFile(whole, text);
  return whole;
}

test('Debian’s Chromium, an Electron application with its files or by a script, a link to one', async () => {
  expect(await isMadeOfChromium(['/usr/bin/chromium'])).toBe(true);
  await file('opt/Talk/icudtl.dat');
  const talk = await file('opt/Talk/talk', '\x7fELF');
  const inside = await file('opt/Talk/bin/talk', '\x7fELF');
  const script = await file('bin/element', '#!/bin/sh\nexec electron /usr/lib/element/app.asar "$@"\n');
  const link = join(folder, 'bin/talk');
  await symlink(talk, link);
  for (const program of [talk, inside, script, link]) expect(await isMadeOfChromium([program]), program).toBe(true);
  expect(await isMadeOfChromium(['/usr/bin/env', 'A=b', talk])).toBe(true);
});

test('no others, whatever they are given', async () => {
  const binary = await file('usr/tool', '\x7fELF chromium');
  const script = await file('usr/script', '#!/bin/sh\nexec xterm\n');
  for (const program of ['/usr/bin/xterm', '/bin/sh', binary, script, folder, join(folder, 'gone')])
    expect(await isMadeOfChromium([program, '/usr/bin/chromium']), program).toBe(false);
});
