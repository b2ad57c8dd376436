// The pauses between two tries, for whoever keeps trying: core and page.

/** How often we look whether the computer slept: its timers stand still meanwhile. */
const LOOK_EVERY_MS = 1000;
/** A clock that is ahead by this much means that the computer slept, or that somebody set the clock. A try too early does no harm. */
const SLEPT_MS = 2000;
/** A share of each pause is left to chance, so that many who lost the same computer do not come back in one moment. */
const CHANCE = 0.3;

export class Pauses {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #nextMs: number;
  #hurry: (() => void) | undefined;

  constructor(limits: { readonly firstMs: number; readonly longestMs: number }, random: () => number = Math.random) {
    this.#firstMs = limits.firstMs;
    this.#longestMs = limits.longestMs;
    this.#nextMs = limits.firstMs;
    this.#random = random;
  }

  /** Twice as long each time. Over at once when the computer wakes up, `hurry` is called or `signal` aborts. */
  async next(signal?: AbortSignal): Promise<void> {
    const pauseMs = this.#nextMs * (1 - CHANCE * this.#random());
    this.#nextMs = Math.min(this.#nextMs * 2, this.#longestMs);
    if (signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const aheadMs = () => Date.now() - performance.now();
    const before = aheadMs();
    const timer = setTimeout(resolve, pauseMs);
    const look = setInterval(() => {
      if (Math.abs(aheadMs() - before) < SLEPT_MS) return;
      this.reset();
      resolve();
    }, LOOK_EVERY_MS);
    const hurry = () => resolve();
    signal?.addEventListener('abort', hurry);
    this.#hurry = hurry;
    await promise;
    signal?.removeEventListener('abort', hurry);
    this.#hurry = undefined;
    clearTimeout(timer);
    clearInterval(look);
  }

  /** It went well, or everything is different now: the next pause is a short one. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }

  /** It is of no use to be quick: the next pause is a long one. */
  slowDown(): void {
    this.#nextMs = this.#longestMs;
  }

  /** Ends the pause that is on. */
  hurry(): void {
    this.#hurry?.();
  }
}
