// The part of a wait that is nobody's fault: the time in which a busy computer did not run those who were to answer.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer that takes longer is late, whoever asks. */
const ENOUGH_MS = 1500;

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
 * Measures how long one of these processes takes to answer another. The time for which one was ready, but did not run, is
 * taken off: that of whoever had to wait longest, and never of both, so a process that spins is found out however busy the computer is.
 */
export function startWait(pids: readonly number[]): () => number {
  const startedAt = performance.now();
  const before = pids.map(queuedMs);
  let worstQueuedMs = 0;
  return () => {
    // One that has ended tells nothing more.
    for (const [index, pid] of pids.entries())
      worstQueuedMs = Math.max(worstQueuedMs, (queuedMs(pid) ?? 0) - (before[index] ?? 0));
    return performance.now() - startedAt - worstQueuedMs;
  };
}

/** Keeps the longest of many waits. */
export class WorstWait {
  readonly #pids: readonly number[];
  #worstMs = 0;
  #waitedMs: (() => number) | null = null;
  #answers = 0;

  /** @param pids who asks and who answers */
  constructor(pids: readonly number[]) {
    this.#pids = pids;
  }

  /** Only one at a time. */
  async during<T>(ask: () => Promise<T>): Promise<T> {
    const waitedMs = startWait(this.#pids);
    this.#waitedMs = waitedMs;
    const answer = await ask();
    this.#waitedMs = null;
    this.#answers += 1;
    this.#worstMs = Math.max(this.#worstMs, waitedMs());
    return answer;
  }

  /** The longest wait since this was asked last, with this many more answers from now on. With two, none that was under way is missed. */
  async takeMs(answers = 2): Promise<number> {
    const enough = this.#answers + answers;
    while (this.#answers < enough && (this.#waitedMs?.() ?? 0) < ENOUGH_MS) await sleep(5);
    const ms = Math.max(this.#worstMs, this.#waitedMs?.() ?? 0);
    this.#worstMs = 0;
    return ms;
  }
}
