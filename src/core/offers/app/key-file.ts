// The format that desktop entries, icon themes and GTK settings share: groups of keys, some of them localised.
import { isUtf8 } from 'node:buffer';
import { EntryFault } from './fault.ts';

export interface KeyFileValue {
  /** As it stands in the file, escapes included. */
  readonly raw: string;
  /** False when its bytes are not UTF-8: then it is as if it were not there, and the rest of the file counts. */
  readonly isText: boolean;
  readonly line: number;
}

export interface KeyFileGroup {
  readonly line: number;
  /** By key, a localised one as `Name[de_DE]`, without the locale's encoding. */
  readonly values: ReadonlyMap<string, KeyFileValue>;
}

export interface KeyFile {
  /** In the order of the file. */
  readonly groups: ReadonlyMap<string, KeyFileGroup>;
}

export interface KeyFileLimits {
  readonly maxBytes: number;
  readonly maxLines: number;
}

/** The largest entries of Debian 12 have some 60 KB and 600 lines, nearly all of it translations. */
export const entryLimits: KeyFileLimits = { maxBytes: 256 * 1024, maxLines: 20_000 };

/** Without white space at both ends. Not by a regular expression: that would start over at each space of a long run. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(unit: number): boolean {
  // Space, tab, form feed and carriage return, as for GLib (g_ascii_isspace).
  return unit === 0x20 || unit === 0x09 || unit === 0x0c || unit === 0x0d;
}

/**
 * Parses the basic format of the Desktop Entry Specification 1.5 (section 3), and what GLib takes beyond it (compared in glib.test.ts):
 * lines may be indented and end in CR LF, keys may have spaces. A key that stands twice in a group has its last value, a group that stands twice
 * is one. A value that is not UTF-8 is not read.
 * @throws EntryFault `too-large`, `not-text`, `too-many-lines`, `line-syntax` with the line's number
 */
export function parseKeyFile(bytes: Uint8Array, limits: KeyFileLimits = entryLimits): KeyFile {
  const groups = new Map<string, { line: number; values: Map<string, KeyFileValue> }>();
  let group: { values: Map<string, KeyFileValue> } | undefined;
  const { lines, isText } = splitLines(bytes, limits);
  for (const [index, fullLine] of lines.entries()) {
    const number = index + 1;
    const line = trimStart(fullLine.endsWith('\r') ? fullLine.slice(0, -1) : fullLine);
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      const name = parseGroupHeader(line, number);
      const known = groups.get(name) ?? { line: number, values: new Map<string, KeyFileValue>() };
      groups.set(name, known);
      group = known;
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 0) throw new EntryFault('line-syntax', trimBlanks(line), number);
    if (!group) throw new EntryFault('line-syntax', 'key before any group', number);
    const key = parseKey(trimBlanks(line.slice(0, equals)), number);
    const raw = trimStart(line.slice(equals + 1));
    group.values.set(key, { raw, isText: isText || !raw.includes('\ufffd'), line: number });
  }
  return { groups };
}

function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && isBlank(text.charCodeAt(start))) start++;
  return text.slice(start);
}

/** `isText`: all of it is UTF-8. Otherwise wrong bytes are U+FFFD. */
function splitLines(bytes: Uint8Array, limits: KeyFileLimits): { lines: readonly string[]; isText: boolean } {
  if (bytes.length > limits.maxBytes) throw new EntryFault('too-large', String(bytes.length));
  const nulAt = bytes.indexOf(0);
  if (nulAt >= 0) throw new EntryFault('not-text', 'NUL', lineOfByte(bytes, nulAt));
  const isText = isUtf8(bytes);
  const text = new TextDecoder('utf-8').decode(bytes);
  const lines = text.split('\n', limits.maxLines + 1);
  if (lines.length > limits.maxLines) throw new EntryFault('too-many-lines', String(limits.maxLines), limits.maxLines);
  return { lines, isText };
}

function lineOfByte(bytes: Uint8Array, position: number): number {
  let line = 1;
  for (let index = 0; index < position; index++) if (bytes[index] === 0x0a) line++;
  return line;
}

function parseGroupHeader(line: string, number: number): string {
  const end = line.indexOf(']');
  const name = line.slice(1, end);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what GLib refuses here.
  const isHeader = end > 1 && !/[[\0-\x1f\x7f]/.test(name) && trimBlanks(line.slice(end + 1)) === '';
  if (!isHeader) throw new EntryFault('line-syntax', line, number);
  return name;
}

/** Takes more characters than A-Za-z0-9- (as GLib does), because existing files have keys such as `X-Foo_Bar`, spaces and `Name[]`. */
function parseKey(key: string, number: number): string {
  const open = key.indexOf('[');
  const name = open < 0 ? key : trimBlanks(key.slice(0, open));
  if (name === '' || name.includes(']')) throw new EntryFault('line-syntax', key, number);
  if (open < 0) return name;
  const locale = key.slice(open + 1, -1);
  if (!key.endsWith(']') || !/^[\p{L}\p{N}._@-]*$/u.test(locale)) throw new EntryFault('line-syntax', key, number);
  return `${name}[${locale.replace(/\.[^@]*/, '')}]`;
}

const escapes: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** Undoes \s \n \t \r \\; a backslash before anything else stays, which is what its author meant (`\"` in Exec); a last one goes, as in GLib. */
export function unescapeString(raw: string): string {
  return raw.replace(/\\(.|$)/gsu, (pair, letter: string) => (letter === '' ? '' : (escapes[letter] ?? pair)));
}

/** Splits at `;`, where `\;` is a semicolon within an item. The last `;` is optional; empty items are left out. */
export function splitList(raw: string): string[] {
  const items = raw.match(/(?:\\.|[^;\\]|\\$)+/gs) ?? [];
  return items
    .map((item) =>
      item.replace(/\\(.)/gs, (pair, letter: string) => (letter === ';' ? ';' : (escapes[letter] ?? pair))),
    )
    .filter((item) => item !== '');
}

/**
 * The suffixes of localised keys to try, best first, for a POSIX locale `lang_COUNTRY.ENCODING@MODIFIER`
 * (Desktop Entry Specification 1.5, section 5). Empty for C, POSIX and what is no locale.
 */
export function localeSuffixes(locale: string | undefined): readonly string[] {
  const match = /^([A-Za-z]{2,8})(?:_([A-Za-z0-9]+))?(?:\.[^@]*)?(?:@(.+))?$/.exec(locale ?? '');
  const [, language, country, modifier] = match ?? [];
  if (!language || language === 'POSIX') return [];
  return [
    ...(country && modifier ? [`${language}_${country}@${modifier}`] : []),
    ...(country ? [`${language}_${country}`] : []),
    ...(modifier ? [`${language}@${modifier}`] : []),
    language,
  ];
}

/** The value for the first suffix that the group has and that is text, else the one without a suffix. */
export function findLocalised(group: KeyFileGroup, key: string, suffixes: readonly string[]): KeyFileValue | undefined {
  for (const suffix of suffixes) {
    const value = group.values.get(`${key}[${suffix}]`);
    if (value?.isText) return value;
  }
  return group.values.get(key);
}
