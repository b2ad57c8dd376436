// How much of this computer's time multicast packets may take: whoever floods the network must not stop anything but being found.

/** Decoding an ordinary packet takes some 30 µs: a flood costs a tenth of one processor at most. */
const MAX_PACKETS_PER_SECOND = 3000;
/** One made for it (all its names are as long as a name may be) takes 9 ms, three hundred times as long: so the time is limited too. */
const MAX_READING_MS_PER_SECOND = 150;

/** Times are those of `performance.now`. */
export class ReadingBudget {
  #startedAt = Number.NEGATIVE_INFINITY;
  #count = 0;
  #spentMs = 0;

  /** Whether one more packet may be read; it counts from now on. */
  take(now: number): boolean {
    if (now - this.#startedAt > 1000) {
      this.#startedAt = now;
      this.#count = 0;
      this.#spentMs = 0;
    }
    if (this.#spentMs > MAX_READING_MS_PER_SECOND) return false;
    return ++this.#count <= MAX_PACKETS_PER_SECOND;
  }

  spend(ms: number): void {
    this.#spentMs += ms;
  }
}
