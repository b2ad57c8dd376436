// The last words of a program: a few lines of text from outside, made fit to be shown.
import { toShowable } from './text.ts';

/** Lines fit to be shown, none of them empty; none of `last` is among `first` already. */
export interface Excerpt {
  readonly first: readonly string[];
  readonly last: readonly string[];
}

/** How many of the beginning, and how many of the end. */
export const LINES = 10;
const LINE_LENGTH = 200;

export function lastWordsOf({ first, last }: Excerpt): readonly string[] {
  return [...first, ...last].slice(-LINES);
}

/** Security: a peer may send anything here, and millions of it. Only the last lines are looked at; a schema would look at each. */
export function toLastWords(lines: unknown): string[] {
  return Array.isArray(lines) ? toLines(lines.slice(-LINES).filter((line) => typeof line === 'string')) : [];
}

export function toLines(lines: readonly string[]): string[] {
  return lines.map((line) => toShowable(line, LINE_LENGTH)).filter((line) => line !== '');
}
