import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sortCategories } from './definition.ts';
import { parseDesktopEntry } from './desktop-entry.ts';
import { parseExec } from './exec.ts';
import { EntryFault } from './fault.ts';
import { localeSuffixes } from './key-file.ts';
import { isForMenu } from './xdg.ts';

const folder = join(import.meta.dirname, 'fixtures/corpus');

async function summarize(file: string, locale: string): Promise<string> {
  const bytes = await readFile(join(folder, file));
  const id = file.slice(0, -'.desktop'.length);
  try {
    const entry = parseDesktopEntry(bytes, localeSuffixes(locale));
    if (!isForMenu(entry, { env: { XDG_CURRENT_DESKTOP: 'GNOME' } })) return `${id} | left out`;
    const argv = parseExec(entry.exec?.value ?? '', { icon: entry.icon, name: entry.name, path: file, line: null });
    const categories = sortCategories(entry.categories).join(' ');
    return `${id} | ${entry.name} | ${argv.join(' ')} | ${categories}${entry.isTerminal ? ' | terminal' : ''}`;
  } catch (error) {
    if (!(error instanceof EntryFault)) throw error;
    return `${id} | ${error.message}`;
  }
}

describe('desktop entries of Debian packages', async () => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.desktop')).sort();

  it('are many', () => expect(files.length).toBeGreaterThanOrEqual(60));

  it.each(['C', 'de_DE.UTF-8'])('are read as they are meant, in the locale %s', async (locale) => {
    const table = await Promise.all(files.map((file) => summarize(file, locale)));
    await expect(`${table.join('\n')}\n`).toMatchFileSnapshot(`fixtures/corpus-${locale.slice(0, 2)}.txt`);
  });
});
