// How often something may happen for one key.

export interface RateLimit {
  /** Whether it may happen now; if so it is counted. */
  take(key: string): boolean;
}

const MINUTE_MS = 60_000;
const MAX_KEYS = 10_000;

/** So many times in any minute, or in any other window, for each key. */
export function createRateLimit(
  times: number,
  now: () => number = () => performance.now(),
  windowMs = MINUTE_MS,
): RateLimit {
  const taken = new Map<string, number[]>();
  return {
    take: (key) => {
      const since = now() - windowMs;
      const before = (taken.get(key) ?? []).filter((time) => time > since);
      if (before.length >= times) return false;
      // The most recently used key comes last; the oldest is forgotten when there are too many.
      taken.delete(key);
      taken.set(key, [...before, now()]);
      if (taken.size > MAX_KEYS) taken.delete(taken.keys().next().value as string);
      return true;
    },
  };
}
