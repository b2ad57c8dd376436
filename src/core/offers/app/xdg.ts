// Where desktop entries lie, which of several with one id counts, and whether it is for this desktop.
import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { homeOf } from '../../../contract/profile.ts';
import type { DesktopEntry } from './desktop-entry.ts';

/** What the catalogue asks of the computer that it runs on; a test gives its own. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
}

const MAX_DEPTH = 8;
const MAX_FILES = 20_000;

function home(env: Environment['env']): string {
  // Where there is none, nothing of it is found.
  return homeOf(env, homedir) ?? '/';
}

/**
 * Data directories, the most important first (XDG Base Directory Specification: relative ones are ignored).
 * Those where Flatpak and Snap export their entries count when they are in XDG_DATA_DIRS, as for the desktop itself.
 */
export function findDataDirs({ env }: Environment): readonly string[] {
  const own = env['XDG_DATA_HOME'];
  const dirs = [
    own && isAbsolute(own) ? own : join(home(env), '.local/share'),
    ...(env['XDG_DATA_DIRS'] || '/usr/local/share:/usr/share').split(':').filter((dir) => isAbsolute(dir)),
  ];
  return [...new Set(dirs.map((dir) => dir.replace(/(?<=.)\/+$/, '')))];
}

/** Where settings of the person lie (XDG Base Directory Specification). */
export function findConfigDir({ env }: Environment): string {
  const own = env['XDG_CONFIG_HOME'];
  return own && isAbsolute(own) ? own : join(home(env), '.config');
}

/** The locales of messages, the most wanted first: POSIX's (LC_ALL, LC_MESSAGES, LANG), and before it those of LANGUAGE, as for GNU gettext. */
export function findLocales({ env }: Environment): readonly string[] {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || 'C';
  if (/^(C|POSIX)(\..*)?$/.test(locale)) return [];
  return [...(env['LANGUAGE'] ?? '').split(':').filter((language) => language !== ''), locale];
}

export interface EntryFile {
  /** Desktop file id without `.desktop`. */
  readonly id: string;
  readonly path: string;
}

/**
 * All entry files that count, by path. The id is the path below `applications` with `/` as `-`; of several files with
 * one id the first directory's counts, also when it hides or cannot be read: what a person overrode stays overridden.
 * Directories that cannot be read are as if empty. Symlink loops end, and so does a tree of any size.
 */
export async function findEntryFiles(dataDirs: readonly string[]): Promise<readonly EntryFile[]> {
  const byId = new Map<string, EntryFile>();
  for (const dataDir of dataDirs) {
    const seen = new Set<string>();
    let left = MAX_FILES;
    const walk = async (folder: string, prefix: string, depth: number): Promise<void> => {
      const real = await realpath(folder).catch(() => null);
      if (real === null || seen.has(real)) return;
      seen.add(real);
      const items = await readdir(folder, { withFileTypes: true }).catch(() => []);
      items.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const item of items) {
        if (left-- <= 0) return;
        const path = join(folder, item.name);
        const target = item.isSymbolicLink() ? await stat(path).catch(() => item) : item;
        if (target.isDirectory()) {
          if (depth < MAX_DEPTH) await walk(path, `${prefix}${item.name}-`, depth + 1);
        } else if (item.name.endsWith('.desktop')) {
          const id = prefix + item.name.slice(0, -'.desktop'.length);
          if (!byId.has(id)) byId.set(id, { id, path });
        }
      }
    };
    await walk(join(dataDir, 'applications'), '', 0);
  }
  return [...byId.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Whether the entry is an application for the menu of this desktop: Type, Hidden, NoDisplay, and OnlyShowIn and
 * NotShowIn, for which the first name in XDG_CURRENT_DESKTOP that is in either of them decides.
 */
export function isForMenu(entry: DesktopEntry, { env }: Environment): boolean {
  if (entry.isHidden || entry.isNoDisplay || entry.type !== 'Application') return false;
  for (const desktop of (env['XDG_CURRENT_DESKTOP'] ?? '').split(':')) {
    if (desktop === '') continue;
    if (entry.onlyShowIn?.includes(desktop)) return true;
    if (entry.notShowIn.includes(desktop)) return false;
  }
  return entry.onlyShowIn === null;
}

/** Where Debian puts games; PATH of a service or of root does not have them, the container has. */
const GAMES = ['/usr/local/games', '/usr/games'];

/** Absolute folders of PATH, and always those of games. */
export function findProgramDirs({ env }: Environment): readonly string[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return [...new Set([...folders, ...GAMES])];
}
