// What the way in which a program ended says: whether it did not work here, and what its visitor and its owner are told of that.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../../contract/errors.ts';
import type { SandboxEnd } from '../container/engine.ts';
import { lastWordsOf } from '../lib/last-words.ts';
import type { FoundOffer } from '../offers/offers.ts';

/** A program that fails within this time did not work here; later it may be the person who used it that ended it so. */
const FAILED_AT_ONCE_MS = 4000;
/** 128 and the signal: what ends a program that crashed, at any time (signal(7): ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS). */
const CRASH_CODES: ReadonlySet<number> = new Set([132, 133, 134, 135, 136, 139, 159]);

/** A session that is over is not kept for what a kind finds out about it. */
const EXPLAINED_WITHIN_MS = 1000;

export interface ProgramFault {
  readonly problem: Problem | null;
  readonly lastWords: readonly string[];
}

/** @param exitCode another one than 0 */
export async function faultOf(
  { wantedOwnSandbox, output }: SandboxEnd,
  exitCode: number,
  explainEnd: FoundOffer['explainEnd'],
  ranMs: number,
): Promise<ProgramFault> {
  const isFault = ranMs < FAILED_AT_ONCE_MS || CRASH_CODES.has(exitCode);
  const explained = isFault ? await within(EXPLAINED_WITHIN_MS, explainEnd({ exitCode, wantedOwnSandbox })) : null;
  // What Chromium advises then, a setuid helper, is of no use in a container.
  if (explained?.code === 'own-sandbox-needed') return { problem: explained, lastWords: [] };
  const failed: Problem | null = isFault ? { code: 'program-failed', params: { exitCode } } : null;
  return { problem: explained ?? failed, lastWords: lastWordsOf(output) };
}

async function within(limitMs: number, found: Promise<Problem | null>): Promise<Problem | null> {
  return Promise.race([found.catch(() => null), sleep(limitMs, null, { ref: false })]);
}
