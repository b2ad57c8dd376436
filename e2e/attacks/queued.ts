// What of a wait was nobody's doing: the time in which a busy computer let those who were to answer not run.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer that takes longer is late, whoever asks. */
const ENOUGH_MS = 3000;

/**
 * Milliseconds for which the main thread of a process was ready and had to wait for a processor, since it started: the second
 * field of `/proc/PID/schedstat` (Linux, scheduler/sched-stats.rst). Null where the kernel does not tell, or the process has ended.
 */
function queuedMs(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return null;
  }
}

/**
 * A clock that stands still while one of these processes is ready and the computer runs others; what they compute, and what they wait
 * for, counts. Where the kernel does not tell, all of the time counts.
 */
export function clockOf(pids: readonly number[]): () => number {
  const queued = new Map(pids.map((pid) => [pid, 0]));
  return () => {
    let ms = performance.now();
    for (const [pid, before] of queued) {
      const now = queuedMs(pid) ?? before;
      queued.set(pid, now);
      ms -= now;
    }
    return ms;
  };
}

/** Keeps the longest of many waits. */
export class WorstWait {
  readonly #clock: () => number;
  #worstMs = 0;
  #askedAt: number | null = null;
  #answers = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Only one at a time. */
  async during<T>(ask: () => Promise<T>): Promise<T> {
    const askedAt = this.#clock();
    this.#askedAt = askedAt;
    const answer = await ask();
    this.#askedAt = null;
    this.#answers += 1;
    this.#worstMs = Math.max(this.#worstMs, this.#clock() - askedAt);
    return answer;
  }

  /** The longest since this was asked last, and of so many answers from now on: with two of them nothing that was begun is overlooked. */
  async takeMs(answers = 2): Promise<number> {
    const [enough, calledAt] = [this.#answers + answers, this.#clock()];
    while (this.#answers < enough && this.#clock() - calledAt < ENOUGH_MS) await sleep(5);
    const ms = Math.max(this.#worstMs, this.#askedAt === null ? 0 : this.#clock() - this.#askedAt);
    this.#worstMs = 0;
    return ms;
  }
}
