// How much time has passed, whatever somebody does to the clock: what was given for an hour ends after an hour.
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** The three clocks of a computer, in milliseconds. */
export interface Clocks {
  /** Since the Unix epoch; a person can set it. */
  wallMs(): number;
  /** Nobody can set it; it stands still while the computer sleeps (CLOCK_MONOTONIC). */
  monotonicMs(): number;
  /** Since the computer was started; it goes on while it sleeps (CLOCK_BOOTTIME, on Linux). */
  uptimeMs(): number;
  /** Another one after each start of the computer; null where the system does not tell. */
  readonly bootId: string | null;
}

export const systemClocks: Clocks = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  uptimeMs: () => uptime() * 1000,
  bootId: readBootId(),
};

/** A point in the life of this process. */
export interface Mark {
  readonly monotonicMs: number;
  readonly uptimeMs: number;
}

export function markNow(clocks: Clocks): Mark {
  return { monotonicMs: clocks.monotonicMs(), uptimeMs: clocks.uptimeMs() };
}

/** How long ago a mark was made, sleep included. Of the clocks that nobody can set, the one that shows the most counts. */
export function passedMs(since: Mark, clocks: Clocks): number {
  return Math.floor(Math.max(0, clocks.monotonicMs() - since.monotonicMs, clocks.uptimeMs() - since.uptimeMs));
}

/**
 * The time left until an end that is given both as an instant and as a duration since the mark: the sooner of the two counts.
 * Security: a clock that is set back lengthens nothing, and one that is set forward shortens it.
 */
export function leftMs(
  end: { readonly expiresAt: number; readonly lastsMs: number; readonly since: Mark },
  clocks: Clocks,
): number {
  return Math.max(0, Math.min(end.expiresAt - clocks.wallMs(), end.lastsMs - passedMs(end.since, clocks)));
}

function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
