// What a .desktop file says about an application: the Desktop Entry Specification 1.5, as far as it concerns a launch.
import { EntryFault } from './fault.ts';
import { findLocalised, type KeyFileGroup, parseKeyFile, splitList, unescapeString } from './key-file.ts';

export interface DesktopEntry {
  readonly type: string;
  readonly name: string;
  readonly genericName: string;
  readonly comment: string;
  /** Name in the icon theme, or an absolute path. */
  readonly icon: string | null;
  /** Unescaped as a string; still quoted and with field codes. */
  readonly exec: { readonly value: string; readonly line: number } | null;
  readonly tryExec: string | null;
  readonly workingDirectory: string | null;
  readonly isTerminal: boolean;
  readonly isHidden: boolean;
  readonly isNoDisplay: boolean;
  readonly isDBusActivatable: boolean;
  /** null: for every desktop. */
  readonly onlyShowIn: readonly string[] | null;
  readonly notShowIn: readonly string[];
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
}

const MAIN_GROUP = 'Desktop Entry';

/**
 * Parses a desktop entry. An entry that is Hidden or NoDisplay need not be complete: it is commonly one line that
 * hides another file.
 * @param suffixes what `localeSuffixes` gave for the person's locale
 * @throws EntryFault with the reason and the line
 */
export function parseDesktopEntry(bytes: Uint8Array, suffixes: readonly string[]): DesktopEntry {
  const { groups } = parseKeyFile(bytes);
  const group = groups.get(MAIN_GROUP);
  const firstName = groups.keys().next().value;
  // Nothing but comments may precede the main group (section 3.1); GLib refuses such files too.
  if (!group || firstName !== MAIN_GROUP) throw new EntryFault('no-group', `[${MAIN_GROUP}]`, group?.line ?? 1);

  const read = (key: string): string | null => {
    const value = group.values.get(key);
    return value?.isText && value.raw !== '' ? unescapeString(value.raw) : null;
  };
  const readLocalised = (key: string): string => {
    const value = findLocalised(group, key, suffixes);
    return value?.isText ? unescapeString(value.raw).trim() : '';
  };
  const readList = (key: string): string[] | null => {
    const value = group.values.get(key);
    return value?.isText ? splitList(value.raw) : null;
  };
  const exec = group.values.get('Exec');
  const keywords = findLocalised(group, 'Keywords', suffixes);
  const entry: DesktopEntry = {
    type: read('Type')?.trim() ?? '',
    name: readLocalised('Name'),
    genericName: readLocalised('GenericName'),
    comment: readLocalised('Comment'),
    icon: readLocalised('Icon') || null,
    exec: exec?.isText && exec.raw.trim() !== '' ? { value: unescapeString(exec.raw), line: exec.line } : null,
    tryExec: read('TryExec')?.trim() || null,
    workingDirectory: read('Path')?.trim() || null,
    isTerminal: readBoolean(group, 'Terminal'),
    isHidden: readBoolean(group, 'Hidden'),
    isNoDisplay: readBoolean(group, 'NoDisplay'),
    isDBusActivatable: readBoolean(group, 'DBusActivatable'),
    onlyShowIn: readList('OnlyShowIn'),
    notShowIn: readList('NotShowIn') ?? [],
    categories: readList('Categories') ?? [],
    keywords: keywords?.isText ? splitList(keywords.raw) : [],
  };
  if (entry.isHidden || entry.isNoDisplay) return entry;
  if (entry.type === '') throw new EntryFault('missing-key', 'Type', group.line);
  // What is no application (links, services, directories) is nobody's business here, complete or not.
  if (entry.type !== 'Application') return entry;
  for (const key of ['Name', 'Exec'] as const) {
    const value = group.values.get(key);
    const isRead = key === 'Name' ? entry.name !== '' : entry.exec !== null;
    if (value && !value.isText && !isRead) throw new EntryFault('not-text', key, value.line);
  }
  if (entry.name === '') throw new EntryFault('missing-key', 'Name', group.values.get('Name')?.line ?? group.line);
  if (!entry.exec) {
    if (entry.isDBusActivatable) throw new EntryFault('dbus-only', 'Exec', exec?.line ?? group.line);
    throw new EntryFault('missing-key', 'Exec', exec?.line ?? group.line);
  }
  return entry;
}

/**
 * `1` is from older versions of the specification; `yes` and `on`, with any capitals, are read as KDE reads them, because a person who writes them
 * means to hide an entry or to have a terminal. Everything else is false, as for GLib.
 */
function readBoolean(group: KeyFileGroup, key: string): boolean {
  const value = group.values.get(key);
  return value?.isText === true && ['true', '1', 'yes', 'on'].includes(value.raw.trim().toLowerCase());
}
