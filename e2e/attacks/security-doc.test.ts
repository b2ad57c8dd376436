// SECURITY.md promises, promises.md says where each promise is kept and which test attacks it: all that they name is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const checklist = read('e2e/attacks/electron-checklist.md');
const promises = read('e2e/attacks/promises.md');
const texts: ReadonlyMap<string, string> = new Map(
  [
    'SECURITY.md',
    'e2e/attacks/promises.md',
    'e2e/attacks/electron-checklist.md',
    'e2e/attacks/conformance.md',
    ...readdirSync(join(root, 'docs/security')).map((name) => `docs/security/${name}`),
  ].map((path) => [path, read(path)]),
);

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
const pieces = [...texts.values()].flatMap((text) =>
  text.split(/\n(?=\s*\n|- |\|)/).map((piece) => piece.replace(/\s+/g, ' ')),
);

/** Words in backticks that are names of files of this project; those of a profile or of the system are not. */
function namedFiles(): readonly string[] {
  const words = [...texts.values()].flatMap((text) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word));
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

test('every file that they name is there', () => {
  const names = namedFiles();
  expect(names.length).toBeGreaterThan(150);
  expect(names.filter((name) => filesOf(name).length === 0)).toEqual([]);
});

test('every test that they name is there', () => {
  const tests = namedTests();
  expect(tests.length).toBeGreaterThan(200);
  const missing = tests.filter(({ file, name }) => {
    const parts = name.split(/ › |…/).map((part) => plain(part).trim());
    return !filesOf(file).some((path) => {
      const text = plain(read(path));
      return parts.every((part) => text.includes(part));
    });
  });
  expect(missing.map(({ file, name }) => `${basename(file)}: ${name}`)).toEqual([]);
});

test('every link leads to a file, and to a heading of it', () => {
  const headingsOf = (text: string) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    );
  const isLost = (from: string, [path = '', heading]: readonly string[]) => {
    const target = path === '' ? from : join(dirname(from), path);
    if (!existsSync(join(root, target))) return true;
    return heading !== undefined && !headingsOf(read(target)).includes(heading);
  };
  const links = [...texts, ...['README.md', 'CONTRIBUTING.md'].map((path) => [path, read(path)] as const)].flatMap(
    ([from, text]) => [...text.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = '']) => ({ from, link })),
  );
  expect(links.length).toBeGreaterThan(15);
  expect(links.filter(({ from, link }) => isLost(from, link.split('#')))).toEqual([]);
});

test('every attack is named by its file', () => {
  const attacks = readdirSync(join(root, 'e2e', 'attacks')).filter((name) => TEST_FILE.test(name));
  const all = [...texts.values()].join('\n');
  expect(attacks.filter((name) => !all.includes(name))).toEqual([]);
});

test('every promise has a test, and the same words in both texts', () => {
  const headings = (text: string) => [...text.matchAll(/^### (\d+\. .*)$/gm)].map(([, heading]) => heading);
  expect(headings(promises).length).toBeGreaterThanOrEqual(9);
  expect(headings(promises)).toEqual(headings(texts.get('SECURITY.md') ?? ''));
  const sections = promises.split(/^### /m).slice(1);
  expect(sections.filter((text) => !/\w\.(test|spec)\.ts/.test(text))).toEqual([]);
});

test('every item of Electron’s checklist has a test', () => {
  const items = [...checklist.matchAll(/^\| (\d+) +\|.*\| ([^|]+?) +\|$/gm)];
  expect(items.map(([, number]) => Number(number))).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  // A letter stands for a test that is named below the table.
  const letters = new Set([...checklist.matchAll(/\*\*([A-Z])\*\*/g)].map(([, letter]) => letter));
  const without = items.filter(([, , cell = '']) =>
    cell.split(', ').some((one) => !letters.has(one) && !/\w\.test\.ts/.test(one)),
  );
  expect(without.map(([, number]) => number)).toEqual([]);
});
