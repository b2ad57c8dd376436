// A code of six digits as two words, which are easier to say and to hear than digits: the same in the window and in the CLI.
import { wordlist } from '@scure/bip39/wordlists/english.js';

/**
 * One word for the first three digits and one for the last three, from the first thousand of the BIP-39 list, in which no
 * two words begin with the same four letters.
 */
export function codeWords(code: string): string {
  if (!/^\d{6}$/.test(code)) throw new Error(`${code} is not a code of six digits`);
  return `${wordlist[Number(code.slice(0, 3))]} ${wordlist[Number(code.slice(3))]}`;
}

/** In two groups, as it is read aloud. */
export function codeGroups(code: string): string {
  return `${code.slice(0, 3)} ${code.slice(3)}`;
}
