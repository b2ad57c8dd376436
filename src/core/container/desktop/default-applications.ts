// Which program opens a document in a container: the one that this computer's own lists name, or else one that is made for such documents.
// Otherwise the first program by alphabet that can read the file would open it: a painting program would open a PDF.
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** In a folder of the search path for settings, see environment.ts. */
export const DEFAULTS_FILE = 'xdg/mimeapps.list';

export interface DefaultsSource {
  /** Of XDG_DATA_DIRS: where `applications` is, the most important first. */
  readonly dataDirs: readonly string[];
  /** Of XDG_CONFIG_DIRS. Security: of the system and never of the owner, whose choices say what they use. */
  readonly configDirs: readonly string[];
  /** The value of XDG_CURRENT_DESKTOP: names of desktops with colons in between. */
  readonly desktops: string;
  /** Debian's choice of a browser. */
  readonly browserLink: string;
}

export function systemDefaultsSource(): DefaultsSource {
  return {
    dataDirs: ['/usr/local/share', '/usr/share'],
    configDirs: ['/etc/xdg'],
    desktops: process.env['XDG_CURRENT_DESKTOP'] ?? '',
    browserLink: '/etc/alternatives/x-www-browser',
  };
}

interface Family {
  readonly types: RegExp;
  /** Main and additional categories of the Desktop Menu Specification that such a program has, the best first. */
  readonly wants: readonly string[];
}

const FAMILIES: readonly Family[] = [
  { types: /^(text\/html|application\/xhtml\+xml|x-scheme-handler\/(https?|about|unknown))$/, wants: ['WebBrowser'] },
  { types: /^x-scheme-handler\/mailto$/, wants: ['Email'] },
  {
    types: /^(application\/(pdf|postscript|epub\+zip|oxps|x-dvi|x-cb[rz7t]|vnd\.comicbook\S*)|image\/vnd\.djvu\S*)$/,
    wants: ['Viewer'],
  },
  { types: /^image\//, wants: ['Viewer', 'Photography'] },
  {
    types: /^(audio|video)\/|^application\/(ogg|mxf|vnd\.rn-realmedia\S*|x-matroska)$/,
    wants: ['Player', 'AudioVideo'],
  },
  { types: /^inode\/directory$/, wants: ['FileManager'] },
  { types: /(zip|compressed|-tar|-rar|x-(tar|7z|bzip|xz|zstd|cpio|iso9660)\S*)$/, wants: ['Archiving', 'Compression'] },
  { types: /(spreadsheet|ms-excel)/, wants: ['Spreadsheet', 'Office'] },
  { types: /(presentation|ms-powerpoint)/, wants: ['Presentation', 'Office'] },
  { types: /(opendocument\.text|wordprocessing|msword|rtf)/, wants: ['WordProcessor', 'Office'] },
  { types: /^text\/|^application\/(json|xml|x-shellscript|javascript|toml|x-yaml|yaml|sql)$/, wants: ['TextEditor'] },
];

interface Entry {
  readonly categories: readonly string[];
  readonly isTerminal: boolean;
  readonly preference: number;
  readonly program: string;
}

/** Browsers that end at once in a container whose owner has not allowed them a sandbox of their own: any other is better. */
const WITH_OWN_SANDBOX = /^(chromium|google-chrome|brave|microsoft-edge|vivaldi|opera|epiphany|falkon|qutebrowser)/;

const MAX_FILE_BYTES = 2 * 1024 * 1024;

/** The text of a mimeapps.list (MIME Applications Associations Specification 1.0.1). Never throws: what cannot be read is not there. */
export async function defaultApplications(source: DefaultsSource): Promise<string> {
  const folders = source.dataDirs.map((dir) => join(dir, 'applications'));
  const there = new Set((await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat());
  const explicit = await readLists(source, folders, there);
  const candidates = await readCaches(folders, there);
  const wanted = [...candidates].flatMap(([type, ids]) => {
    const family = FAMILIES.find(({ types }) => types.test(type));
    return family === undefined || explicit.has(type) ? [] : [{ type, ids, family }];
  });
  const ids = [...new Set(wanted.flatMap((one) => one.ids))];
  const entries = new Map(await Promise.all(ids.map(async (id) => [id, await readEntry(folders, id)] as const)));
  const browser = basename(await readlink(source.browserLink).catch(() => ''));
  const desktops = source.desktops.toUpperCase().split(':');
  const chosen = wanted.flatMap(({ type, ids: all, family }) => {
    const ranked = all
      .map((id) => ({ id, score: scoreOf(entries.get(id), family, desktops, browser) }))
      .filter(({ score }) => score > 0)
      // A stable sort: of equals the first of the list stays first.
      .sort((a, b) => b.score - a.score);
    return ranked[0] === undefined ? [] : [[type, ranked[0].id] as const];
  });
  const lines = [...explicit, ...chosen].map(([type, id]) => `${type}=${id};`).sort();
  return `[Default Applications]\n${lines.join('\n')}\n`;
}

/** Nothing for a program that is not made for such documents. */
function scoreOf(entry: Entry | undefined, family: Family, desktops: readonly string[], browser: string): number {
  const place = family.wants.findIndex((category) => entry?.categories.includes(category));
  if (entry === undefined || place < 0) return 0;
  const has = (category: string) => entry.categories.includes(category);
  return (
    1000 -
    100 * place +
    (entry.isTerminal ? -500 : 0) +
    (entry.categories.some((category) => desktops.includes(category.toUpperCase())) ? 50 : 0) +
    (entry.program === browser && browser !== '' ? 40 : 0) +
    (WITH_OWN_SANDBOX.test(entry.program) ? -200 : 0) +
    Math.min(entry.preference, 20) +
    (has('Office') ? 3 : 0) +
    // One that is made for programmers opens other people's notes as well as its own, but slower.
    (has('Development') ? -15 : 0)
  );
}

/** What the system's lists say, those of its desktop first. */
async function readLists(
  source: DefaultsSource,
  folders: readonly string[],
  there: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const prefixes = source.desktops
    .toLowerCase()
    .split(':')
    .filter((name) => /^[a-z0-9_-]+$/.test(name))
    .map((name) => `${name}-`);
  const paths = [
    ...[...source.configDirs, ...folders].flatMap((dir) =>
      [...prefixes, ''].map((prefix) => join(dir, `${prefix}mimeapps.list`)),
    ),
    // Before there was a specification.
    ...folders.map((dir) => join(dir, 'defaults.list')),
  ];
  const found = new Map<string, string>();
  for (const text of await Promise.all(paths.map(readSmall))) {
    for (const [type, ids] of linesOfGroup(text, 'Default Applications')) {
      const id = ids.split(';').find((name) => there.has(name.trim()));
      if (id !== undefined && !found.has(type)) found.set(type, id.trim());
    }
  }
  return found;
}

/** The cache that update-desktop-database(1) makes of all desktop entries: type, and who can open it. */
async function readCaches(
  folders: readonly string[],
  there: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const text of await Promise.all(folders.map((folder) => readSmall(join(folder, 'mimeinfo.cache'))))) {
    for (const [type, ids] of linesOfGroup(text, 'MIME Cache'))
      found.set(type, [...(found.get(type) ?? []), ...ids.split(';').filter((id) => there.has(id))]);
  }
  return found;
}

async function readEntry(folders: readonly string[], id: string): Promise<Entry | undefined> {
  for (const folder of folders) {
    const text = await readSmall(join(folder, id));
    const keys = new Map(linesOfGroup(text, 'Desktop Entry'));
    if (keys.size === 0) continue;
    if (keys.get('Hidden') === 'true') return undefined;
    return {
      categories: keys.get('Categories')?.split(';') ?? [],
      isTerminal: keys.get('Terminal') === 'true',
      preference: Number.parseInt(keys.get('InitialPreference') ?? '0', 10) || 0,
      program: basename(keys.get('Exec')?.split(' ')[0] ?? ''),
    };
  }
  return undefined;
}

function linesOfGroup(text: string, group: string): (readonly [key: string, value: string])[] {
  const found: (readonly [string, string])[] = [];
  let isInside = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('[')) isInside = line.trim() === `[${group}]`;
    else if (isInside) {
      const [, key, value] = /^([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) found.push([key, value]);
    }
  }
  return found;
}

async function readSmall(path: string): Promise<string> {
  try {
    return (await stat(path)).size > MAX_FILE_BYTES ? '' : await readFile(path, 'utf8');
  } catch {
    return '';
  }
}

/** The same text, read again only when programs were installed or removed since. */
export function createDefaultApplications(source: DefaultsSource): () => Promise<string> {
  let known: { readonly sign: string; readonly text: Promise<string> } | undefined;
  return async () => {
    const folders = [...source.dataDirs.map((dir) => join(dir, 'applications')), ...source.configDirs];
    const times = await Promise.all(
      folders.map((path) =>
        stat(path).then(
          (info) => info.mtimeMs,
          () => 0,
        ),
      ),
    );
    const sign = times.join(' ');
    if (known?.sign !== sign) known = { sign, text: defaultApplications(source) };
    return known.text;
  };
}
