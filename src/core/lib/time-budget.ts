// How much of the core's time something from outside may take: whoever sends what is slow to read delays only itself.

const WINDOW_MS = 1000;

/** Times are those of `performance.now`. */
export class TimeBudget {
  readonly #max: () => number;
  #startedAt = Number.NEGATIVE_INFINITY;
  #spentMs = 0;

  /** @param maxMs in any second; what is begun within it may go beyond it. A function, where it changes */
  constructor(maxMs: number | (() => number)) {
    this.#max = typeof maxMs === 'number' ? () => maxMs : maxMs;
  }

  /** Milliseconds until more may be taken in; 0 when it may be now. What was overdrawn is paid back first. */
  waitMs(now: number): number {
    const passedMs = now - this.#startedAt;
    const maxMs = this.#max();
    if (passedMs >= WINDOW_MS) {
      this.#spentMs = Math.max(0, this.#spentMs - (passedMs / WINDOW_MS) * maxMs);
      this.#startedAt = now;
    }
    if (this.#spentMs < maxMs) return 0;
    return Math.max(1, this.#startedAt + WINDOW_MS - now);
  }

  spend(ms: number): void {
    this.#spentMs += ms;
  }
}

/** A budget for each of many; who was quiet longest is forgotten when there are too many. */
export class TimeBudgets<Key> {
  readonly #budgets = new Map<Key, TimeBudget>();
  readonly #create: () => TimeBudget;
  readonly #maxCount: number;

  constructor(create: () => TimeBudget, maxCount: number) {
    this.#create = create;
    this.#maxCount = maxCount;
  }

  of(key: Key): TimeBudget {
    const budget = this.#budgets.get(key) ?? this.#create();
    this.#budgets.delete(key);
    this.#budgets.set(key, budget);
    if (this.#budgets.size > this.#maxCount) this.#budgets.delete(this.#budgets.keys().next().value as Key);
    return budget;
  }
}
