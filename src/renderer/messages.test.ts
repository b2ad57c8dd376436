// Every key that the window uses is in the catalogue, and every sentence in the catalogue is used, by the window or by shared code.
import { describe, expect, test } from 'vitest';
import { ui } from '../messages/en/ui.ts';

const sources = Object.entries(
  import.meta.glob<string>(['./**/*.ts', './**/*.tsx', '../messages/*.ts', '!**/*.test.ts'], {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
);

function flatten(node: unknown, path: string): string[] {
  return typeof node === 'string'
    ? [path.replace(/_(one|other)$/, '')]
    : Object.entries(node as object).flatMap(([key, value]) => flatten(value, `${path}.${key}`));
}
const keys = new Set(flatten(ui, 'ui'));

/** Keys as written in the sources; a blank in a template stands for anything without a dot. */
const used = sources.flatMap(([file, text]) =>
  [...text.matchAll(/(['`])(ui\.[^'`]*?)\1/g)].map((match) => ({
    file,
    key: match[2] ?? '',
    pattern: new RegExp(`^${(match[2] ?? '').replaceAll('.', '\\.').replace(/\$\{.*?\}(?=\\\.|$)/g, '[^.]+')}$`),
  })),
);

describe('sentences', () => {
  test('there are some', () => {
    expect(used.length).toBeGreaterThan(100);
  });
  test('every used key exists', () => {
    const missing = used.filter(({ pattern }) => ![...keys].some((key) => pattern.test(key)));
    expect(missing.map(({ file, key }) => `${file}: ${key}`)).toEqual([]);
  });
  test('every sentence is used', () => {
    expect([...keys].filter((key) => !used.some(({ pattern }) => pattern.test(key)))).toEqual([]);
  });
});
