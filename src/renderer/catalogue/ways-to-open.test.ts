import { expect, test } from 'vitest';
import { kindNames, rowOfKind } from '../../contract/kinds.ts';
import { rowOf, viewNames } from '../../contract/views.ts';
import { waysToOpen } from './ways-to-open.ts';

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
