import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pauses } from './pauses.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** How long the next pause is, in milliseconds. */
async function lengthOfNext(pauses: Pauses): Promise<number> {
  const startedAt = performance.now();
  const over = pauses.next().then(() => Math.round(performance.now() - startedAt));
  await vi.advanceTimersByTimeAsync(10_000);
  return over;
}

test('pauses grow up to the longest, are short again after a success, and long where hurry is of no use', async () => {
  const pauses = new Pauses({ firstMs: 250, longestMs: 5000 }, () => 0);
  const lengths: number[] = [];
  for (let times = 0; times < 7; times += 1) lengths.push(await lengthOfNext(pauses));
  expect(lengths).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  pauses.reset();
  expect(await lengthOfNext(pauses)).toBe(250);
  pauses.slowDown();
  expect(await lengthOfNext(pauses)).toBe(5000);
});

test('a pause is over at once for a person who will not wait, and one that is not on cannot be ended', async () => {
  const pauses = new Pauses({ firstMs: 5000, longestMs: 5000 });
  pauses.hurry();
  const over = vi.fn();
  const pause = pauses.next().then(over);
  await vi.advanceTimersByTimeAsync(100);
  expect(over).not.toHaveBeenCalled();
  pauses.hurry();
  await pause;
  expect(over).toHaveBeenCalledOnce();
});

test('a pause is over when it is not wanted any more, and none begins after that', async () => {
  const pauses = new Pauses({ firstMs: 5000, longestMs: 5000 });
  const abort = new AbortController();
  const pause = pauses.next(abort.signal);
  abort.abort();
  await pause;
  await pauses.next(abort.signal);
});
