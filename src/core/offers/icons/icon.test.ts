import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { findDataDirs } from '../app/xdg.ts';
import { createFakeComputer, type FakeComputer, pngOf } from '../offers.test-support.ts';
import { readIconType } from './icon-file.ts';
import { startIconStore } from './icon-store.ts';
import { createIconFinder } from './icon-theme.ts';

const svg = '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="8"></svg>';

describe('icon files', () => {
  it('are PNG and SVG', () => {
    expect(readIconType(pngOf(64))).toBe('image/png');
    expect(readIconType(Buffer.from(svg))).toBe('image/svg+xml');
    expect(readIconType(Buffer.from('<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>'))).toBe('image/svg+xml');
  });

  it('are not too large, by bytes and by pixels', () => {
    expect(readIconType(pngOf(1024))).toBe('image/png');
    expect(readIconType(pngOf(1025, 1))).toBeNull();
    expect(readIconType(Buffer.concat([pngOf(8), Buffer.alloc(512 * 1024)]))).toBeNull();
    expect(readIconType(Buffer.from(svg + ' '.repeat(512 * 1024)))).toBeNull();
  });

  it.each([
    '',
    'hello',
    '<html></html>',
    'not xml <svg>',
    svg.replace('</svg>', '<script>alert(1)</script></svg>'),
    svg.replace('</svg>', '<x:script xmlns:x="http://www.w3.org/2000/svg"/></svg>'),
    svg.replace('width', 'onload="alert(1)" width'),
    svg.replace('</svg>', '<a href="javascript:alert(1)"/></svg>'),
    // Found by the fuzzer: a line end that was left out joined the attribute's name with the word before it.
    "<svg\nonload='alert(1)'></svg>",
    svg.replace('</svg>', '<a href="java&#115;cript:alert(1)"/></svg>'),
    svg.replace('</svg>', '<a href="&#x6A;ava&#10;script&#0058;alert(1)"/></svg>'),
    svg.replace('</svg>', '<foreignObject/></svg>'),
    svg.replace('<svg', '<!DOCTYPE svg [<!ENTITY a "b">]><svg'),
    svg.replace('UTF-8', 'ISO-2022-JP'),
    svg.replace('</svg>', '<scr\x1b(Bipt/></svg>'),
    '/* XPM */ static char *x[] = {"1 1"};',
  ])('are not %j', (text) => expect(readIconType(Buffer.from(text))).toBeNull());

  it('are told apart for any bytes', () => {
    const type = fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Buffer.from(`${svg}${text}`)),
    );
    fc.assert(
      fc.property(type, fc.integer({ min: 0, max: 40 }), (bytes, length) => {
        const found = readIconType(Buffer.concat([pngOf(8).subarray(0, length), bytes]));
        expect([null, 'image/svg+xml', 'image/png']).toContain(found);
        if (length >= 8 && length < 24) expect(found).not.toBe('image/svg+xml');
      }),
    );
  });
});

const theme = (name: string, folders: Record<string, string[]>, parents = '') =>
  [
    '[Icon Theme]',
    `Name=${name}`,
    `Inherits=${parents}`,
    `Directories=${Object.keys(folders).join(',')}`,
    ...Object.entries(folders).flatMap(([folder, lines]) => [`[${folder}]`, ...lines]),
    '',
  ].join('\n');

async function find(computer: FakeComputer, icon: string): Promise<string[]> {
  const finder = createIconFinder(computer.environment, findDataDirs(computer.environment));
  return (await finder.find(icon)).map((path) => path.replace(`${computer.root}/`, ''));
}

describe('icon theme', () => {
  it('gives the best size first: exact, then nearest, in the order of the index', async () => {
    await using computer = await createFakeComputer();
    const folders = {
      '16x16/apps': ['Size=16', 'Type=Fixed'],
      '48x48/apps': ['Size=48', 'Type=Threshold'],
      '64x64@2/apps': ['Size=64', 'Scale=2'],
      '32x32@2/apps': ['Size=32', 'Scale=2', 'Type=Fixed'],
      '63x63/apps': ['Size=63'],
      '256x256/apps': ['Size=256'],
      'scalable/apps': ['Size=128', 'MinSize=8', 'MaxSize=512', 'Type=Scalable'],
      undescribed: [],
    };
    await computer.write('usr/share/icons/hicolor/index.theme', theme('Hicolor', folders));
    const write = (folder: string, name: string) =>
      computer.write(`usr/share/icons/hicolor/${folder}/${name}`, pngOf(8));
    for (const folder of Object.keys(folders)) await write(folder, 'all.png');
    await write('16x16/apps', 'two.png');
    await write('256x256/apps', 'two.png');
    await write('48x48/apps', 'both.svg');
    await write('48x48/apps', 'both.png');
    await write('48x48/apps', 'old.xpm');
    const at = (folder: string, name: string) => `usr/share/icons/hicolor/${folder}/${name}`;
    expect(await find(computer, 'all')).toEqual([
      at('63x63/apps', 'all.png'),
      at('scalable/apps', 'all.png'),
      at('32x32@2/apps', 'all.png'),
      at('48x48/apps', 'all.png'),
      at('16x16/apps', 'all.png'),
      at('64x64@2/apps', 'all.png'),
    ]);
    expect((await find(computer, 'two'))[0]).toBe(at('16x16/apps', 'two.png'));
    expect(await find(computer, 'both')).toEqual([at('48x48/apps', 'both.png'), at('48x48/apps', 'both.svg')]);
    expect(await find(computer, 'old')).toEqual([]);
  });

  it('goes from the own theme to its parents, hicolor, pixmaps and common themes', async () => {
    await using computer = await createFakeComputer();
    const folder = { apps: ['Size=64'] };
    await computer.write('home/.config/gtk-3.0/settings.ini', '[Settings]\ngtk-icon-theme-name=Mine\n');
    await computer.write('home/.icons/Mine/index.theme', theme('Mine', folder, 'Parent,Other'));
    await computer.write('usr/share/icons/Parent/index.theme', theme('Parent', folder, 'Mine,Grand'));
    await computer.write('usr/share/icons/Grand/index.theme', theme('Grand', folder));
    await computer.write('usr/share/icons/Other/index.theme', theme('Other', folder));
    await computer.write('usr/share/icons/hicolor/index.theme', theme('hicolor', folder));
    await computer.write('usr/share/icons/Adwaita/index.theme', theme('Adwaita', folder));
    const places = ['Mine', 'Parent', 'Grand', 'Other', 'hicolor'].map((name) => `usr/share/icons/${name}/apps/`);
    places.push('usr/share/pixmaps/', 'usr/share/icons/Adwaita/apps/');
    for (const [first] of places.entries()) {
      for (const place of places.slice(first)) await computer.write(`${place}icon${first}.svg`, svg);
    }
    for (const [first, place] of places.entries()) {
      expect(await find(computer, `icon${first}`)).toEqual([`${place}icon${first}.svg`]);
    }
  });

  it('takes absolute paths and names with an extension, and nothing that leaves its folders', async () => {
    await using computer = await createFakeComputer();
    await computer.write('usr/share/pixmaps/legacy.png', pngOf(8));
    expect(await find(computer, 'legacy.png')).toEqual(['usr/share/pixmaps/legacy.png']);
    expect(await find(computer, '/opt/x/icon.png')).toEqual(['/opt/x/icon.png']);
    expect(await find(computer, '/etc/passwd')).toEqual([]);
    expect(await find(computer, '/opt/icon.xpm')).toEqual([]);
    for (const name of ['../pixmaps/legacy', '.', '..', '', '__proto__', 'x'.repeat(5000), 'a\0b']) {
      expect(await find(computer, name)).toEqual([]);
    }
  });

  it('takes a damaged theme for an empty one', async () => {
    await using computer = await createFakeComputer();
    await computer.write('usr/share/icons/hicolor/index.theme', Buffer.from([0, 1, 2, 255]));
    await computer.write(
      'usr/share/icons/Adwaita/index.theme',
      theme('Bad', { '../../..': ['Size=64'], '/etc': ['Size=64'] }),
    );
    await computer.write('usr/share/pixmaps/x.png', pngOf(8));
    expect(await find(computer, 'x')).toEqual(['usr/share/pixmaps/x.png']);
    expect(await find(computer, 'passwd')).toEqual([]);
  });
});

describe('icon store', () => {
  async function openStore(maxTotalBytes?: number) {
    const folder = await mkdtemp(join(tmpdir(), 'ebp-icons-'));
    const options = { folder, log: silentLog, ...(maxTotalBytes === undefined ? {} : { maxTotalBytes }) };
    return {
      folder,
      open: () => startIconStore(options),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  }

  it('gives back what was put in, also to the next start', async () => {
    await using place = await openStore();
    const store = await place.open();
    const [hash, again] = await Promise.all([store.put(pngOf(16)), store.put(pngOf(16))]);
    expect(hash).toBe(again);
    const next = await place.open();
    expect(await next.get(hash)).toEqual({ type: 'image/png', bytes: pngOf(16) });
    expect(next.sizeBytes).toBe(pngOf(16).length);
    expect(await next.get('0'.repeat(64))).toBeNull();
    expect(await next.get('../../etc/passwd')).toBeNull();
  });

  it('refuses what is no icon', async () => {
    await using place = await openStore();
    const store = await place.open();
    await expect(store.put(Buffer.from('<html>'))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(store.put(Buffer.alloc(600_000))).rejects.toMatchObject({ code: 'too-large' });
    expect(await readdir(place.folder)).toEqual([]);
  });

  it('notices damage, and what an interrupted write left', async () => {
    await using place = await openStore();
    const hash = await (await place.open()).put(pngOf(16));
    await writeFile(join(place.folder, hash), pngOf(17));
    await writeFile(join(place.folder, `${hash}.123456`), 'half');
    await writeFile(join(place.folder, 'README'), 'not ours');
    const store = await place.open();
    expect(await store.get(hash)).toBeNull();
    expect(store.sizeBytes).toBe(0);
    expect(await readdir(place.folder)).toEqual(['README']);
  });

  it('deletes the oldest to make room, but nothing that is pinned', async () => {
    const size = pngOf(16, 16, 1).length;
    await using place = await openStore(size * 3 + 20);
    let store = await place.open();
    const hashes = [];
    for (const grey of [1, 2, 3]) hashes.push(await store.put(pngOf(16, 16, grey)));
    for (const [age, hash] of hashes.entries()) await utimes(join(place.folder, hash), 1000 + age, 1000 + age);
    store = await place.open();
    store.pin(new Set(hashes.slice(0, 1)));
    await store.put(pngOf(16, 16, 4));
    expect(hashes.map((hash) => store.has(hash))).toEqual([true, false, true]);
    await store.put(pngOf(16, 16, 3));
    await store.put(pngOf(16, 16, 5));
    expect(hashes.map((hash) => store.has(hash))).toEqual([true, false, true]);
    expect(store.sizeBytes).toBeLessThanOrEqual(size * 3 + 20);
    expect((await readdir(place.folder)).length).toBe(3);
  });
});
