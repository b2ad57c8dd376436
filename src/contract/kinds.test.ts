// A kind gets what its row names, and nothing else: a name without a row gets nothing at all.
import { expect, test } from 'vitest';
import { type OfferId, offerIdSchema } from './ids.ts';
import { hasView, isKnownKind, kindNames, kindOf, nameInId, rowOfKind } from './kinds.ts';
import { viewNames } from './views.ts';

const id = (text: string) => offerIdSchema.parse(text);

test.each(['hologram', 'toString', '__proto__', 'constructor', ''])(
  '%j is no kind: it cannot be used in any view, and is not shared with the rest',
  (name) => {
    expect(isKnownKind(name)).toBe(false);
    expect(rowOfKind(name)).toEqual({ views: [], canBeSharedByDefault: false });
    for (const view of viewNames) expect(hasView(`${name}:x` as OfferId, view)).toBe(false);
  },
);

test.each(kindNames)('%s can be used in some view, and its name is the beginning of ids', (name) => {
  expect(isKnownKind(name)).toBe(true);
  expect(rowOfKind(name).views.length).toBeGreaterThan(0);
  expect(rowOfKind(name).views.every((view) => viewNames.includes(view))).toBe(true);
  expect(kindOf(id(`${name}:x`))).toBe(name);
});

test('only applications are shared with everything else: a port, a page or a shell never without a hand', () => {
  expect(kindNames.filter((name) => rowOfKind(name).canBeSharedByDefault)).toEqual(['app']);
});

test('an id says its kind and its name', () => {
  expect([kindOf(id('app:org.gnome.Calculator')), nameInId(id('app:org.gnome.Calculator'))]).toEqual([
    'app',
    'org.gnome.Calculator',
  ]);
});
