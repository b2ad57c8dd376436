// From an icon's name to files: the Icon Theme Specification 0.13, for one size on an ordinary screen.
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { extname, isAbsolute, join } from 'node:path';
import { homeOf } from '../../../contract/profile.ts';
import { EntryFault } from '../app/fault.ts';
import { type KeyFileGroup, parseKeyFile } from '../app/key-file.ts';
import { type Environment, findConfigDir } from '../app/xdg.ts';
import { readSmallFile } from './icon-file.ts';

/** Pixels: what the page shows, on a screen with two device pixels for each. */
export const ICON_SIZE = 64;

const indexLimits = { maxBytes: 1024 * 1024, maxLines: 50_000 };
const MAX_THEMES = 32;
const MAX_CANDIDATES = 6;
const MAX_SUBFOLDERS = 1000;
/** Where names are found that hicolor lacks (`utilities-terminal`), when the person's own theme is not known. */
const commonThemes = ['Adwaita', 'breeze', 'Yaru', 'elementary', 'Papirus', 'gnome', 'oxygen'];

export interface IconFinder {
  /** Files for an icon name or an absolute path, the best first; empty when there is none. Never throws for any name. */
  find(icon: string): Promise<readonly string[]>;
}

type FilesByName = ReadonlyMap<string, readonly string[]>;

interface Theme {
  readonly files: FilesByName;
  readonly parents: readonly string[];
}

/**
 * A finder with the state of the disk at the first look into each theme: make a new one for each scan.
 * Order: the person's theme and its parents, hicolor, icons outside themes, and at last the common themes.
 * @param dataDirs what `findDataDirs` gave
 */
export function createIconFinder(environment: Environment, dataDirs: readonly string[]): IconFinder {
  const iconDirs = [
    join(homeOf(environment.env, homedir) ?? '/', '.icons'),
    ...dataDirs.map((dir) => join(dir, 'icons')),
  ];
  const pixmapDirs = [...new Set([...dataDirs.map((dir) => join(dir, 'pixmaps')), '/usr/share/pixmaps'])];
  const themes = new Map<string, Promise<Theme>>();
  const loadOnce = (name: string): Promise<Theme> => {
    const known = themes.get(name) ?? loadTheme(name, iconDirs);
    themes.set(name, known);
    return known;
  };
  let own: Promise<string | null> | undefined;
  let loose: Promise<FilesByName> | undefined;

  const findInThemes = async (
    icon: string,
    first: readonly string[],
    seen: Set<string>,
  ): Promise<readonly string[]> => {
    const waiting = [...first];
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (seen.has(name) || seen.size >= MAX_THEMES) continue;
      seen.add(name);
      const theme = await loadOnce(name);
      const files = theme.files.get(icon);
      if (files) return files;
      // Parents before whatever else waits: the specification searches depth first.
      waiting.unshift(...theme.parents);
    }
    return [];
  };

  const findByName = async (icon: string): Promise<readonly string[]> => {
    own ??= readOwnTheme(environment);
    loose ??= listFolders([...iconDirs, ...pixmapDirs]);
    const seen = new Set<string>();
    const ownName = await own;
    const inThemes = await findInThemes(icon, [...(ownName ? [ownName] : []), 'hicolor'], seen);
    if (inThemes.length > 0) return inThemes;
    return (await loose).get(icon) ?? (await findInThemes(icon, commonThemes, seen));
  };

  return {
    find: async (icon) => {
      if (isAbsolute(icon)) return isIconName(icon) ? [icon] : [];
      if (icon.includes('/') || icon.length > 255) return [];
      const files = await findByName(icon);
      // Names with an extension are against the specification, and common for pixmaps.
      if (files.length > 0 || !/\.(png|svg|xpm)$/.test(icon)) return files;
      return findByName(icon.slice(0, -4));
    },
  };
}

/** XPM is not for browsers: such an icon is as good as none. */
function isIconName(path: string): boolean {
  return /\.(png|svg)$/i.test(path);
}

/** The theme that GTK uses, which desktops write down here; null when nothing is written. */
async function readOwnTheme(environment: Environment): Promise<string | null> {
  for (const version of ['gtk-4.0', 'gtk-3.0']) {
    const groups = await readGroups(join(findConfigDir(environment), version, 'settings.ini'));
    const name = groups?.get('Settings')?.values.get('gtk-icon-theme-name')?.raw.trim();
    if (name && isThemeName(name)) return name;
  }
  return null;
}

function isThemeName(name: string): boolean {
  return name !== '' && name.length <= 255 && !name.includes('/') && !name.startsWith('.');
}

async function readGroups(path: string): Promise<ReadonlyMap<string, KeyFileGroup> | null> {
  try {
    const bytes = await readSmallFile(path, indexLimits.maxBytes);
    return typeof bytes === 'string' ? null : parseKeyFile(bytes, indexLimits).groups;
  } catch (error) {
    if (error instanceof EntryFault || (error as NodeJS.ErrnoException).code !== undefined) return null;
    throw error;
  }
}

/** A theme lies in several base directories; the first index.theme counts. One that cannot be read is an empty theme. */
async function loadTheme(name: string, iconDirs: readonly string[]): Promise<Theme> {
  const bases = iconDirs.map((dir) => join(dir, name));
  let groups: ReadonlyMap<string, KeyFileGroup> | null = null;
  for (const base of bases) groups ??= await readGroups(join(base, 'index.theme'));
  const main = groups?.get('Icon Theme');
  if (!groups || !main) return { files: new Map(), parents: [] };
  const listOf = (key: string) =>
    (main.values.get(key)?.raw ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  const folders = [...new Set([...listOf('Directories'), ...listOf('ScaledDirectories')])]
    .filter((folder) => !isAbsolute(folder) && !folder.split('/').includes('..'))
    .slice(0, MAX_SUBFOLDERS)
    .map((folder) => ({ folder, distance: sizeDistance(groups.get(folder)) }))
    .filter(({ distance }) => Number.isFinite(distance))
    // The sort is stable: among equals the order of the index counts.
    .sort((a, b) => a.distance - b.distance);
  const paths = folders.flatMap(({ folder }) => bases.map((base) => join(base, folder)));
  return { files: await listFolders(paths), parents: listOf('Inherits').filter(isThemeName) };
}

/**
 * How far a directory's icons are from the wanted size: 0 when DirectoryMatchesSize holds, else DirectorySizeDistance.
 * Infinite for a directory that the index does not describe.
 */
export function sizeDistance(group: KeyFileGroup | undefined, wanted: number = ICON_SIZE): number {
  const number = (key: string, fallback: number) => {
    const value = group?.values.get(key)?.raw.trim() ?? '';
    return /^\d{1,5}$/.test(value) ? Number(value) : fallback;
  };
  const size = number('Size', Number.NaN);
  if (Number.isNaN(size)) return Number.POSITIVE_INFINITY;
  const scale = number('Scale', 1);
  const threshold = number('Threshold', 2);
  const type = group?.values.get('Type')?.raw.trim() ?? 'Threshold';
  const [min, max] =
    type === 'Fixed'
      ? [size, size]
      : type === 'Scalable'
        ? [number('MinSize', size), number('MaxSize', size)]
        : [size - threshold, size + threshold];
  if (wanted < min * scale) return min * scale - wanted;
  if (wanted > max * scale) return wanted - max * scale;
  // Right in pixels, but drawn for another scale: only after those that match.
  return scale === 1 ? 0 : 0.5;
}

/** The icon files of the folders by name without extension; within a name in the order of the folders, png before svg. */
async function listFolders(folders: readonly string[]): Promise<FilesByName> {
  const files = new Map<string, string[]>();
  const listings = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [] as string[])));
  for (const [index, listing] of listings.entries()) {
    for (const file of listing.sort()) {
      const extension = extname(file);
      if (extension !== '.png' && extension !== '.svg') continue;
      const name = file.slice(0, -extension.length);
      const known = files.get(name) ?? [];
      if (known.length < MAX_CANDIDATES) known.push(join(folders[index] as string, file));
      files.set(name, known);
    }
  }
  return files;
}
