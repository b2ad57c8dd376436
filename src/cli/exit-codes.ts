// What the exit codes of `ebp` mean; `ebp --help` tells the same.

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

/** The command line was wrong: `details` are printed below the sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly details: readonly string[];

  constructor(sentence: string, details: readonly string[] = []) {
    super(sentence);
    this.details = details;
  }
}
