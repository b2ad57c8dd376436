// This computer's applications as offers: found on disk, kept up to date, and what of them peers may see.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { IconHash, OfferId } from '../../contract/ids.ts';
import type { BrokenEntry, Offer, OwnOffer } from '../../contract/offers.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { EntryFault } from './app/fault.ts';
import { createOfferMaker } from './app/offer.ts';
import { type App, createScanner, type Scan, SETTLE_MS } from './app/scan.ts';
import { startWatcher } from './app/watch.ts';
import { type Environment, findDataDirs, findProgramDirs } from './app/xdg.ts';
import { isVisibleTo, type Reader } from './audience.ts';
import { type Icon, startIconStore } from './icons/icon-store.ts';

export type { Environment } from './app/xdg.ts';
export type { Icon, Reader };

/** What runs when an offer is granted: made of this computer's disk alone, never of what a peer sent. */
export interface LaunchSpec {
  readonly offer: OwnOffer;
  /** The program's absolute path, then its arguments. Not for a shell. */
  readonly argv: readonly string[];
  /** As the entry's Path says; absolute. */
  readonly workingDirectory: string | null;
  /** Whether the program wants a terminal around it. */
  readonly isTerminal: boolean;
  /** Whether the program wants a Wayland compositor around it, which only a viewer can show. */
  readonly isWaylandOnly: boolean;
  readonly source: string;
  /** SHA-256 in hex over arguments and entry: another one means that something else would run. */
  readonly digest: string;
}

export interface OwnOffers {
  readonly offers: OwnOffer[];
  readonly broken: BrokenEntry[];
  /** Applications beyond what is listed. */
  readonly leftOut: number;
}

export interface Offers extends AsyncDisposable {
  /** All applications of this computer, by name, and the entries that could not be read. */
  readonly own: Followable<OwnOffers>;
  /** What this reader may see; null for anybody on the network. Nothing while sharing is paused. */
  visibleTo(reader: Reader | null): readonly Offer[];
  /** 16 hex digits that change when what anybody may see does. */
  readonly publicDigest: Followable<string>;
  /** What runs for an offer that this reader may see. For anything else undefined, as if it did not exist. */
  find(offerId: OfferId, reader: Reader): LaunchSpec | undefined;
  /** It ended because it could not build a sandbox of its own: its owner is shown so. */
  noteOwnSandboxNeeded(offerId: OfferId): void;
  /** An icon of this computer or of a peer. */
  readIcon(hash: string): Promise<Icon | null>;
  /** Only icons of what this reader may see. */
  readVisibleIcon(hash: string, reader: Reader): Promise<Icon | null>;
  hasIcon(hash: string): boolean;
  /** Keeps an icon that a peer sent. @throws AppError `bad-input`, `too-large`, `disk-full` */
  storeIcon(bytes: Uint8Array): Promise<IconHash>;
  /** Looks at the disk again now; resolves when `offers` shows what was found. */
  rescan(): Promise<void>;
}

export interface OffersOptions {
  readonly log: Log;
  readonly settings: Followable<Settings>;
  /** Where icons are kept; made when missing. */
  readonly iconsDir: string;
  readonly environment?: Environment;
}

/** How long the start waits for icons before it shows the applications without them. */
const ICONS_AT_START_MS = 500;
const PREPARED_AT_ONCE = 32;

/** Resolves when the applications are known. Bad input on disk is never an error here: it is in `offers.broken`. */
export async function startOffers(options: OffersOptions): Promise<Offers> {
  const { log, settings, iconsDir, environment = { env: process.env } } = options;
  const stack = new AsyncDisposableStack();
  const store = await startIconStore({ folder: iconsDir, log });
  const scanner = createScanner(environment, log);
  const collator = new Intl.Collator();
  const maker = createOfferMaker();

  const own = new State<OwnOffers>({ offers: [], broken: [], leftOut: 0 });
  const publicDigest = new State(digestOffers([]));
  let lastScan: Scan = { apps: [], broken: [], leftOut: 0, isUnsettled: false };
  let icons: ReadonlyMap<string, IconHash | null> = new Map();
  let appsById = new Map<OfferId, { readonly app: App; readonly offer: OwnOffer }>();

  const iconOf = ({ entry }: App): IconHash | null => (entry.icon === null ? null : (icons.get(entry.icon) ?? null));

  const needOwnSandbox = new Set<OfferId>();

  const firstPublished = Promise.withResolvers<void>();

  const publish = (): void => {
    const broken = [...lastScan.broken];
    appsById = new Map();
    for (const app of lastScan.apps) {
      try {
        // Two files can only make one id when somebody gave one of them the other's: the first keeps it.
        if (appsById.has(app.id)) throw new EntryFault('bad-id', app.id);
        const offer = maker.make(app, iconOf(app), settings.value, needOwnSandbox.has(app.id));
        appsById.set(app.id, { app, offer });
      } catch (error) {
        if (!(error instanceof EntryFault)) throw error;
        broken.push({ source: app.source, reason: error.reason, detail: error.detail, line: error.line });
      }
    }
    const list = [...appsById.values()].map(({ offer }) => offer);
    list.sort((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
    setIfChanged(own, { offers: list, broken, leftOut: lastScan.leftOut });
    publicDigest.set(digestOffers(visibleTo(null)));
  };

  const visibleTo = (reader: Reader | null): Offer[] =>
    own.value.offers
      .filter((offer) => isVisibleTo(reader, offer, settings.value))
      .map((offer) => maker.visibleOf(offer));

  /** Thousands of applications, a few at a time: everything else of the core waits for no more than these. */
  const prepareAll = async (): Promise<void> => {
    for (const [index, app] of lastScan.apps.entries()) {
      maker.prepare(app, iconOf(app));
      if (index % PREPARED_AT_ONCE === PREPARED_AT_ONCE - 1) await nextTurn();
    }
  };

  let settleTimer: NodeJS.Timeout | undefined;
  const scanOnce = async (): Promise<void> => {
    const startedAt = performance.now();
    lastScan = await scanner.scan();
    await prepareAll();
    if (stack.disposed) return;
    publish();
    firstPublished.resolve();
    icons = await scanner.findIcons(lastScan.apps, store);
    await prepareAll();
    if (stack.disposed) return;
    store.pin(new Set([...icons.values()].filter((hash) => hash !== null)));
    publish();
    clearTimeout(settleTimer);
    if (lastScan.isUnsettled) settleTimer = setTimeout(() => void rescan(), SETTLE_MS);
    const { apps, broken } = lastScan;
    const tookMs = Math.round(performance.now() - startedAt);
    log.debug({ apps: apps.length, broken: broken.length, tookMs }, 'applications scanned');
  };

  let isDue = false;
  let running: Promise<void> | null = null;
  const rescan = (): Promise<void> => {
    isDue = true;
    running ??= (async () => {
      while (isDue && !stack.disposed) {
        isDue = false;
        await scanOnce().catch((error: Error) => log.error({ stack: error.stack }, 'scanning applications failed'));
      }
      running = null;
    })();
    return running;
  };
  stack.defer(async () => {
    clearTimeout(settleTimer);
    await running;
  });

  stack.defer(settings.follow(() => publish()));
  const whole = rescan();
  await Promise.race([
    whole,
    Promise.all([firstPublished.promise, delay(ICONS_AT_START_MS, undefined, { ref: false })]),
  ]);
  stack.use(
    startWatcher({
      entryDirs: findDataDirs(environment).map((dir) => join(dir, 'applications')),
      programDirs: findProgramDirs(environment),
      log,
      onChange: () => void rescan(),
    }),
  );

  return {
    own,
    publicDigest,
    visibleTo,
    find: (offerId, reader) => {
      const found = appsById.get(offerId);
      if (!found || !isVisibleTo(reader, found.offer, settings.value)) return undefined;
      const { app, offer } = found;
      const { argv, workingDirectory, source } = app;
      const { isTerminal } = app.entry;
      const { isWaylandOnly } = app;
      return { offer, argv, workingDirectory, isTerminal, isWaylandOnly, source, digest: digestOf(found) };
    },
    noteOwnSandboxNeeded: (offerId) => {
      needOwnSandbox.add(offerId);
      publish();
    },
    readIcon: (hash) => store.get(hash),
    readVisibleIcon: async (hash, reader) =>
      visibleTo(reader).some(({ icon }) => icon === hash) ? store.get(hash) : null,
    hasIcon: (hash) => store.has(hash),
    storeIcon: (bytes) => store.put(bytes),
    rescan,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Security: a rule that was made for a program without a sandbox of its own is none for one with it. */
function digestOf({ app, offer }: { readonly app: App; readonly offer: OwnOffer }): string {
  if (offer.ownSandbox !== 'allowed') return app.digest;
  return createHash('sha256').update(`${app.digest} own sandbox`).digest('hex');
}

/** Leaves the state as it is when the new value says the same, so that nobody is told of nothing. */
function setIfChanged<T>(state: State<T>, value: T): void {
  if (JSON.stringify(value) !== JSON.stringify(state.value)) state.set(value);
}

/** 16 hex digits over what somebody sees. */
export function digestOffers(offers: readonly Offer[]): string {
  return createHash('sha256').update(JSON.stringify(offers)).digest('hex').slice(0, 16);
}
