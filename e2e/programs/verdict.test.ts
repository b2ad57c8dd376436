// Nothing but a window with something in it counts as "works".
import { describe, expect, test } from 'vitest';
import { readPrograms } from './table.ts';
import { errorTitle, inkOfWindow, judge, newTitle, type Trial } from './verdict.ts';

const works: Trial = {
  program: { entry: 'x', packages: ['x'], kind: 'GTK 3', seconds: 20 },
  notOffered: null,
  paintedMs: 700,
  titles: ['Untitled – x'],
  livedTenSeconds: true,
  exitCode: 0,
  sentence: null,
  lastWords: [],
  warnings: [],
  idleShare: 0,
  memoryMiB: 50,
  closes: 'yes',
  without: null,
  deed: null,
};

test('at least 30 programs are tried, each once', () => {
  const programs = readPrograms();
  expect(programs.length).toBeGreaterThanOrEqual(30);
  expect(new Set(programs.map(({ entry }) => entry)).size).toBe(programs.length);
});

test('a program with a window that has something in it works', () => {
  expect(judge(works)).toEqual({ outcome: 'works', why: '' });
  expect(judge({ ...works, program: { ...works.program, ownSandbox: true } }).outcome).toBe('works with');
});

test.each<[string, Partial<Trial>, RegExp]>([
  ['is not offered', { notOffered: 'no entry' }, /no entry/],
  ['paints nothing', { paintedMs: null }, /no window/],
  ['paints nothing and says why', { paintedMs: null, sentence: 'It ended.' }, /It ended\./],
  ['shows an error', { titles: ['x', 'X: Error'] }, /shows “X: Error”/],
  ['ends at once', { livedTenSeconds: false, exitCode: 3 }, /exit code 3/],
  ['does not do what was asked', { deed: { isDone: false, words: 'no file' } }, /no file/],
])('one that %s does not', (_, change, why) => {
  const said = judge({ ...works, ...change });
  expect(said.outcome).toBe('cannot');
  expect(said.why).toMatch(why);
});

describe('one that is closed with a text that is not saved', () => {
  const closed: Trial = { ...works, program: { ...works.program, discard: ['alt+d'] }, closes: 'asks', greeting: null };
  test('works when it asks, and starts anew as at first', () => {
    expect(judge(closed).outcome).toBe('works');
  });
  test('does not work when it goes without a question', () => {
    expect(judge({ ...closed, closes: 'yes' }).why).toMatch(/does not ask/);
  });
  test('does not work when it comes back to it', () => {
    const greeting = newTitle(['x'], ['x', 'Document Recovery']);
    expect(greeting).toBe('Document Recovery');
    expect(judge({ ...closed, greeting }).why).toContain('“Document Recovery”');
    expect(newTitle(['x', 'Tip of the Day'], ['x'])).toBeNull();
  });
});

describe('titles of error dialogs', () => {
  test.each([
    'Error',
    'Xlib error',
    'Fatal Error',
    'Startup failed',
    'Sorry!',
    'File not found',
    'Unable to open display',
  ])('%s', (title) => {
    expect(errorTitle(['Main window', title])).toBe(title);
  });
  test.each(['GIMP Welcome', 'Untitled Document 1', 'Tip of the Day', 'Terror in Space'])('not %s', (title) => {
    expect(errorTitle([title])).toBeUndefined();
  });
});

test('ink is what is not of the commonest colour, inside of the window', () => {
  const picture = { width: 100, height: 50, rgb: Buffer.alloc(100 * 50 * 3, 200) };
  const away = { x: 90, y: 45 };
  const window = { x: 10, y: 10, width: 50, height: 20 };
  expect(inkOfWindow(picture, window, away)).toBe(0);
  picture.rgb.fill(0, 0, 300);
  expect(inkOfWindow(picture, window, away)).toBe(0);
  picture.rgb.fill(0, (15 * 100 + 20) * 3, (15 * 100 + 25) * 3);
  expect(inkOfWindow(picture, window, away)).toBe(5);
  expect(inkOfWindow(picture, { x: -20, y: -20, width: 500, height: 500 }, away)).toBe(105);
  // The pointer's own pixels are none.
  expect(inkOfWindow(picture, window, { x: 22, y: 15 })).toBe(0);
});
