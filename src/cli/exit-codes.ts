// What the exit codes of `ebp` mean; `ebp --help` tells the same.

import { AppError, type ErrorCode } from '../contract/errors.ts';

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  lacking: 3,
  notRunning: 4,
  denied: 5,
  noAnswer: 6,
  cancelled: 7,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A problem that `ebp` tells in words of its own, as they say what to type next. */
export class ToldError extends AppError {
  readonly sentence: string;

  constructor(code: ErrorCode, params: Record<string, string>, sentence: string) {
    super(code, params);
    this.sentence = sentence;
  }
}

/** The command line was wrong: `details` are printed below the sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly details: readonly string[];

  constructor(sentence: string, details: readonly string[] = []) {
    super(sentence);
    this.details = details;
  }
}
