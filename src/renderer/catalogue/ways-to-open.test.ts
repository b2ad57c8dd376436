import { expect, test } from 'vitest';
import { kindNames, rowOfKind } from '../../contract/kinds.ts';
import type { Self } from '../../contract/self.ts';
import { rowOf, viewNames } from '../../contract/views.ts';
import { lackOf, waysToOpen } from './ways-to-open.ts';

test('what a click opens needs no warning, on a tile or in the palette', () => {
  for (const kind of kindNames) {
    const [first] = rowOfKind(kind).views;
    expect(first, kind).toBeDefined();
    expect(first !== undefined && waysToOpen[first].Warning, kind).toBeNull();
  }
});

test('what takes part in the visitor’s own desktop is warned of', () => {
  const warned = viewNames.filter((view) => rowOf(view).opensAs === 'desktop');
  expect(warned).toEqual(['native']);
  for (const view of warned) expect(waysToOpen[view].Warning, view).not.toBeNull();
});

test('a view that the peer’s version does not have is not offered, with the reason', () => {
  const self = { canShowNative: true } as Self;
  const lacks = (views: typeof viewNames | readonly ['viewer'] | null) =>
    viewNames.map((view) => lackOf(view, self, { views }));
  expect(lacks(null)).toEqual([null, null, null]);
  expect(lacks(viewNames)).toEqual([null, null, null]);
  expect(lacks(['viewer'])).toEqual([null, 'ui.tile.viewMissing', 'ui.tile.viewMissing']);
  expect(lackOf('native', { ...self, canShowNative: false }, { views: null })).toBe('ui.tile.nativeMissing');
});
