// For tests that say that nothing happens. There is nothing to wait for, so they let the time pass in which it would have happened.
import { deepStrictEqual } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;

/**
 * Looks again and again, and a last time at the end.
 * @param forMs several times as long as it takes where it does happen; all of it passes
 * @throws as soon as something else is read
 */
export async function nothingHappens<T>(forMs: number, read: () => T | Promise<T>, asBefore: T): Promise<void> {
  for (const until = performance.now() + forMs; performance.now() < until; await sleep(LOOK_MS))
    deepStrictEqual(await read(), asBefore);
  deepStrictEqual(await read(), asBefore);
}
