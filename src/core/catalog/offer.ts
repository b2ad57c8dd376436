// How an application becomes an offer: words within the contract's limits, fit to be shown on any screen.
import { type IconHash, type OwnOffer, ownOfferSchema, type Settings } from '../../contract/models.ts';
import { formatCommand } from './exec.ts';
import { EntryFault } from './fault.ts';
import type { App } from './scan.ts';

/** Main categories of the Desktop Menu Specification 1.1; those that say little stand last. */
const tellingCategories = [
  'AudioVideo',
  'Audio',
  'Video',
  'Development',
  'Education',
  'Game',
  'Graphics',
  'Network',
  'Office',
  'Science',
];
const vagueCategories = ['Settings', 'System', 'Utility'];

/** @throws EntryFault `bad-value` when the contract does not allow what comes out */
export function toOffer(app: App, icon: IconHash | null, settings: Settings, needsOwnSandbox: boolean): OwnOffer {
  const { entry } = app;
  const summary = entry.comment || entry.genericName;
  const extraKeyword = entry.genericName !== summary ? [entry.genericName] : [];
  const keywords = [...entry.keywords, ...extraKeyword].map((word) => clean(word, 64)).filter((word) => word !== '');
  const offer = {
    id: app.id,
    kind: 'app',
    name: clean(entry.name, 200),
    summary: clean(summary, 500),
    categories: sortCategories(entry.categories),
    keywords: [...new Set(keywords)].slice(0, 64),
    icon,
    isShared: settings.sharedByOfferId[app.id] ?? settings.isSharedByDefault,
    audience: settings.audienceByOfferId[app.id] ?? null,
    ownSandbox: settings.ownSandboxOfferIds.includes(app.id) ? 'allowed' : needsOwnSandbox ? 'needed' : 'off',
    source: app.source,
    command: clean(formatCommand(app.argv), 4096),
  };
  const parsed = ownOfferSchema.safeParse(offer);
  if (!parsed.success) throw new EntryFault('bad-value', parsed.error.issues[0]?.path.join('.') ?? '');
  if (offer.name === '') throw new EntryFault('bad-value', 'Name');
  return parsed.data;
}

/** The registered main categories, in the order of the entry, the vague ones last; AudioVideo before its halves. */
export function sortCategories(categories: readonly string[]): string[] {
  const isMedia = categories.some((name) => name === 'AudioVideo');
  const telling = categories.filter((name) => tellingCategories.includes(name));
  const vague = categories.filter((name) => vagueCategories.includes(name));
  const isHalf = (name: string) => name === 'Audio' || name === 'Video';
  const ordered = isMedia ? [...telling.filter((name) => !isHalf(name)), ...telling.filter(isHalf)] : telling;
  return [...new Set([...ordered, ...vague])];
}

/**
 * One line of at most `max` UTF-16 units, without control characters.
 * Security: also without the invisible characters and those that reverse the direction of what follows, with which a name could make
 * the sentence around it, in somebody's pop-up, read as another one.
 */
export function clean(text: string, max: number): string {
  const line = text
    // ZWNJ and ZWJ stay: Persian, Hindi and emoji families are spelled with them.
    .replace(/(?!\u200c|\u200d|\ufe0f)[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .toWellFormed()
    .trim();
  if (line.length <= max) return line;
  // A surrogate pair that would be cut is left out whole.
  return `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
