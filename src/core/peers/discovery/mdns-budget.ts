// How much of this computer's time multicast packets may take: a flood stops nothing, and one sender's flood hides no other.
import { TimeBudget, TimeBudgets } from '../../lib/time-budget.ts';

/** An ordinary packet takes some 50 µs, one made for it (all its names are as long as a name may be) up to 9 ms. */
const MAX_MS_PER_SECOND = 250;
/** A packet counts as no more than this: if it took longer, the computer was busy, which is not the sender's doing. */
const MAX_MS_PER_PACKET = 10;
/** High, because a reflector speaks for a whole network, where 300 peers may answer within a second. */
const MAX_MS_PER_SECOND_AND_SENDER = 150;
const MAX_SENDERS = 1000;

/** Times are those of `performance.now`. */
export class ReadingBudget {
  readonly #all = new TimeBudget(MAX_MS_PER_SECOND);
  readonly #bySender = new TimeBudgets<string>(() => new TimeBudget(MAX_MS_PER_SECOND_AND_SENDER), MAX_SENDERS);

  /** Whether one more packet of this sender may be read. */
  has(sender: string, now: number): boolean {
    return this.#bySender.of(sender).waitMs(now) === 0 && this.#all.waitMs(now) === 0;
  }

  spend(sender: string, tookMs: number): void {
    const ms = Math.min(tookMs, MAX_MS_PER_PACKET);
    this.#bySender.of(sender).spend(ms);
    this.#all.spend(ms);
  }
}
