import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { IconHash, PeerId } from '../../contract/ids.ts';
import { type OwnOffer, offerSchema } from '../../contract/offers.ts';
import type { Settings } from '../../contract/settings.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import { clean, sortCategories } from './app/definition.ts';
import { insideTerminal } from './app/terminal.ts';
import { toOfferId } from './offer-id.ts';
import {
  anybody,
  createFakeComputer,
  entryText,
  idOf,
  names,
  pngOf,
  start,
  testSettings,
  until,
} from './offers.test-support.ts';
import { type Reader, startOffers } from './offers.ts';

const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';

describe('applications', () => {
  it('are offered with all that a person is shown', async () => {
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
    await using offers = await start(computer);
    const offer = offers.own.value.offers[0];
    expect(offer).toEqual({
      id: 'app:paint',
      kind: 'app',
      name: 'Malen',
      summary: 'Draw',
      categories: ['Graphics', 'Utility'],
      keywords: ['a', 'b', 'Editor'],
      icon: expect.stringMatching(/^[0-9a-f]{64}$/),
      isShared: true,
      audience: null,
      obstacle: null,
      source,
      details: { kind: 'app', ownSandbox: 'off', command: `${computer.root}/bin/tool --new "a b"` },
    } satisfies Record<keyof OwnOffer, unknown>);
    const found = offers.find(idOf('paint'), anybody);
    expect(found).toMatchObject({
      offer,
      visible: offerSchema.parse(offer),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(found?.launch('viewer')).toEqual({
      in: 'sandbox',
      program: {
        argv: insideTerminal('Malen', [join(computer.root, 'bin/tool'), '--new', 'a b']),
        workingDirectory: '/tmp',
      },
      ownSandbox: 'off',
    });
    expect(offers.find(idOf('other'), anybody)).toBeUndefined();
    expect(await offers.readIcon(offer?.icon ?? '')).toEqual({ type: 'image/png', bytes: pngOf(48) });
    expect(offers.visibleTo(null)).toEqual([offerSchema.parse(offer)]);
    expect(Object.keys(offers.visibleTo(null)[0] ?? {})).not.toContain('source');
  });

  it('lets the first directory decide, also when it hides or is broken', async () => {
    await using computer = await createFakeComputer();
    for (const id of ['hidden', 'broken', 'renamed', 'kept']) await computer.entry(id);
    await computer.write('home/.local/share/applications/hidden.desktop', '[Desktop Entry]\nHidden=true\n');
    const broken = await computer.write('usr/local/share/applications/broken.desktop', '[Desktop Entry]\noops\n');
    await computer.write('home/.local/share/applications/renamed.desktop', entryText('Mine'));
    await using offers = await start(computer);
    expect(names(offers)).toEqual(['kept', 'Mine']);
    await until(offers.own, (value) => value.broken.length > 0);
    expect(offers.own.value.broken).toEqual([{ source: broken, reason: 'line-syntax', detail: 'oops', line: 2 }]);
  });

  it('leaves out what is not for this desktop or not installed, and reports what cannot work', async () => {
    await using computer = await createFakeComputer({ XDG_CURRENT_DESKTOP: 'GNOME' });
    await computer.entry('yes', ['TryExec=tool', 'OnlyShowIn=GNOME;']);
    await computer.entry('no-display', ['NoDisplay=true', 'Exec=%z']);
    await computer.entry('kde-only', ['OnlyShowIn=KDE;']);
    await computer.entry('try', ['TryExec=missing', 'Exec=missing']);
    await computer.entry('program', ['Exec=missing']);
    await computer.entry('code', ['Exec=tool %z']);
    await computer.entry('invisible', ['Name=\u202e\u2066']);
    await using offers = await start(computer);
    expect(names(offers)).toEqual(['yes']);
    await until(offers.own, (value) => value.broken.length === 3);
    const reasons = offers.own.value.broken.map(({ reason, detail, line }) => [reason, detail.slice(0, 10), line]);
    expect(reasons.sort()).toEqual([
      ['bad-exec', '%z', 5],
      ['bad-value', 'Name', null],
      ['missing-program', 'missing', 5],
    ]);
  });

  it('offers files of any name, as Steam and Wine make them, each under an id of its own', async () => {
    await using computer = await createFakeComputer();
    await computer.entry('Half-Life 2', ['Exec=tool steam://rungameid/220']);
    await computer.entry('Größe');
    await computer.entry('wine/Programs/Ännchen spielt');
    await computer.entry('x'.repeat(220));
    // The name of its file is the id that another one was given.
    await computer.entry(toOfferId('app', 'Größe').slice('app:'.length), ['Name=Copy']);
    // A name that is no text: the file system takes any bytes.
    const odd = Buffer.concat([
      Buffer.from(join(computer.root, 'usr/share/applications/Gr')),
      Buffer.from([0xfc]),
      Buffer.from('n.desktop'),
    ]);
    await writeFile(odd, entryText('odd'));
    await using offers = await start(computer);
    await until(offers.own, (value) => value.broken.length === 2);
    const { offers: found, broken } = offers.own.value;
    expect(found.map(({ id }) => id.replace(/@.*/, '')).sort()).toEqual(
      ['app:Gro-e', 'app:Half-Life-2', 'app:wine-Programs-Annchen-spielt', `app:${'x'.repeat(60)}`].sort(),
    );
    expect(new Set(found.map(({ id }) => id)).size).toBe(4);
    expect(broken.map(({ reason }) => reason)).toEqual(['bad-id', 'bad-id']);
    const steam = found.find(({ id }) => id.startsWith('app:Half'));
    expect(steam && offers.find(steam.id, anybody)?.launch('viewer').program.argv).toEqual([
      join(computer.root, 'bin/tool'),
      'steam://rungameid/220',
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
    await using offers = await start(computer, settings);
    const icon = offers.own.value.offers[0]?.icon as IconHash;
    expect(offers.visibleTo(null).map(({ id }) => id)).toEqual(['app:a']);
    const digest = offers.publicDigest.value;
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect((await offers.readVisibleIcon(icon, anybody))?.type).toBe('image/svg+xml');
    settings.update((value) => ({ ...value, isSharedByDefault: true, sharedByOfferId: { [idOf('a')]: false } }));
    await until(offers.own, () => offers.visibleTo(null).length === 2);
    expect(offers.publicDigest.value).not.toBe(digest);
    expect(offers.find(idOf('a'), anybody)).toBeUndefined();
    expect(await offers.readVisibleIcon(icon, anybody)).toBeNull();
    expect(await offers.readIcon(icon)).not.toBeNull();
    settings.update((value) => ({ ...value, isPaused: true }));
    await until(offers.publicDigest, () => offers.visibleTo(null).length === 0);
    expect(offers.find(idOf('b'), anybody)).toBeUndefined();
    settings.update((value) => ({
      ...value,
      isPaused: false,
      isSharedByDefault: false,
      sharedByOfferId: { [idOf('a')]: true },
    }));
    await until(offers.publicDigest, (value) => value === digest);
  });

  it('shows each offer to its audience only, and nobody else learns that it is there', async () => {
    await using computer = await createFakeComputer();
    for (const id of ['open', 'trusted', 'chosen']) await computer.entry(id, [`Icon=${id}`]);
    await computer.write('usr/share/pixmaps/chosen.svg', svg);
    const friend: Reader = { peerId: `SHA256:${'F'.repeat(43)}` as PeerId, isVerified: true };
    const settings = new State<Settings>({
      ...testSettings,
      audienceByOfferId: {
        [idOf('trusted')]: { who: 'verified' },
        [idOf('chosen')]: { who: 'chosen', peerIds: [friend.peerId] },
      },
    });
    await using offers = await start(computer, settings);
    const ids = (reader: Reader | null) => offers.visibleTo(reader).map(({ id }) => id);
    expect(ids(null)).toEqual(['app:open']);
    expect(ids(anybody)).toEqual(['app:open']);
    expect(ids({ ...anybody, isVerified: true })).toEqual(['app:open', 'app:trusted']);
    expect(ids(friend)).toEqual(['app:chosen', 'app:open', 'app:trusted']);
    expect(offers.find(idOf('trusted'), anybody)).toBeUndefined();
    expect(offers.find(idOf('trusted'), friend)?.offer.name).toBe('trusted');
    const icon = offers.visibleTo(friend)[0]?.icon as IconHash;
    expect(await offers.readVisibleIcon(icon, anybody)).toBeNull();
    expect(await offers.readVisibleIcon(icon, friend)).not.toBeNull();
    // Security: what happens to an offer that not everybody sees does not show in what is advertised to everybody.
    const digest = offers.publicDigest.value;
    settings.update((value) => ({ ...value, sharedByOfferId: { [idOf('trusted')]: false, [idOf('chosen')]: false } }));
    await until(offers.own, ({ offers }) => offers.filter(({ isShared }) => isShared).length === 1);
    expect(offers.publicDigest.value).toBe(digest);
    settings.update((value) => ({ ...value, audience: { who: 'verified' } }));
    await until(offers.publicDigest, (value) => value !== digest);
    expect(ids(null)).toEqual([]);
  });

  it('changes the digest of a launch with what would run', async () => {
    await using computer = await createFakeComputer();
    await computer.entry('x');
    await using offers = await start(computer);
    const before = offers.find(idOf('x'), anybody)?.digest;
    await offers.rescan();
    expect(offers.find(idOf('x'), anybody)?.digest).toBe(before);
    await computer.entry('x', ['Exec=tool --evil']);
    await offers.rescan();
    expect(offers.find(idOf('x'), anybody)?.digest).not.toBe(before);
  });

  it('keeps icons of peers', async () => {
    await using computer = await createFakeComputer();
    await using offers = await start(computer);
    const hash = await offers.storeIcon(pngOf(32));
    expect(offers.hasIcon(hash)).toBe(true);
    expect(await offers.readIcon(hash)).toEqual({ type: 'image/png', bytes: pngOf(32) });
    expect(await offers.readVisibleIcon(hash, anybody)).toBeNull();
    await expect(offers.storeIcon(Buffer.from('x'))).rejects.toMatchObject({ code: 'bad-input' });
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
    await using offers = await start(computer);
    await until(offers.own, (value) => value.broken.length === 7);
    expect(
      names(offers)
        .map((name) => name.slice(0, 4))
        .sort(),
    ).toEqual(['bomb', 'good', '😀😀']);
    expect(offers.find(idOf('good'), anybody)?.launch('viewer').program.argv.slice(1)).toEqual([
      ';',
      'rm',
      '-rf',
      '$HOME',
      '`id`',
      '$(id)',
    ]);
    const long = offers.find(idOf('long-name'), anybody)?.offer;
    expect(long?.name.length).toBeLessThanOrEqual(200);
    expect(long?.name.isWellFormed()).toBe(true);
    expect(long?.summary.length).toBe(500);
    const reasons = new Set(offers.own.value.broken.map(({ reason }) => reason));
    expect(reasons).toEqual(new Set(['too-large', 'not-text', 'unreadable', 'not-a-file']));
  });

  it('cannot turn the words around them', () => {
    expect(clean('a\u202eb\nc\u0000d  e\u2067', 100)).toBe('ab c d e');
    expect(clean('a\u200bb\ufeff\u{e0041}', 100)).toBe('ab');
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
  await expect(startOffers({ kinds: [], log: silentLog, settings, iconsDir })).rejects.toThrow();
});
