// Why a desktop entry cannot be offered: what the parsers of this part throw, and what its owner is told.

/** Each reason has a sentence in the message catalogue; `detail` fills its blank. */
export const brokenReasons = [
  'bad-exec',
  'bad-id',
  'bad-value',
  'dbus-only',
  'line-syntax',
  'missing-key',
  'missing-program',
  'no-group',
  'not-a-file',
  'not-text',
  'too-large',
  'too-many-lines',
  'unreadable',
] as const;
export type BrokenReason = (typeof brokenReasons)[number];

/** The only error that the parsers of this part throw for bad input. */
export class EntryFault extends Error {
  override readonly name = 'EntryFault';
  readonly reason: BrokenReason;
  /** What exactly, for example the key's name: at most 200 characters. */
  readonly detail: string;
  /** From 1; null when no single line is to blame. */
  readonly line: number | null;

  constructor(reason: BrokenReason, detail: string, line: number | null = null) {
    const short = detail.length > 200 ? `${detail.slice(0, 199)}…` : detail;
    super(`${reason}: ${short}${line === null ? '' : ` (line ${line})`}`);
    this.reason = reason;
    this.detail = short;
    this.line = line;
  }
}
