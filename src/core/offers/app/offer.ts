// How an application becomes an offer: words within the contract's limits, fit to be shown on any screen.
import type { IconHash, OfferId } from '../../../contract/ids.ts';
import { type Offer, type OwnOffer, offerSchema, ownOfferSchema } from '../../../contract/offers.ts';
import type { Settings } from '../../../contract/settings.ts';
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

/** What an application is to others and to its owner, before its owner's settings. */
interface Prepared {
  readonly own: OwnOffer;
  readonly visible: Offer;
}

export interface OfferMaker {
  /** The costly part, kept for the next time: a caller with thousands of applications can rest in between. Never throws. */
  prepare(app: App, icon: IconHash | null): void;
  /** @throws EntryFault `bad-value` when the contract does not allow what comes out */
  make(app: App, icon: IconHash | null, settings: Settings, needsOwnSandbox: boolean): OwnOffer;
  /** What others see of an offer that was made here. Security: the schema strips what only its owner may see (source, command, audience). */
  visibleOf(offer: OwnOffer): Offer;
}

const MAX_KEPT = 12_000;

export function createOfferMaker(): OfferMaker {
  const kept = new Map<OfferId, { readonly key: string; readonly result: Prepared | EntryFault }>();
  const visibleByOffer = new WeakMap<OwnOffer, Offer>();

  const resultOf = (app: App, icon: IconHash | null): Prepared | EntryFault => {
    // The digest covers the entry and what runs.
    const key = JSON.stringify([app.digest, app.source, app.obstacle, icon]);
    const before = kept.get(app.id);
    if (before?.key === key) return before.result;
    if (kept.size >= MAX_KEPT) kept.clear();
    const result = prepareOffer(app, icon);
    kept.set(app.id, { key, result });
    return result;
  };

  return {
    prepare: (app, icon) => void resultOf(app, icon),
    make: (app, icon, settings, needsOwnSandbox) => {
      const result = resultOf(app, icon);
      if (result instanceof EntryFault) throw result;
      const offer: OwnOffer = {
        ...result.own,
        isShared: app.obstacle === null && (settings.sharedByOfferId[app.id] ?? settings.isSharedByDefault),
        audience: settings.audienceByOfferId[app.id] ?? null,
        ownSandbox: settings.ownSandboxOfferIds.includes(app.id) ? 'allowed' : needsOwnSandbox ? 'needed' : 'off',
      };
      visibleByOffer.set(offer, result.visible);
      return offer;
    },
    visibleOf: (offer) => visibleByOffer.get(offer) ?? offerSchema.parse(offer),
  };
}

function prepareOffer(app: App, icon: IconHash | null): Prepared | EntryFault {
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
    isShared: false,
    audience: null,
    ownSandbox: 'off',
    obstacle: app.obstacle,
    source: app.source,
    command: clean(formatCommand(app.argv), 4096),
  };
  const parsed = ownOfferSchema.safeParse(offer);
  if (!parsed.success) return new EntryFault('bad-value', parsed.error.issues[0]?.path.join('.') ?? '');
  if (offer.name === '') return new EntryFault('bad-value', 'Name');
  return { own: parsed.data, visible: offerSchema.parse(parsed.data) };
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
