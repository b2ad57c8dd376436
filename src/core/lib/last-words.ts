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

/** Security: for lines of a peer, which may be anything. */
export function toLastWords(lines: readonly string[]): string[] {
  return toLines(lines.slice(-LINES));
}

export function toLines(lines: readonly string[]): string[] {
  return lines.map((line) => toShowable(line, LINE_LENGTH)).filter((line) => line !== '');
}
