import { expect, test } from 'vitest';
import type { ProgramWindow } from '../../contract/models.ts';
import { documentOf, neighbourOf } from './window-titles.ts';

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
