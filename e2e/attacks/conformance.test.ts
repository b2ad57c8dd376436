// conformance.md says which test keeps us from each mistake of other products: every test that it names is there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const table = readFileSync(join(import.meta.dirname, 'conformance.md'), 'utf8');

const files = new Map<string, string>(
  ['src', 'e2e'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(test|spec)\.tsx?$/.test(path))
      .map((path) => [`/${path}`, readFileSync(join(root, folder, path), 'utf8')] as const),
  ),
);

/** The text of all files of that name, or whose path ends so. */
function textOf(name: string): string {
  return [...files]
    .filter(([path]) => path.endsWith(`/${name}`))
    .map(([, text]) => text)
    .join('\n');
}

test('every test that the table of others’ mistakes names is in its file', () => {
  const named = [...table.matchAll(/`([\w./-]+\.(?:test|spec)\.tsx?)`((?:[:,;]? _[^_]+_)+)/g)];
  expect(named.length).toBeGreaterThan(9);
  for (const [, file = '', names = ''] of named)
    for (const [, name = ''] of names.matchAll(/_([^_]+)_/g)) expect(textOf(file), file).toContain(name);
});
