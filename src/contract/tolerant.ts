// How words of other versions are read, from the wire or from a file: an unknown word becomes the safe one, and what is no word stays wrong.
import { z } from 'zod';

/** The longest word that any version says. */
const MAX_WORD_LENGTH = 64;

/**
 * One of the known words; any other word reads as `whenUnknown`. What is no word at all is refused; zod's own `.catch()` would
 * read that as the safe word too.
 */
export function tolerantEnum<const Known extends string, const Safe extends Known | null>(
  known: readonly Known[],
  whenUnknown: Safe,
) {
  return z
    .string()
    .max(MAX_WORD_LENGTH)
    .transform((word): Known | Safe => known.find((one) => one === word) ?? whenUnknown);
}
