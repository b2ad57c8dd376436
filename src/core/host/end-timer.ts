// When a session ends by itself: by the time limit of its powers, or with its grant.
import type { Powers } from '../../contract/powers.ts';
import type { Grant } from '../consent/grant.ts';
import { type Mark, markNow, passedMs, systemClocks } from '../lib/elapsed.ts';

/** The longest delay that setTimeout takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A smaller change of the end is not shown: nobody would notice it. */
const SAME_END_MS = 2000;

export class EndTimer implements Disposable {
  #startedAt = Date.now();
  #startMark: Mark = markNow(systemClocks);
  readonly #grant: Grant;
  readonly #onEnd: () => void;
  #limitMin: number | null = null;
  #endsAt: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(grant: Grant, onEnd: () => void) {
    this.#grant = grant;
    this.#onEnd = onEnd;
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  /** Milliseconds since the Unix epoch; null where nothing ends it. */
  get endsAt(): number | null {
    return this.#endsAt;
  }

  /** Time until the time limit or the grant ends it; null where neither does. Security: setting the clock back lengthens nothing. */
  get leftMs(): number | null {
    const passed = Math.max(passedMs(this.#startMark, systemClocks), Date.now() - this.#startedAt);
    const byPower = this.#limitMin === null ? Number.POSITIVE_INFINITY : this.#limitMin * 60_000 - passed;
    const left = Math.min(byPower, this.#grant.leftMs ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(left) ? Math.max(0, left) : null;
  }

  /** The time begins now. */
  begin(powers: Pick<Powers, 'timeLimitMin'>): void {
    this.#startedAt = Date.now();
    this.#startMark = markNow(systemClocks);
    this.set(powers);
  }

  /** Called again when the powers change. */
  set({ timeLimitMin }: Pick<Powers, 'timeLimitMin'>): void {
    this.#limitMin = timeLimitMin;
    this.#start();
  }

  /** Ends it when its timer was missed because the computer slept. After the clock was set, corrects the end that is shown. */
  check(): void {
    const left = this.leftMs;
    if (left === 0) this.#onEnd();
    else if (left !== null && this.#endsAt !== null && Math.abs(Date.now() + left - this.#endsAt) > SAME_END_MS)
      this.#start();
  }

  #start(): void {
    clearTimeout(this.#timer);
    const left = this.leftMs;
    this.#endsAt = left === null ? null : Date.now() + left;
    if (left === null) return;
    // Security: it is over after this time, even when the clock was set back meanwhile.
    this.#timer = setTimeout(
      () => (left > LONGEST_TIMER_MS ? this.#start() : this.#onEnd()),
      Math.min(left, LONGEST_TIMER_MS),
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
