// How much of its time a rule has used, by clocks that nobody can set. Keeps count over restarts of the core and of the computer.
import { z } from 'zod';
import type { Rule } from '../../contract/consent.ts';
import { type Clocks, leftMs, type Mark, markNow, passedMs } from '../lib/elapsed.ts';

/** Stored beside a rule: the time used so far, and when that was noted: the uptime and the boot of the computer. */
export const timeUsedSchema = z.object({
  usedMs: z.number().nonnegative(),
  uptimeMs: z.number().nonnegative(),
  bootId: z.string().max(100).nullable(),
});
type TimeUsed = z.output<typeof timeUsedSchema>;
type Timed = Pick<Rule, 'id' | 'createdAt' | 'expiresAt'> & { readonly time?: TimeUsed | undefined };

export interface RuleTimes {
  /** Time until the rule ends by itself; infinite where it does not. */
  leftMs(rule: Timed): number;
  /** The rule with what is to be stored. */
  withTimeUsed<R extends Timed>(rule: R): R;
}

export function createRuleTimes(clocks: Clocks): RuleTimes {
  /** For each rule: since when it is counted here, and what it had used and had left by then. */
  const known = new Map<string, { readonly since: Mark; readonly usedMs: number; readonly lastsMs: number }>();

  function countOf({ id, time, createdAt, expiresAt }: Timed) {
    const counted = known.get(id);
    if (counted !== undefined) return counted;
    // The time when the core did not run counts as used. How long the computer was off, only the wall clock knows.
    const isSameLife = time !== undefined && time.bootId !== null && time.bootId === clocks.bootId;
    const meanwhileMs = isSameLife ? Math.max(0, clocks.uptimeMs() - time.uptimeMs) : 0;
    const usedMs = (time?.usedMs ?? 0) + meanwhileMs;
    const count = { since: markNow(clocks), usedMs, lastsMs: (expiresAt ?? 0) - createdAt - usedMs };
    known.set(id, count);
    return count;
  }

  return {
    leftMs: (rule) => {
      const { expiresAt } = rule;
      return expiresAt === null ? Number.POSITIVE_INFINITY : leftMs({ expiresAt, ...countOf(rule) }, clocks);
    },
    withTimeUsed: (rule) => {
      if (rule.expiresAt === null) return rule;
      const { since, usedMs } = countOf(rule);
      const time = { usedMs: usedMs + passedMs(since, clocks), uptimeMs: clocks.uptimeMs(), bootId: clocks.bootId };
      return { ...rule, time };
    },
  };
}
