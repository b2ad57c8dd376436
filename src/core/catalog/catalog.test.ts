import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type IconHash, type OwnOffer, offerSchema, type Settings } from '../../contract/models.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import { startCatalog } from './catalog.ts';
import { clean, sortCategories } from './offer.ts';
import { createFakeComputer, entryText, idOf, names, pngOf, start, testSettings, until } from './testing.ts';

const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';

describe('catalogue', () => {
  it('offers applications with all that a person is shown', async () => {
    await using computer = await createFakeComputer({ LC_ALL: 'de_DE.UTF-8' });
    const source = await computer.entry('paint', [
      'Name=Paint',
      'Name[de]=Malen',
      'Comment=Draw',
      'GenericName=Editor',
      'Categories=GTK;Utility;Graphics;2DGraphics;',
      'Keywords=a;b;a;',
      'Exec=tool --new "a b" %F',
      'Path=/tmp',
      'Terminal=true',
      'Icon=paint',
    ]);
    await computer.write('usr/share/pixmaps/paint.png', pngOf(48));
    await using catalog = await start(computer);
    const offer = catalog.offers.value.offers[0];
    expect(offer).toEqual({
      id: 'app:paint',
      kind: 'app',
      name: 'Malen',
      summary: 'Draw',
      categories: ['Graphics', 'Utility'],
      keywords: ['a', 'b', 'Editor'],
      icon: expect.stringMatching(/^[0-9a-f]{64}$/),
      isShared: true,
      source,
      command: `${computer.root}/bin/tool --new "a b"`,
    } satisfies Record<keyof OwnOffer, unknown>);
    expect(catalog.find(idOf('paint'))).toEqual({
      offer,
      argv: [join(computer.root, 'bin/tool'), '--new', 'a b'],
      workingDirectory: '/tmp',
      isTerminal: true,
      source,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(catalog.find(idOf('other'))).toBeUndefined();
    expect(await catalog.readIcon(offer?.icon ?? '')).toEqual({ type: 'image/png', bytes: pngOf(48) });
    expect(catalog.shared.value).toEqual([offerSchema.parse(offer)]);
    expect(Object.keys(catalog.shared.value[0] ?? {})).not.toContain('source');
  });

  it('lets the first directory decide, also when it hides or is broken', async () => {
    await using computer = await createFakeComputer();
    for (const id of ['hidden', 'broken', 'renamed', 'kept']) await computer.entry(id);
    await computer.write('home/.local/share/applications/hidden.desktop', '[Desktop Entry]\nHidden=true\n');
    const broken = await computer.write('usr/local/share/applications/broken.desktop', '[Desktop Entry]\noops\n');
    await computer.write('home/.local/share/applications/renamed.desktop', entryText('Mine'));
    await using catalog = await start(computer);
    expect(names(catalog)).toEqual(['kept', 'Mine']);
    await until(catalog.offers, (value) => value.broken.length > 0);
    expect(catalog.offers.value.broken).toEqual([{ source: broken, reason: 'line-syntax', detail: 'oops', line: 2 }]);
  });

  it('leaves out what is not for this desktop or not installed, and reports what cannot work', async () => {
    await using computer = await createFakeComputer({ XDG_CURRENT_DESKTOP: 'GNOME' });
    await computer.entry('yes', ['TryExec=tool', 'OnlyShowIn=GNOME;']);
    await computer.entry('no-display', ['NoDisplay=true', 'Exec=%z']);
    await computer.entry('kde-only', ['OnlyShowIn=KDE;']);
    await computer.entry('try', ['TryExec=missing', 'Exec=missing']);
    await computer.entry('program', ['Exec=missing']);
    await computer.entry('code', ['Exec=tool %z']);
    await computer.entry('a b');
    await computer.entry('x'.repeat(220));
    await computer.entry('invisible', ['Name=\u202e\u2066']);
    await using catalog = await start(computer);
    expect(names(catalog)).toEqual(['yes']);
    await until(catalog.offers, (value) => value.broken.length === 5);
    const reasons = catalog.offers.value.broken.map(({ reason, detail, line }) => [reason, detail.slice(0, 10), line]);
    expect(reasons.sort()).toEqual([
      ['bad-exec', '%z', 5],
      ['bad-id', 'a b', null],
      ['bad-id', 'xxxxxxxxxx', null],
      ['bad-value', 'Name', null],
      ['missing-program', 'missing', 5],
    ]);
  });

  it('shares what the settings say, and nothing while paused', async () => {
    await using computer = await createFakeComputer();
    for (const id of ['a', 'b', 'c']) await computer.entry(id, [`Icon=${id}`]);
    await computer.write('usr/share/pixmaps/a.svg', svg);
    const settings = new State<Settings>({
      ...testSettings,
      isSharedByDefault: false,
      sharedByOfferId: { [idOf('a')]: true },
    });
    await using catalog = await start(computer, settings);
    const icon = catalog.offers.value.offers[0]?.icon as IconHash;
    expect(catalog.shared.value.map(({ id }) => id)).toEqual(['app:a']);
    const digest = catalog.digest.value;
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect((await catalog.readSharedIcon(icon))?.type).toBe('image/svg+xml');
    settings.update((value) => ({ ...value, isSharedByDefault: true, sharedByOfferId: { [idOf('a')]: false } }));
    await until(catalog.shared, (value) => value.length === 2);
    expect(catalog.digest.value).not.toBe(digest);
    expect(catalog.find(idOf('a'))?.offer.isShared).toBe(false);
    expect(await catalog.readSharedIcon(icon)).toBeNull();
    expect(await catalog.readIcon(icon)).not.toBeNull();
    settings.update((value) => ({ ...value, isPaused: true }));
    await until(catalog.shared, (value) => value.length === 0);
    expect(catalog.find(idOf('b'))?.offer.isShared).toBe(true);
    settings.update((value) => ({
      ...value,
      isPaused: false,
      isSharedByDefault: false,
      sharedByOfferId: { [idOf('a')]: true },
    }));
    await until(catalog.digest, (value) => value === digest);
  });

  it('changes the digest of a launch with what would run', async () => {
    await using computer = await createFakeComputer();
    await computer.entry('x');
    await using catalog = await start(computer);
    const before = catalog.find(idOf('x'))?.digest;
    await catalog.rescan();
    expect(catalog.find(idOf('x'))?.digest).toBe(before);
    await computer.entry('x', ['Exec=tool --evil']);
    await catalog.rescan();
    expect(catalog.find(idOf('x'))?.digest).not.toBe(before);
  });

  it('keeps icons of peers', async () => {
    await using computer = await createFakeComputer();
    await using catalog = await start(computer);
    const hash = await catalog.storeIcon(pngOf(32));
    expect(catalog.hasIcon(hash)).toBe(true);
    expect(await catalog.readIcon(hash)).toEqual({ type: 'image/png', bytes: pngOf(32) });
    expect(await catalog.readSharedIcon(hash)).toBeNull();
    await expect(catalog.storeIcon(Buffer.from('x'))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('hostile entries', () => {
  it('harm nobody: the rest is offered', async () => {
    await using computer = await createFakeComputer();
    const folder = join(computer.root, 'usr/share/applications');
    await computer.entry('good', ['Exec=tool ; rm -rf $HOME `id` "$(id)"'.replace('$(', '\\\\$(')]);
    await writeFile(join(folder, 'large.desktop'), Buffer.alloc(10 * 1024 * 1024, 'x'));
    await writeFile(
      join(folder, 'binary.desktop'),
      Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 251)),
    );
    await writeFile(join(folder, 'nul.desktop'), entryText('nul', ['Exec=tool \0']));
    await symlink('loop.desktop', join(folder, 'loop.desktop'));
    await symlink('gone', join(folder, 'dangling.desktop'));
    await symlink('/dev/zero', join(folder, 'zero.desktop'));
    await promisify(execFile)('mkfifo', [join(folder, 'fifo.desktop')]);
    await symlink('..', join(folder, 'up'));
    await mkdir(join(folder, 'dir.desktop'));
    await computer.entry('long-name', [
      `Name=${'😀'.repeat(500)}`,
      `Comment=${'c'.repeat(9000)}`,
      `Keywords=${'k;'.repeat(999)}${'l'.repeat(99)}`,
    ]);
    await computer.entry('bomb', ['Icon=bomb']);
    await mkdir(join(computer.root, 'usr/share/pixmaps'));
    await symlink('/dev/zero', join(computer.root, 'usr/share/pixmaps/bomb.png'));
    await using catalog = await start(computer);
    await until(catalog.offers, (value) => value.broken.length === 7);
    expect(
      names(catalog)
        .map((name) => name.slice(0, 4))
        .sort(),
    ).toEqual(['bomb', 'good', '😀😀']);
    expect(catalog.find(idOf('good'))?.argv.slice(1)).toEqual([';', 'rm', '-rf', '$HOME', '`id`', '$(id)']);
    const long = catalog.find(idOf('long-name'))?.offer;
    expect(long?.name.length).toBeLessThanOrEqual(200);
    expect(long?.name.isWellFormed()).toBe(true);
    expect(long?.summary.length).toBe(500);
    const reasons = new Set(catalog.offers.value.broken.map(({ reason }) => reason));
    expect(reasons).toEqual(new Set(['too-large', 'not-text', 'unreadable', 'not-a-file']));
  });

  it('cannot turn the words around them', () => {
    expect(clean('a\u202eb\nc\u0000d  e\u2067', 100)).toBe('ab c d e');
    expect(clean('x\ud800y', 100)).toBe('x\ufffdy');
    expect(clean('😀😀😀', 4)).toBe('😀…');
  });
});

it('puts the most telling category first', () => {
  expect(sortCategories(['Qt', 'Utility', 'Audio', 'AudioVideo', 'Player', 'Audio'])).toEqual([
    'AudioVideo',
    'Audio',
    'Utility',
  ]);
  expect(sortCategories(['System', 'Network', '__proto__'])).toEqual(['Network', 'System']);
});

it('says so when icons cannot be kept', async () => {
  await using computer = await createFakeComputer();
  const iconsDir = await computer.write('file', 'in the way');
  const settings = new State(testSettings);
  await expect(
    startCatalog({ log: silentLog, settings, iconsDir, environment: computer.environment }),
  ).rejects.toThrow();
});
