import { expect, test } from 'vitest';
import type { ProgramWindow } from '../../contract/sessions.ts';
import { documentOf, neighbourOf, sortByOwner } from './window-titles.ts';

const make = (id: number, title: string, more: Partial<ProgramWindow> = {}): ProgramWindow => ({
  id,
  title,
  isDialog: false,
  isActive: false,
  canClose: true,
  ...more,
});

test('the document is the window in front, or behind the dialog in front', () => {
  const first = make(1, 'notes.txt');
  const second = make(2, 'plan.txt', { isActive: true });
  const dialog = make(3, 'Save Changes', { isDialog: true, isActive: true });
  expect(documentOf([first, second], null)?.title).toBe('plan.txt');
  expect(documentOf([first, { ...second, isActive: false }, dialog], 2)?.title).toBe('plan.txt');
  expect(documentOf([first, dialog], 2)?.title).toBe('notes.txt');
  expect(documentOf([dialog], 2)).toBeNull();
  expect(documentOf([make(1, '')], null)).toBeNull();
});

test('the document behind a dialog is the window that it belongs to, where the host tells that', () => {
  const windows = [make(1, 'notes.txt'), make(2, 'plan.txt')];
  const dialog = make(3, 'Save Changes', { isDialog: true, isActive: true, parentId: 1 });
  expect(documentOf([...windows, dialog], 2)?.title).toBe('notes.txt');
  const inIt = make(4, 'Name', { isDialog: true, isActive: true, parentId: 3 });
  expect(documentOf([...windows, { ...dialog, isActive: false }, inIt], 2)?.title).toBe('notes.txt');
  expect(documentOf([...windows, { ...dialog, parentId: null }], 2)?.title).toBe('plan.txt');
});

test('the list has each dialog below the window that it belongs to', () => {
  const windows = [
    make(1, 'notes.txt'),
    make(2, 'plan.txt'),
    make(3, 'of plan', { isDialog: true, parentId: 2 }),
    make(4, 'of notes', { isDialog: true, parentId: 1 }),
    make(5, 'in it', { isDialog: true, parentId: 4 }),
    make(6, 'of nobody', { isDialog: true, parentId: null }),
  ];
  expect(sortByOwner(windows).map(({ id }) => id)).toEqual([1, 4, 5, 2, 3, 6]);
  // A host of an older version.
  const older = windows.map(({ id, title, isDialog }) => make(id, title, { isDialog }));
  expect(sortByOwner(older)).toEqual(older);
});

test('a long title leaves room for whose it is', () => {
  const title = documentOf([make(1, 'x'.repeat(200))], null)?.title;
  expect([...(title ?? '')]).toHaveLength(60);
});

test('from each window there is a way to the next and back, and none to itself', () => {
  const windows = [make(1, 'a'), make(2, 'b', { isActive: true }), make(3, 'c')];
  expect([neighbourOf(windows, 1)?.id, neighbourOf(windows, -1)?.id]).toEqual([3, 1]);
  expect(neighbourOf([make(1, 'a', { isActive: true })], 1)).toBeUndefined();
  expect(neighbourOf([make(1, 'a'), make(2, 'b')], 1)?.id).toBe(1);
  expect(neighbourOf([], 1)).toBeUndefined();
});
