// This computer's own offers, of whatever kind: found, kept up to date, and what of them peers may see.
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, type Problem } from '../../contract/errors.ts';
import type { IconHash, OfferId } from '../../contract/ids.ts';
import { isKnownKind, kindOf, rowOfKind } from '../../contract/kinds.ts';
import type { BrokenEntry, Offer, OwnOffer } from '../../contract/offers.ts';
import type { Settings } from '../../contract/settings.ts';
import type { View } from '../../contract/views.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { isVisibleTo, type Reader } from './audience.ts';
import { type Icon, startIconStore } from './icons/icon-store.ts';
import type { Definition, Found, Kind, Launch, ProgramEnd, Source } from './kind.ts';

export type { Icon, Reader };

export interface OwnOffers {
  readonly offers: OwnOffer[];
  readonly broken: BrokenEntry[];
  /** Offers beyond what is listed. */
  readonly leftOut: number;
}

/** An offer that somebody may ask for. */
export interface FoundOffer {
  readonly offer: OwnOffer;
  /** The same without what its owner alone may see. */
  readonly visible: Offer;
  /** SHA-256 in hex over all that decides what runs: another one means that something else would run. */
  readonly digest: string;
  /** What runs when it is granted. @throws AppError `not-allowed` for a view that its kind does not have, `viewer-only` */
  launch(view: View): Launch;
  /** What is known of a program of it that failed; null where nothing is. */
  explainEnd(end: ProgramEnd): Promise<Problem | null>;
}

export interface Offers extends AsyncDisposable {
  /** All offers of this computer, by name, and what could not be read. */
  readonly own: Followable<OwnOffers>;
  /** What this reader may see; null for anybody on the network. Nothing while sharing is paused. */
  visibleTo(reader: Reader | null): readonly Offer[];
  /** 16 hex digits that change when what anybody may see does. */
  readonly publicDigest: Followable<string>;
  /** An offer that this reader may see. For anything else undefined, as if it did not exist. */
  find(offerId: OfferId, reader: Reader): FoundOffer | undefined;
  /** An icon of this computer or of a peer. */
  readIcon(hash: string): Promise<Icon | null>;
  /** Only icons of what this reader may see. */
  readVisibleIcon(hash: string, reader: Reader): Promise<Icon | null>;
  hasIcon(hash: string): boolean;
  /** Keeps an icon that a peer sent. @throws AppError `bad-input`, `too-large`, `disk-full` */
  storeIcon(bytes: Uint8Array): Promise<IconHash>;
  /** Looks at the disk again now; resolves when `own` shows what was found. */
  rescan(): Promise<void>;
}

export interface OffersOptions {
  /** Those that are registered. @throws Error for two of one name */
  readonly kinds: readonly Kind<Definition>[];
  readonly log: Log;
  readonly settings: Followable<Settings>;
  /** Where icons are kept; made when missing. */
  readonly iconsDir: string;
}

/** There may be thousands of definitions: the rest of the core waits for no more than these at once. */
const CHECKED_AT_ONCE = 32;

/** Resolves when the first offers are known. Bad input on disk is never an error here: it is in `own.broken`. */
export async function startOffers({ kinds: registered, log, settings, iconsDir }: OffersOptions): Promise<Offers> {
  const kinds = byName(registered);
  await using stack = new AsyncDisposableStack();
  const store = await startIconStore({ folder: iconsDir, log });
  const collator = new Intl.Collator();
  const own = new State<OwnOffers>({ offers: [], broken: [], leftOut: 0 });
  const publicDigest = new State(digestOffers([]));
  const foundByKind = new Map<Kind<Definition>, Found>();
  /** What a definition comes to, as long as it is the same. */
  const checked = new WeakMap<object, Checked>();
  let listed: ReadonlyMap<OfferId, Listed> = new Map();
  let isOver = false;

  const check = (kind: Kind<Definition>, definition: object): Checked => {
    const before = checked.get(definition);
    if (before !== undefined) return before;
    const result = checkDefinition(kind, definition);
    checked.set(definition, result);
    return result;
  };

  const publish = (): void => {
    const broken: BrokenEntry[] = [];
    const list: Listed[] = [];
    const ids = new Set<OfferId>();
    for (const [kind, found] of foundByKind) {
      broken.push(...found.broken);
      for (const each of found.definitions) {
        const { definition, fault } = check(kind, each);
        if (definition === null) broken.push(fault);
        // Two files can only make one id when somebody gave one of them the other's: the first keeps it.
        else if (ids.has(definition.id)) broken.push(toBroken(definition, 'bad-id', definition.id));
        else {
          ids.add(definition.id);
          list.push(toListed(kind, definition, settings.value));
        }
      }
    }
    list.sort((a, b) => collator.compare(a.offer.name, b.offer.name) || (a.offer.id < b.offer.id ? -1 : 1));
    listed = new Map(list.map((each) => [each.offer.id, each]));
    const leftOut = [...foundByKind.values()].reduce((sum, found) => sum + found.leftOut, 0);
    setIfChanged(own, { offers: list.map(({ offer }) => offer), broken, leftOut });
    publicDigest.set(digestOffers(visibleTo(null)));
  };

  const visibleTo = (reader: Reader | null): Offer[] =>
    [...listed.values()]
      .filter(({ offer }) => isVisibleTo(reader, offer, settings.value))
      .map(({ visible }) => visible);

  const take = async (kind: Kind<Definition>, found: Found): Promise<void> => {
    for (const [index, definition] of found.definitions.entries()) {
      check(kind, definition);
      if (index % CHECKED_AT_ONCE === CHECKED_AT_ONCE - 1) await nextTurn();
    }
    if (isOver) return;
    foundByKind.set(kind, found);
    publish();
    store.pin(new Set(own.value.offers.flatMap(({ icon }) => (icon === null ? [] : [icon]))));
  };

  stack.defer(settings.follow(() => publish()));
  const sources: Source[] = [];
  for (const kind of kinds)
    sources.push(stack.use(await kind.startSource({ icons: store, log, onFound: (found) => take(kind, found) })));
  stack.defer(() => {
    isOver = true;
  });
  const lifetime = stack.move();

  return {
    own,
    publicDigest,
    visibleTo,
    find: (offerId, reader) => {
      const found = listed.get(offerId);
      if (found === undefined || !isVisibleTo(reader, found.offer, settings.value)) return undefined;
      const { kind, definition, offer, visible } = found;
      return {
        offer,
        visible,
        digest: kind.digest(definition, settings.value),
        launch: (view) => {
          // Security: a kind is used in the views of its row alone, whatever is asked for.
          if (!rowOfKind(kind.name).views.includes(view)) throw new AppError('not-allowed');
          return kind.launch(definition, view, settings.value);
        },
        explainEnd: async (end) => {
          const problem = await kind.explainEnd(definition, end);
          // It may be shown with the offer.
          if (problem !== null && !isOver) publish();
          return problem;
        },
      };
    },
    readIcon: (hash) => store.get(hash),
    readVisibleIcon: async (hash, reader) =>
      visibleTo(reader).some(({ icon }) => icon === hash) ? store.get(hash) : null,
    hasIcon: (hash) => store.has(hash),
    storeIcon: (bytes) => store.put(bytes),
    rescan: async () => {
      await Promise.all(sources.map((source) => source.rescan()));
    },
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  };
}

type Checked =
  | { readonly definition: Definition; readonly fault: null }
  | { readonly definition: null; readonly fault: BrokenEntry };

interface Listed {
  readonly kind: Kind<Definition>;
  readonly definition: Definition;
  readonly offer: OwnOffer;
  readonly visible: Offer;
}

/** Security: a kind without a row is not even looked for. */
function byName(kinds: readonly Kind<Definition>[]): readonly Kind<Definition>[] {
  const names = new Set(kinds.map(({ name }) => name));
  if (names.size < kinds.length) throw new Error(`two kinds of one name: ${kinds.map(({ name }) => name).join(', ')}`);
  return kinds.filter(({ name }) => isKnownKind(name));
}

function checkDefinition(kind: Kind<Definition>, definition: object): Checked {
  const parsed = kind.definition.safeParse(definition);
  const toFault = (reason: string, detail: string) => ({
    definition: null,
    fault: toBroken(definition, reason, detail),
  });
  if (!parsed.success) return toFault('bad-value', parsed.error.issues[0]?.path.join('.') ?? '');
  // Security: a kind has no offers of another one.
  if (kindOf(parsed.data.id) !== kind.name) return toFault('bad-id', parsed.data.id);
  return { definition: parsed.data, fault: null };
}

function toListed(kind: Kind<Definition>, definition: Definition, settings: Settings): Listed {
  const { id, source } = definition;
  const { name, summary, categories, keywords, icon, obstacle, details } = kind.toOffer(definition, settings);
  // Security: what others see is written out here; whatever else an owner is shown stays with them.
  const visible: Offer = { id, kind: kind.name, name, summary, categories, keywords, icon };
  const isByDefault = rowOfKind(kind.name).canBeSharedByDefault && settings.isSharedByDefault;
  const isShared = obstacle === null && (settings.sharedByOfferId[id] ?? isByDefault);
  const offer = { ...visible, isShared, audience: settings.audienceByOfferId[id] ?? null, obstacle, source, details };
  return { kind, definition, offer, visible };
}

function toBroken(definition: object, reason: string, detail: string): BrokenEntry {
  const source = 'source' in definition ? String(definition.source).slice(0, 4096) : '';
  return { source, reason, detail: detail.slice(0, 200), line: null };
}

/** Leaves the state alone when the new value says the same, so that listeners hear only of changes. */
function setIfChanged<T>(state: State<T>, value: T): void {
  if (JSON.stringify(value) !== JSON.stringify(state.value)) state.set(value);
}

/** 16 hex digits over what somebody sees. */
export function digestOffers(offers: readonly Offer[]): string {
  return createHash('sha256').update(JSON.stringify(offers)).digest('hex').slice(0, 16);
}
