// Tries something until it goes well, with pauses in between.
import { AppError } from '../../contract/errors.ts';
import { Pauses } from '../../contract/pauses.ts';

export interface RetryOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** Of the time in which the computer is awake; for ever where it is not given. */
  readonly giveUpAfterMs?: number;
  readonly signal: AbortSignal;
  /** The first try comes after a pause, too. */
  readonly isLater?: boolean;
  /** Whether it is of no use to try again. */
  readonly isFinal?: (error: unknown) => boolean;
  /** Between 0 and 1. */
  readonly random?: () => number;
}

/** @throws what the last try threw, or AppError `cancelled` when `signal` aborts */
export async function retry<T>(attempt: (signal: AbortSignal) => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, giveUpAfterMs = Number.POSITIVE_INFINITY, isFinal } = options;
  const pauses = new Pauses(options, options.random);
  const giveUpAt = performance.now() + giveUpAfterMs;
  if (options.isLater) await pauses.next(signal);
  for (;;) {
    if (signal.aborted) throw new AppError('cancelled');
    try {
      return await attempt(signal);
    } catch (error) {
      if (signal.aborted) throw new AppError('cancelled', {}, { cause: error });
      if (isFinal?.(error) || performance.now() >= giveUpAt) throw error;
    }
    await pauses.next(signal);
  }
}
