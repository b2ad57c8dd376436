import { expect, test } from 'vitest';
import type { PeerId } from '../../contract/ids.ts';
import { type Page, pageHash, parsePage } from './pages.ts';

// Base64 has `/` and `+`, which mean something else in a query.
const peerId = `SHA256:ab/+${'c'.repeat(39)}` as PeerId;

test.each<Page>([
  { page: 'home' },
  { page: 'own' },
  { page: 'history' },
  { page: 'peer', peerId },
  { page: 'settings', section: 'logs' },
])('$page survives the fragment', (page) => {
  expect(parsePage(pageHash(page))).toEqual(page);
});

test('a bookmark of version 0.1 leads where it led', () => {
  expect(pageHash({ page: 'own' })).toBe('#this-computer');
  expect(pageHash({ page: 'settings', section: 'people' })).toBe('#settings/people');
  expect(pageHash({ page: 'peer', peerId })).toBe(`#peer/${encodeURIComponent(peerId)}`);
});

test('anything else is the start page', () => {
  for (const hash of ['#peer/%', '#peer/nobody', '#x', '#peer', '#toString'])
    expect(parsePage(hash)).toEqual({ page: 'home' });
  expect(parsePage('#settings/x')).toEqual({ page: 'settings', section: 'general' });
});
