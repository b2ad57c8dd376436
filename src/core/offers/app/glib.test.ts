// Compares our reading of desktop entries with that of GLib, as fixtures/ask-glib.py wrote it down.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { createFakeComputer, type FakeComputer } from '../offers.test-support.ts';
import { type DesktopEntry, parseDesktopEntry } from './desktop-entry.ts';
import { localeSuffixes } from './key-file.ts';
import { createScanner } from './scan.ts';
import { findLocales, isForMenu } from './xdg.ts';

interface GlibEntry {
  readonly name: string;
  readonly genericName: string;
  readonly comment: string;
  readonly icon: string | null;
  readonly isTerminal: boolean;
  readonly isNoDisplay: boolean;
  readonly isHidden: boolean;
  readonly isShown: boolean;
  readonly keywords: readonly string[];
  readonly categories: readonly string[];
  /** The program by its name and its arguments; null where it was not started: a terminal, or GLib could not. */
  readonly argv: readonly string[] | null;
  readonly program?: string;
}

interface Row {
  readonly case: string;
  readonly file: string;
  readonly locale: string;
  readonly desktop: string;
  /** Why we read it otherwise, or null where we must not. */
  readonly differs: string | null;
  /** Texts of bytes, with how often each stands there; an entry of the corpus has none. */
  readonly parts?: readonly (readonly [string, number])[];
  readonly glib: { readonly error: string | null; readonly entry: GlibEntry | null };
}

const fixtures = join(import.meta.dirname, 'fixtures');
const table: { version: string; rows: readonly Row[] } = JSON.parse(
  await readFile(join(fixtures, 'glib.json'), 'utf8'),
);

async function bytesOf(row: Row): Promise<Buffer> {
  if (!row.parts) return readFile(join(fixtures, 'corpus', row.file));
  return Buffer.concat(row.parts.map(([text, count]) => Buffer.from(text.repeat(count), 'latin1')));
}

/** What we make of it, in the terms of the table; null where it is no offer and is not hidden either. */
async function ours(row: Row): Promise<GlibEntry | null> {
  const words = row.locale.split(' ');
  const language = words.length > 1 ? (words[0] ?? '').replace('LANGUAGE=', '') : '';
  const env = { LC_ALL: words.at(-1) ?? '', LANGUAGE: language, XDG_CURRENT_DESKTOP: row.desktop };
  await using computer = await createFakeComputer(env);
  await computer.program('env');
  if (!row.parts && row.glib.entry?.program) await computer.program(row.glib.entry.program);
  const bytes = await bytesOf(row);
  const path = join(computer.root, 'usr/share/applications', row.file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, row.parts ? bytes : await withProgramsOf(computer, row, bytes));
  const suffixes = findLocales({ env }).flatMap((locale) => localeSuffixes(locale));
  let entry: DesktopEntry;
  try {
    entry = parseDesktopEntry(bytes, suffixes);
  } catch {
    return null;
  }
  const { name, genericName, comment, icon, isTerminal, isNoDisplay, isHidden, keywords, categories } = entry;
  const { apps } = await createScanner(computer.environment, silentLog).scan();
  const isShown = isForMenu(entry, { env });
  if (entry.type !== 'Application') return null;
  // In the catalogue or, hidden or shown elsewhere, in no list; a program that is missing is a fault, as for GLib.
  if (isShown && apps.length === 0) return null;
  const [program, ...rest] = apps[0]?.argv ?? [''];
  const argv = apps.length > 0 && !isTerminal ? [basename(program), ...rest] : null;
  return { name, genericName, comment, icon, isTerminal, isNoDisplay, isHidden, isShown, keywords, categories, argv };
}

/**
 * What is installed here must not matter: a program named by its path becomes a stub where GLib had found it, and is missing where
 * GLib had not.
 */
async function withProgramsOf(computer: FakeComputer, row: Row, bytes: Buffer): Promise<Buffer> {
  const place = /^((?:Try)?Exec\s*=\s*"?)\/[^\s"]*\/([^\s"/]+)/gm;
  const text = bytes.toString('latin1');
  const isThere = row.glib.entry !== null;
  for (const [, , name = ''] of isThere ? text.matchAll(place) : []) await computer.program(name);
  return Buffer.from(text.replace(place, isThere ? '$1$2' : '$1/no/such/$2'), 'latin1');
}

/** Only what can be compared: GLib also loads what is hidden, and starts what is not shown. */
function comparable(entry: GlibEntry | null, other: GlibEntry | null) {
  if (!entry) return null;
  const { argv, program: _program, ...rest } = entry;
  const trimmed = {
    ...rest,
    icon: rest.icon || null,
    name: rest.name.trim(),
    comment: rest.comment.trim(),
    keywords: [...rest.keywords].filter((word) => word !== ''),
  };
  return other?.argv && argv && entry.isShown ? { ...trimmed, argv } : trimmed;
}

describe(`desktop entries as GLib ${table.version} reads them`, () => {
  it('are many', () => {
    expect(table.rows.filter(({ parts }) => parts).length).toBeGreaterThanOrEqual(40);
    expect(table.rows.filter(({ parts }) => !parts).length).toBeGreaterThanOrEqual(120);
  });

  it.each(table.rows.map((row) => [row.case, row] as const))('%s', async (_case, row) => {
    const mine = await ours(row);
    const its = row.glib.entry;
    if (row.differs === null) expect(comparable(mine, its)).toEqual(comparable(its, mine));
    else expect(comparable(mine, its), row.differs).not.toEqual(comparable(its, mine));
  });
});
