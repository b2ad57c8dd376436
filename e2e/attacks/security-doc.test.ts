// SECURITY.md says where each promise is kept and which test attacks it: files and tests of these names are there.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const document = readFileSync(join(root, 'SECURITY.md'), 'utf8');

/** Every file of ours, by its path from the root. */
const paths = [
  ...['src', 'e2e', 'lab', 'scripts', 'docs', 'bin'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  ),
  ...readdirSync(root),
];

const TEST_FILE = /\.(test|spec)\.ts$/;
const plain = (text: string) => text.replace(/\s+/g, ' ').replaceAll('\\', '').replaceAll('’', "'");
const isFileName = (word: string) => /^(\w[\w./-]*\.(ts|tsx|mjs|yml|md)|package\.json)$/.test(word);
const filesOf = (name: string) => paths.filter((path) => path === name || path.endsWith(`/${name}`));

/** Bullets, paragraphs and rows of tables: what names a file names its tests too. */
const pieces = document.split(/\n(?=\s*\n|- |\|)/).map((piece) => piece.replace(/\s+/g, ' '));

/** Words in backticks that are names of files of this project; those of a profile or of the system are not. */
function namedFiles(): readonly string[] {
  const words = [...document.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word);
  return [...new Set(words.filter((word) => isFileName(word)))];
}

interface NamedTest {
  readonly file: string;
  readonly name: string;
}

function namedTests(): readonly NamedTest[] {
  return pieces.flatMap((piece) => {
    let file = '';
    const found: NamedTest[] = [];
    for (const [, code, name] of piece.matchAll(/`([^`]+)`|(?<![\w`])_([^_]+)_(?!\w)/g)) {
      if (code !== undefined && TEST_FILE.test(code)) file = code;
      else if (name !== undefined && file !== '') found.push({ file, name });
    }
    return found;
  });
}

test('every file that SECURITY.md names is there', () => {
  const names = namedFiles();
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name) => filesOf(name).length === 0)).toEqual([]);
});

test('every test that SECURITY.md names is there', () => {
  const tests = namedTests();
  expect(tests.length).toBeGreaterThan(50);
  const missing = tests.filter(({ file, name }) => {
    const parts = name.split(/ › |…/).map((part) => plain(part).trim());
    return !filesOf(file).some((path) => {
      const text = plain(readFileSync(join(root, path), 'utf8'));
      return parts.every((part) => text.includes(part));
    });
  });
  expect(missing.map(({ file, name }) => `${basename(file)}: ${name}`)).toEqual([]);
});

test('every attack is named in SECURITY.md by its file', () => {
  const attacks = readdirSync(join(root, 'e2e', 'attacks')).filter((name) => TEST_FILE.test(name));
  expect(attacks.filter((name) => !document.includes(name))).toEqual([]);
});

test('every promise, and every item of Electron’s checklist, has a test', () => {
  const promises = document
    .split(/^### (?=\d)/m)
    .slice(1)
    .map((text) => text.split(/^##/m)[0] ?? '');
  expect(promises.length).toBeGreaterThanOrEqual(8);
  expect(promises.filter((text) => !/\w\.(test|spec)\.ts/.test(text))).toEqual([]);
  const items = [...document.matchAll(/^\| (\d+) +\|.*\| ([^|]+?) +\|$/gm)];
  expect(items.map(([, number]) => Number(number))).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  // A letter stands for a test that is named below the table.
  const letters = new Set([...document.matchAll(/\*\*([A-Z])\*\*/g)].map(([, letter]) => letter));
  const without = items.filter(([, , cell = '']) =>
    cell.split(', ').some((one) => !letters.has(one) && !/\w\.test\.ts/.test(one)),
  );
  expect(without.map(([, number]) => number)).toEqual([]);
});
