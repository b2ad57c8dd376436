// Judges how a program ended: whether it failed here, and what its visitor and its owner are told.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../../contract/errors.ts';
import type { SandboxEnd } from '../container/engine.ts';
import { lastWordsOf } from '../lib/last-words.ts';
import type { FoundOffer } from '../offers/offers.ts';

/** A program that fails within this time did not work here. Later the person may have ended it this way. */
const FAILED_AT_ONCE_MS = 4000;
/** Exit codes of a crash, which counts as a fault at any time: 128 and the signal (signal(7): ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS). */
const CRASH_CODES: ReadonlySet<number> = new Set([132, 133, 134, 135, 136, 139, 159]);

/** A kind may take this long to explain the end; the session must not wait longer. */
const EXPLAINED_WITHIN_MS = 1000;

export interface ProgramFault {
  readonly problem: Problem | null;
  readonly lastWords: readonly string[];
}

/** @param exitCode not 0 */
export async function faultOf(
  { wantedOwnSandbox, output }: SandboxEnd,
  exitCode: number,
  explainEnd: FoundOffer['explainEnd'],
  ranMs: number,
): Promise<ProgramFault> {
  const isFault = ranMs < FAILED_AT_ONCE_MS || CRASH_CODES.has(exitCode);
  const explained = isFault ? await within(EXPLAINED_WITHIN_MS, explainEnd({ exitCode, wantedOwnSandbox })) : null;
  // The last words are left out: Chromium advises a setuid helper, which is of no use in a container.
  if (explained?.code === 'own-sandbox-needed') return { problem: explained, lastWords: [] };
  const failed: Problem | null = isFault ? { code: 'program-failed', params: { exitCode } } : null;
  return { problem: explained ?? failed, lastWords: lastWordsOf(output) };
}

async function within(limitMs: number, found: Promise<Problem | null>): Promise<Problem | null> {
  return Promise.race([found.catch(() => null), sleep(limitMs, null, { ref: false })]);
}
