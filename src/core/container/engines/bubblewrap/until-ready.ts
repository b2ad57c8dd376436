// Waits for a program of a sandbox until it can be used, and no longer than that is of use.
import { lstat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../../contract/errors.ts';
import type { Process } from '../../engine.ts';

const TIMEOUT_MS = 15_000;
const LOOK_EVERY_MS = 5;

export interface ReadyLimits {
  /** Aborted with the sandbox. */
  readonly over: AbortSignal;
  /** Of whoever waits for it. */
  readonly asked: AbortSignal | undefined;
  /** Of a program that has ended. */
  readonly whyNot: () => string;
}

/** Resolves when something lies at that path. @throws AppError `container-failed`, `cancelled`; then the program is killed */
export async function untilReady(process: Process, path: string, { over, asked, whyNot }: ReadyLimits): Promise<void> {
  const hasEnded = new AbortController();
  void process.ended.then(() => hasEnded.abort(new AppError('container-failed', { why: whyNot().slice(0, 500) })));
  const limits = [AbortSignal.timeout(TIMEOUT_MS), over, hasEnded.signal];
  const limit = AbortSignal.any(asked === undefined ? limits : [...limits, asked]);
  try {
    while (!(await isThere(path))) await orLate(sleep(LOOK_EVERY_MS), limit, asked);
  } catch (error) {
    process.kill();
    throw error;
  }
}

/** @throws AppError `cancelled` where `asked` was aborted, the reason of `limit` where it has one for a person, else that it took too long */
export async function orLate<T>(work: Promise<T>, limit: AbortSignal, asked: AbortSignal | undefined): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => {
    if (asked?.aborted) reject(new AppError('cancelled'));
    else if (limit.reason instanceof AppError) reject(limit.reason);
    else reject(new AppError('container-failed', { why: 'it took too long' }));
  };
  if (limit.aborted) onAbort();
  limit.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    limit.removeEventListener('abort', onAbort);
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
