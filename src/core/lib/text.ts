// Text from outside, made fit to be shown.

/**
 * One line without control, bidirectional, invisible or unassigned characters, lone surrogates or towers of combining marks
 * (Unicode TR 36 and TR 39), at most `maxLength` UTF-16 units. It stays text: escaping is the page's work. May be empty.
 */
export function toShowable(text: string, maxLength: number): string {
  // Security: a long text must not cost more than a short one, whatever normalisation makes of it.
  const clean = text
    .slice(0, 4 * maxLength)
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    // ZWNJ and ZWJ stay: Persian, Hindi and emoji families are spelled with them; and U+FE0F, which makes a sign an emoji.
    .replace(/(?!\u200c|\u200d|\ufe0f)[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
    // What was taken out may have stood between a letter and its mark: equal names are to be equal texts.
    .normalize('NFC')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .replace(/ +/g, ' ')
    .trim();
  // Whole characters only.
  const cut = clean
    .slice(0, maxLength)
    .replace(/[\ud800-\udbff]$/, '')
    .trim();
  return /(?!\ufe0f)[^\p{Cf}\s]/u.test(cut) ? cut : '';
}
