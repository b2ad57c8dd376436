// Text from outside, made fit to be shown.

/** Control characters, line and paragraph separators, and the marks that reorder text (Unicode TR 36, Trojan Source). */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** One line without anything that hides or reorders, at most `maxLength` characters; may be empty. */
export function toShowable(text: string, maxLength: number): string {
  const clean = text
    .slice(0, maxLength * 4)
    .replace(UNSHOWABLE, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...clean];
  return characters.length <= maxLength ? clean : `${characters.slice(0, maxLength - 1).join('')}…`;
}
