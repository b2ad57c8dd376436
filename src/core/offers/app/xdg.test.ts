import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../../lib/find-program.ts';
import { createFakeComputer, entryText } from '../offers.test-support.ts';
import { parseDesktopEntry } from './desktop-entry.ts';
import { findDataDirs, findEntryFiles, findProgramDirs, isForMenu } from './xdg.ts';

describe('data directories', () => {
  it('are the defaults of the XDG Base Directory Specification', () => {
    const dirs = ['/home/ann/.local/share', '/usr/local/share', '/usr/share'];
    expect(findDataDirs({ env: { HOME: '/home/ann' } })).toEqual(dirs);
    expect(findDataDirs({ env: { HOME: '/home/ann', XDG_DATA_HOME: '', XDG_DATA_DIRS: '' } })).toEqual(dirs);
  });

  it('ignore relative paths, trailing slashes and repetitions', () => {
    const env = { HOME: '/h', XDG_DATA_HOME: 'rel', XDG_DATA_DIRS: '/a/:b:/a:/var/lib/flatpak/exports/share:' };
    expect(findDataDirs({ env })).toEqual(['/h/.local/share', '/a', '/var/lib/flatpak/exports/share']);
  });
});

describe('entry files', () => {
  it('get their id from the path, and the first directory wins', async () => {
    await using computer = await createFakeComputer();
    const first = await computer.write('home/.local/share/applications/kde/foo.desktop', 'Hidden');
    await computer.write('usr/share/applications/kde-foo.desktop', '');
    const second = await computer.write('usr/local/share/applications/a/b/c.desktop', '');
    await computer.write('usr/share/applications/a-b-c.desktop', '');
    await computer.write('usr/share/applications/notes.txt', '');
    const third = await computer.entry('only');
    const files = await findEntryFiles(findDataDirs(computer.environment));
    expect(new Map(files.map(({ id, path }) => [id, path]))).toEqual(
      new Map([
        ['kde-foo', first],
        ['a-b-c', second],
        ['only', third],
      ]),
    );
  });

  it('end in spite of symlink loops, and follow other links', async () => {
    await using computer = await createFakeComputer();
    const folder = join(computer.root, 'usr/share/applications');
    await computer.entry('real');
    await symlink('.', join(folder, 'loop'));
    await symlink('../applications', join(folder, 'loop2'));
    await symlink('self.desktop', join(folder, 'self.desktop'));
    await symlink('nowhere', join(folder, 'dangling.desktop'));
    await computer.write('elsewhere/app.desktop', entryText('app'));
    await symlink(join(computer.root, 'elsewhere'), join(folder, 'more'));
    const files = await findEntryFiles(findDataDirs(computer.environment));
    expect(files.map(({ id }) => id).sort()).toEqual(['dangling', 'more-app', 'real', 'self']);
  });

  it('are not looked for without end', async () => {
    await using computer = await createFakeComputer();
    await computer.write(`usr/share/applications/${'d/'.repeat(8)}yes.desktop`, '');
    await computer.write(`usr/share/applications/${'d/'.repeat(9)}no.desktop`, '');
    const files = await findEntryFiles(findDataDirs(computer.environment));
    expect(files.map(({ id }) => id)).toEqual(['d-d-d-d-d-d-d-d-yes']);
  });
});

describe('the menu', () => {
  const isShown = (lines: string[], desktop?: string) =>
    isForMenu(parseDesktopEntry(new TextEncoder().encode(entryText('x', lines)), []), {
      env: { XDG_CURRENT_DESKTOP: desktop },
    });

  it.each<[string[], string | undefined, boolean]>([
    [[], undefined, true],
    [['NoDisplay=true'], 'GNOME', false],
    [['Hidden=true'], 'GNOME', false],
    [['Type=Link', 'URL=https://example.org'], 'GNOME', false],
    [['OnlyShowIn=KDE;'], 'GNOME', false],
    [['OnlyShowIn=KDE;'], undefined, false],
    [['OnlyShowIn=KDE;GNOME;'], 'ubuntu:GNOME', true],
    [['OnlyShowIn='], 'GNOME', false],
    [['NotShowIn=KDE;'], 'GNOME', true],
    [['NotShowIn=KDE;'], undefined, true],
    [['NotShowIn=GNOME;'], 'GNOME-Flashback:GNOME', false],
    [['OnlyShowIn=X-Cinnamon;', 'NotShowIn=GNOME;'], 'X-Cinnamon:GNOME', true],
    [['OnlyShowIn=X-Cinnamon;', 'NotShowIn=GNOME;'], 'GNOME:X-Cinnamon', false],
  ])('for %j on %s: %s', (lines, desktop, expected) => expect(isShown(lines, desktop)).toBe(expected));
});

describe('programs', () => {
  it('are executable files, in PATH or at an absolute path', async () => {
    await using computer = await createFakeComputer();
    const tool = join(computer.root, 'bin/tool');
    await chmod(await computer.program('plain'), 0o644);
    await mkdir(join(computer.root, 'bin/folder'));
    const find = (program: string) => findProgram(program, findProgramDirs(computer.environment));
    expect(await find('tool')).toBe(tool);
    expect(await find(tool)).toBe(tool);
    for (const nothing of ['plain', 'folder', 'none', '', './tool', 'bin/tool', '../bin/tool', '/none', 'a\0b']) {
      expect(await find(nothing), nothing).toBeNull();
    }
    expect(await findProgram('tool', findProgramDirs({ env: {} }))).toBeNull();
    // Games are found whatever PATH says.
    const games = ['/usr/local/games', '/usr/games'];
    expect(findProgramDirs({ env: { PATH: 'rel:/bin' } })).toEqual(['/bin', ...games]);
    expect(findProgramDirs({ env: { PATH: '/usr/games:/bin' } })).toEqual(['/usr/games', '/bin', '/usr/local/games']);
  });
});
