import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Closing, ProgramWindow } from '../../../contract/sessions.ts';
import { State } from '../../lib/state.ts';
import { closeLimits, type PoliteClose, startPoliteClose } from './polite-close.ts';

const main: ProgramWindow = { id: 1, title: 'notes.txt', isDialog: false, isActive: true, canClose: true };
const dialog: ProgramWindow = { id: 2, title: 'Save?', isDialog: true, isActive: true, canClose: true };
const tip: ProgramWindow = { id: 3, title: 'Tip of the day', isDialog: true, isActive: true, canClose: true };
const { silentMs, earlierMs, answeredMs, totalMs, windowlessMs, terminatedMs } = closeLimits;

let state: State<readonly ProgramWindow[]>;
/** What happened, in order. */
let log: string[];
let close: PoliteClose;

function start(hasWindows = true): void {
  const windows = {
    state,
    activate: (id: number) => log.push(`activate ${id}`),
    close: (id: number) => log.push(`close ${id}`),
    closeAll: () => log.push('ask'),
    [Symbol.dispose]: () => {},
  };
  close = startPoliteClose({
    windows: hasWindows ? windows : null,
    sandbox: {
      run: async ({ argv }) => {
        log.push(argv.at(-1)?.split('/').at(-1) ?? '');
        return { ended: Promise.resolve(0), kill: () => {} };
      },
    },
    tell: (closing: Closing) => log.push(closing),
    end: () => log.push('end'),
  });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  state = new State<readonly ProgramWindow[]>([main]);
  log = [];
});
afterEach(() => {
  close[Symbol.dispose]();
  vi.useRealTimers();
});

test('a program that does not answer is asked to end and then killed', () => {
  start();
  vi.advanceTimersByTime(silentMs - 500);
  expect(log).toEqual(['ask', 'closing']);
  vi.advanceTimersByTime(1000);
  expect(log).toEqual(['ask', 'closing', 'ask-to-end']);
  vi.advanceTimersByTime(terminatedMs + 500);
  expect(log).toEqual(['ask', 'closing', 'ask-to-end', 'end']);
});

test('a program whose windows are gone has time for what it still does', () => {
  start();
  state.set([]);
  vi.advanceTimersByTime(windowlessMs - 500);
  expect(log).toEqual(['ask', 'closing']);
  vi.advanceTimersByTime(1000);
  expect(log).toEqual(['ask', 'closing', 'ask-to-end']);
});

test('a window that comes after the click is asked as well', () => {
  state.set([]);
  start();
  vi.advanceTimersByTime(earlierMs + 500);
  state.set([main]);
  vi.advanceTimersByTime(500);
  expect(log).toEqual(['ask', 'closing', 'close 1']);
  state.set([main, { ...main, id: 4 }]);
  vi.advanceTimersByTime(500);
  // Windows that come after the asking are left alone: one may be a question that is not marked as a dialog.
  expect(log).toEqual(['ask', 'closing', 'close 1']);
});

test('a question is waited for, and whoever is still there after the answer goes on', () => {
  start();
  state.set([main, dialog]);
  vi.advanceTimersByTime(totalMs / 2);
  expect(log).toEqual(['ask', 'closing', 'asking']);
  state.set([main]);
  vi.advanceTimersByTime(answeredMs - 500);
  expect(log.at(-1)).toBe('closing');
  vi.advanceTimersByTime(1000);
  expect(log.at(-1)).toBe('no');
  vi.advanceTimersByTime(totalMs);
  expect(log).not.toContain('ask-to-end');
});

test('when one of several questions is answered, the next one comes to the front, once and not before', () => {
  const other: ProgramWindow = { ...dialog, id: 4, isActive: false };
  start();
  state.set([{ ...main, isActive: false }, dialog, other]);
  vi.advanceTimersByTime(2000);
  // The person looks at the text in between.
  state.set([main, { ...dialog, isActive: false }, other]);
  vi.advanceTimersByTime(2000);
  expect(log).toEqual(['ask', 'closing', 'asking']);
  state.set([main, other]);
  vi.advanceTimersByTime(2000);
  expect(log).toEqual(['ask', 'closing', 'asking', 'activate 4']);
  state.set([main]);
  vi.advanceTimersByTime(400);
  expect(log.slice(4)).toEqual(['closing']);
});

test('a dialog that was there before is no question, and what it kept the others from hearing is said again', () => {
  state.set([main, tip]);
  start();
  vi.advanceTimersByTime(400);
  expect(log).toEqual(['ask', 'closing']);
  state.set([main]);
  vi.advanceTimersByTime(400);
  expect(log).toEqual(['ask', 'closing', 'ask']);
  // Now it has heard, and asks back.
  state.set([main, dialog]);
  vi.advanceTimersByTime(400);
  expect(log).toEqual(['ask', 'closing', 'ask', 'asking']);
});

test('a dialog that was there before and stays is a question, whose answer counts', () => {
  state.set([main, tip]);
  start();
  vi.advanceTimersByTime(earlierMs + 500);
  expect(log).toEqual(['ask', 'closing', 'asking']);
  state.set([main]);
  vi.advanceTimersByTime(answeredMs + 500);
  expect(log).toEqual(['ask', 'closing', 'asking', 'closing', 'no']);
});

test('a question that nobody answers is not waited for without end', () => {
  start();
  state.set([main, dialog]);
  vi.advanceTimersByTime(totalMs + 500);
  expect(log).toEqual(['ask', 'closing', 'asking', 'ask-to-end', 'closing']);
});

test('who uses the program meanwhile is not cut off', () => {
  start();
  for (let passedMs = 0; passedMs < totalMs; passedMs += silentMs / 2) {
    vi.advanceTimersByTime(silentMs / 2);
    close.notePresence();
  }
  vi.advanceTimersByTime(500);
  expect(log).toEqual(['ask', 'closing', 'no']);
});

test('without windows that may be asked the program is asked at once', () => {
  start(false);
  expect(log).toEqual(['closing', 'ask-to-end']);
  vi.advanceTimersByTime(terminatedMs + 500);
  expect(log).toEqual(['closing', 'ask-to-end', 'end']);
});
