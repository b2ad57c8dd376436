import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { retry } from './retry.ts';

let times: number[];
let startedAt: number;
const never = new AbortController().signal;
const failing = async () => {
  times.push(Math.round(performance.now() - startedAt));
  throw new Error('no');
};
const options = { firstMs: 300, longestMs: 3000, signal: never, random: () => 0 };

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance', 'queueMicrotask'],
  });
  times = [];
  startedAt = performance.now();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('what goes well at once is not tried again', async () => {
  expect(await retry(async () => 'here', options)).toBe('here');
});

test('pauses become longer up to a limit, and it ends with what the last try said', async () => {
  const result = expect(retry(failing, { ...options, giveUpAfterMs: 12_000 })).rejects.toThrow('no');
  await vi.advanceTimersByTimeAsync(20_000);
  await result;
  expect(times).toEqual([0, 300, 900, 2100, 4500, 7500, 10_500, 13_500]);
});

test('many who lost the same thing do not come back in one moment', async () => {
  const firstPauses: number[] = [];
  for (const chance of [0, 0.5, 1]) {
    times = [];
    startedAt = performance.now();
    const abort = new AbortController();
    const result = retry(failing, { ...options, signal: abort.signal, random: () => chance }).catch(() => {});
    await vi.advanceTimersByTimeAsync(400);
    firstPauses.push(times[1] ?? 0);
    abort.abort();
    await result;
  }
  expect(firstPauses).toEqual([300, 255, 210]);
});

test('what is of no use to try again ends it at once', async () => {
  await expect(retry(failing, { ...options, isFinal: () => true })).rejects.toThrow('no');
  expect(times).toEqual([0]);
});

test('an abort ends it: before a try, in a pause, and in the middle of a try', async () => {
  const cancelled = { code: 'cancelled' };
  await expect(retry(failing, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);
  expect(times).toEqual([]);

  const inPause = new AbortController();
  const paused = expect(retry(failing, { ...options, signal: inPause.signal })).rejects.toMatchObject(cancelled);
  await vi.advanceTimersByTimeAsync(100);
  inPause.abort();
  await paused;
  expect(times).toEqual([0]);

  const inTry = new AbortController();
  const tried = expect(
    retry(
      async () => {
        inTry.abort();
        throw new Error('the cable is out');
      },
      { ...options, signal: inTry.signal },
    ),
  ).rejects.toMatchObject(cancelled);
  await tried;
});

test('a computer that wakes up tries at once and quickly, and the time that it slept is none in which it gave up', async () => {
  const result = expect(retry(failing, { ...options, longestMs: 60_000, giveUpAfterMs: 200_000 })).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(40_000);
  const before = times.length;
  expect(times.at(-1)).toBe(38_100);
  // It sleeps for an hour: the clock of the wall goes on, timers and the monotonic clock stand still.
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(1500);
  expect(times.slice(before)).toEqual([40_100, 40_400, 41_000]);
  await vi.advanceTimersByTimeAsync(400_000);
  await result;
});
