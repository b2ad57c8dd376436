// Who is there: peers found by multicast DNS or added by address, the connections to them, and the catalogues of the open ones.
import type { ClientId } from '../../contract/contract.ts';
import { AppError, type Problem, toProblem } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Identity } from '../identity/identity.ts';
import type { Log } from '../lib/log.ts';
import { createRateLimit } from '../lib/rate-limit.ts';
import { type Followable, State } from '../lib/state.ts';
import { toShowable } from '../lib/text.ts';
import type { Offers } from '../offers/offers.ts';
import type { Notices } from '../wire/notices.ts';
import { type ConnectOptions, connectPeer, type HostConnection, type PeerAddress } from '../wire/peer-client.ts';
import { OLDEST_PROTOCOL } from '../wire/peer-protocol.ts';
import { connectFirst } from './connect-first.ts';
import { type Advert, isAddress, splitAddress } from './discovery/advert.ts';
import { type PeerBook, type PeerFace, shortName } from './peer-book.ts';
import { fetchIcons, readCatalogue, withIconsHere } from './read-catalogue.ts';

export interface Peers extends AsyncDisposable {
  readonly state: Followable<readonly Peer[]>;
  /** Offers of the peers that are open. */
  readonly catalogues: Followable<Readonly<Record<PeerId, readonly Offer[]>>>;
  onSeen(advert: Advert): void;
  onGone(peerId: PeerId): void;
  open(peerId: PeerId, client: ClientId): Promise<void>;
  close(peerId: PeerId, client: ClientId): void;
  closeAllOf(client: ClientId): void;
  /** First contact with an address: whoever answers there is the peer from now on. @throws AppError `bad-address`, or as `connectPeer` */
  add(address: string): Promise<PeerId>;
  /** What it calls itself; undefined when it is not here. */
  claimedNameOf(peerId: PeerId): string | undefined;
  /** Ends the connection, and forgets the catalogue. */
  drop(peerId: PeerId): void;
  /**
   * The connection to a peer, opened when there is none. It stays at least until `release` is called.
   * @throws AppError `not-found`, `peer-unreachable`, `fingerprint-mismatch`, `protocol-newer`, `protocol-older`, `cancelled`
   */
  hold(peerId: PeerId, signal?: AbortSignal): Promise<{ readonly connection: HostConnection; release(): void }>;
  /** How to show a peer of whom this computer asked something: by what it calls itself now, or `claimedName` while it is not here. */
  faceOf(peerId: PeerId, claimedName: string): PeerFace;
}

interface Entry {
  readonly id: PeerId;
  name: string;
  advert: Advert | undefined;
  /** Addresses that the person gave. */
  address: string | null;
  isAnswering: boolean;
  lastSeenAt: number;
  connection: HostConnection | undefined;
  connecting: Promise<HostConnection> | undefined;
  problem: Problem | null;
  /** Another key answered where this peer should be, and its own has not answered since. */
  imposture: Problem | null;
  holders: number;
  readonly openedBy: Set<ClientId>;
  offers: readonly Offer[] | undefined;
  isCatalogueCut: boolean;
  idleTimer: NodeJS.Timeout | undefined;
  refreshing: Promise<void> | undefined;
  isRefreshDue: boolean;
}

/** A connection that nobody uses is closed after this. */
const IDLE_MS = 30_000;
/** Icons that come within this are shown together. */
const ICONS_WAIT_MS = 50;
/** How often it is said of an address that it leads back here. */
const SELF_NOTE_MS = 60 * 60_000;
/** How often a peer that was added by address is looked for while it does not answer. */
const PROBE_MS = 15_000;
/** Peers that vanished are shown as offline for so long when they are not of interest any more. */
const FORGET_AFTER_MS = 60_000;

export async function startPeers(options: {
  readonly identity: Identity;
  readonly log: Log;
  readonly book: PeerBook;
  readonly notices: Notices;
  /** Where the icons of peers are kept. */
  readonly icons: Pick<Offers, 'hasIcon' | 'storeIcon'>;
  readonly settings: Followable<Pick<Settings, 'name' | 'peerPort'>>;
}): Promise<Peers> {
  const { identity, log, book, notices, icons } = options;
  /** Where a peer is looked for whose port nobody told. */
  const defaultPort = options.settings.value.peerPort;
  const entries = new Map<PeerId, Entry>();
  const state = new State<readonly Peer[]>([]);
  const catalogues = new State<Readonly<Record<PeerId, readonly Offer[]>>>({});
  const abort = new AbortController();
  /** It is tried again and again as long as the peer is not here. */
  const selfNotes = createRateLimit(1, undefined, SELF_NOTE_MS);

  function entryFor(id: PeerId): Entry {
    let entry = entries.get(id);
    if (entry === undefined) {
      entry = {
        id,
        name: '',
        advert: undefined,
        address: null,
        isAnswering: false,
        lastSeenAt: 0,
        connection: undefined,
        connecting: undefined,
        problem: null,
        imposture: null,
        holders: 0,
        openedBy: new Set(),
        offers: undefined,
        isCatalogueCut: false,
        idleTimer: undefined,
        refreshing: undefined,
        isRefreshDue: false,
      };
      entries.set(id, entry);
    }
    return entry;
  }

  let isShowDue = false;
  function show(): void {
    if (isShowDue) return;
    isShowDue = true;
    // A burst of adverts is one change. Security: the longer the list, the rarer: a flood must not keep every window drawing.
    const waitMs = 20 + entries.size;
    setTimeout(() => {
      isShowDue = false;
      state.set([...entries.values()].map((entry) => toPeer(entry, book)));
    }, waitMs);
  }

  function showCatalogues(): void {
    const open = [...entries.values()].filter((entry) => entry.offers !== undefined && entry.openedBy.size > 0);
    catalogues.set(Object.fromEntries(open.map(({ id, offers }) => [id, withIconsHere(offers ?? [], icons)])));
  }

  let areIconsDue = false;
  function showNewIcons(): void {
    if (areIconsDue) return;
    areIconsDue = true;
    setTimeout(() => {
      areIconsDue = false;
      showCatalogues();
    }, ICONS_WAIT_MS);
  }

  // After the answer to any earlier call was taken in.
  const onNotice: ConnectOptions['onNotice'] = (notice, value, connection) =>
    setImmediate(() => notices.take(notice, value, connection));
  notices.on('catalogue.changed', (_, { peerId }) => {
    const entry = entries.get(peerId);
    if (entry !== undefined) void refreshCatalogue(entry);
  });

  function addressesOf(entry: Entry): PeerAddress[] {
    const { advert } = entry;
    const found = (advert?.addresses ?? []).map((address) => splitAddress(address, advert?.port ?? defaultPort));
    const given = entry.address === null ? [] : [splitAddress(entry.address, defaultPort)];
    return [...found, ...given];
  }

  function connectAny(entry: Entry): Promise<HostConnection> {
    const onSelf = (address: PeerAddress): void => {
      if (!selfNotes.take(`${entry.id} ${address.host} ${address.port}`)) return;
      log.info({ peerId: entry.id, ...address }, 'an address of the peer leads to this computer; it is left out');
    };
    const common = {
      identity,
      log,
      expectedId: entry.id,
      name: options.settings.value.name,
      onNotice,
      onSelf,
      signal: abort.signal,
    };
    return connectFirst(addressesOf(entry), common);
  }

  function connect(entry: Entry): Promise<HostConnection> {
    // Security: whoever was blocked is not looked for again, also where a window still shows what it had.
    if (book.isBlocked(entry.id)) return Promise.reject(new AppError('peer-blocked'));
    if (entry.connection?.isOpen) return Promise.resolve(entry.connection);
    entry.connecting ??= (async () => {
      try {
        const connection = await connectAny(entry);
        if (book.isBlocked(entry.id)) {
          connection.close();
          throw new AppError('peer-blocked');
        }
        entry.connection = connection;
        entry.name = toShowable(connection.hello.name, 100) || entry.name;
        entry.problem = null;
        entry.imposture = null;
        entry.isAnswering = true;
        entry.lastSeenAt = Date.now();
        connection.onClose(() => {
          if (entry.connection !== connection) return;
          entry.connection = undefined;
          entry.isAnswering = false;
          forgetWhenGone(entry);
          // Whoever looks at it wants it back: the network may have changed.
          if (entry.openedBy.size > 0) setTimeout(() => void refreshCatalogue(entry), 1000).unref();
        });
        return connection;
      } catch (error) {
        const problem = toProblem(error);
        if (problem.code !== 'cancelled') entry.problem = problem;
        // Security: whoever impersonates a peer can also fall silent, or advertise again; neither takes the warning away.
        if (problem.code === 'fingerprint-mismatch') entry.imposture = problem;
        throw error;
      } finally {
        entry.connecting = undefined;
        show();
      }
    })();
    show();
    return entry.connecting;
  }

  /** One reading at a time, and one more after it for whatever changed meanwhile, however often a peer says so. */
  async function refreshCatalogue(entry: Entry): Promise<void> {
    if (entry.refreshing !== undefined) {
      entry.isRefreshDue = true;
      await entry.refreshing;
      return;
    }
    entry.refreshing = (async () => {
      do {
        entry.isRefreshDue = false;
        await readOnce(entry);
        if (entry.isRefreshDue) await new Promise((resolve) => setTimeout(resolve, 300));
      } while (entry.isRefreshDue);
    })();
    await entry.refreshing;
    entry.refreshing = undefined;
  }

  async function readOnce(entry: Entry): Promise<void> {
    if (entry.openedBy.size === 0 || abort.signal.aborted || book.isBlocked(entry.id)) return;
    try {
      const connection = await connect(entry);
      const { offers, isCut } = await readCatalogue(connection);
      entry.offers = offers;
      if (entry.isCatalogueCut !== isCut) show();
      entry.isCatalogueCut = isCut;
      showCatalogues();
      // Icons come after the names, so that the list is there at once.
      await fetchIcons(connection, offers, icons, log, showNewIcons);
    } catch (error) {
      log.info({ peerId: entry.id, error: String(error) }, 'catalogue not read');
      entry.problem = toProblem(error);
      show();
    }
  }

  function closeWhenIdle(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    if (entry.holders > 0 || entry.openedBy.size > 0) return;
    entry.idleTimer = setTimeout(() => {
      if (entry.holders > 0 || entry.openedBy.size > 0) return;
      entry.connection?.close();
    }, IDLE_MS);
    entry.idleTimer.unref();
  }

  function forgetWhenGone(entry: Entry): void {
    const isKnown = book.find(entry.id) !== undefined;
    if (entry.advert === undefined && !isKnown && entry.holders === 0 && entry.openedBy.size === 0) {
      clearTimeout(entry.idleTimer);
      entry.connection?.close();
      entries.delete(entry.id);
    }
    show();
  }

  const peers: Peers = {
    state,
    catalogues,
    onSeen: (advert) => {
      if (advert.peerId === identity.id) return;
      const entry = entryFor(advert.peerId);
      const isNewDigest = entry.advert?.catalogueDigest !== advert.catalogueDigest;
      const isBack = entry.advert === undefined;
      // Another address of a peer that could not be reached, or where somebody else answered, is worth a try.
      const isElsewhere = !entry.connection?.isOpen && String(entry.advert?.addresses) !== String(advert.addresses);
      entry.advert = advert;
      entry.lastSeenAt = Date.now();
      // The name of a connection is as much a claim as the one of an advert; the newest is shown.
      entry.name = toShowable(advert.name, 100) || entry.name;
      entry.problem = versionProblem(advert.protocol);
      if (entry.openedBy.size > 0 && (isNewDigest || isBack || isElsewhere)) void refreshCatalogue(entry);
      show();
    },
    onGone: (peerId) => {
      const entry = entries.get(peerId);
      if (entry === undefined) return;
      entry.advert = undefined;
      setTimeout(
        () => forgetWhenGone(entry),
        entry.connection?.isOpen || entry.openedBy.size > 0 ? FORGET_AFTER_MS : 0,
      ).unref();
      show();
    },
    open: async (peerId, client) => {
      const entry = entries.get(peerId);
      if (entry === undefined) throw new AppError('not-found', { what: 'This computer' });
      if (book.isBlocked(peerId)) throw new AppError('peer-blocked');
      entry.openedBy.add(client);
      clearTimeout(entry.idleTimer);
      await refreshCatalogue(entry);
      if (entry.problem !== null) throw new AppError(entry.problem.code, entry.problem.params);
    },
    close: (peerId, client) => {
      const entry = entries.get(peerId);
      if (entry === undefined) return;
      entry.openedBy.delete(client);
      if (entry.openedBy.size === 0) entry.offers = undefined;
      showCatalogues();
      closeWhenIdle(entry);
      forgetWhenGone(entry);
    },
    closeAllOf: (client) => {
      for (const entry of entries.values()) if (entry.openedBy.has(client)) peers.close(entry.id, client);
    },
    add: async (address) => {
      const target = splitAddress(address, defaultPort);
      if (!isAddress(target)) throw new AppError('bad-address', { address });
      const connection = await connectPeer({
        identity,
        log,
        address: target,
        expectedId: null,
        name: options.settings.value.name,
        signal: abort.signal,
        onNotice,
      });
      const entry = entryFor(connection.peerId);
      entry.name = toShowable(connection.hello.name, 100) || address;
      entry.address = address;
      entry.isAnswering = true;
      entry.imposture = null;
      entry.lastSeenAt = Date.now();
      // The race of `connect` has its own connection; this one has done its work.
      connection.close();
      await book.update(entry.id, entry.name, { address });
      show();
      return entry.id;
    },
    claimedNameOf: (peerId) => entries.get(peerId)?.name || undefined,
    drop: (peerId) => {
      const entry = entries.get(peerId);
      if (entry === undefined) return;
      entry.connection?.close();
      entry.offers = undefined;
      showCatalogues();
      forgetWhenGone(entry);
    },
    hold: async (peerId, signal) => {
      const entry = entries.get(peerId);
      if (entry === undefined) throw new AppError('not-found', { what: 'This computer' });
      if (book.isBlocked(peerId)) throw new AppError('peer-blocked');
      entry.holders += 1;
      clearTimeout(entry.idleTimer);
      let isHeld = true;
      const release = () => {
        if (!isHeld) return;
        isHeld = false;
        entry.holders -= 1;
        closeWhenIdle(entry);
        if (entry.connection === undefined) forgetWhenGone(entry);
      };
      try {
        const connection = await untilAborted(connect(entry), signal);
        return { connection, release };
      } catch (error) {
        release();
        throw error;
      }
    },
    faceOf: (peerId, claimedName) => book.faceOf(peerId, entries.get(peerId)?.name || claimedName),
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      clearInterval(prober);
      stopFollowing();
      for (const entry of entries.values()) {
        clearTimeout(entry.idleTimer);
        entry.openedBy.clear();
        entry.connection?.close();
      }
    },
  };

  const probe = () => {
    for (const entry of entries.values()) {
      if (entry.connection?.isOpen || book.isBlocked(entry.id)) continue;
      // A person who reads that another key answers wants to know when the right one does.
      if (entry.imposture !== null && entry.openedBy.size > 0) {
        void refreshCatalogue(entry);
        continue;
      }
      if (entry.address === null || entry.advert !== undefined) continue;
      connect(entry).then(
        () => closeWhenIdle(entry),
        () => {
          entry.isAnswering = false;
          show();
        },
      );
    }
  };
  const stopFollowing = book.state.follow((known) => {
    for (const { id, name, address } of known) {
      const entry = entryFor(id);
      entry.name ||= name;
      entry.address = address;
    }
    // What was forgotten is gone from the list, unless it is there.
    for (const entry of [...entries.values()]) {
      if (known.some(({ id }) => id === entry.id)) continue;
      entry.address = null;
      if (entry.connection === undefined) forgetWhenGone(entry);
    }
    show();
  });
  probe();
  const prober = setInterval(probe, PROBE_MS);
  prober.unref();
  return peers;
}

function toPeer(entry: Entry, book: PeerBook): Peer {
  const isOnline = entry.advert !== undefined || entry.isAnswering || entry.connection?.isOpen === true;
  const problem = entry.imposture ?? entry.problem;
  const connection = entry.connection?.isOpen
    ? 'connected'
    : entry.connecting !== undefined
      ? 'connecting'
      : problem !== null
        ? 'failed'
        : 'none';
  const claimedName = entry.name || shortName(entry.id);
  const known = book.find(entry.id);
  return {
    id: entry.id,
    ...book.faceOf(entry.id, claimedName),
    claimedName,
    isRenamed: (known?.localName ?? null) !== null,
    isBlocked: known?.isBlocked === true,
    isKnown: known !== undefined,
    addresses: [...(entry.advert?.addresses ?? []), ...(entry.address === null ? [] : [entry.address])].slice(0, 32),
    presence: isOnline ? 'online' : 'offline',
    connection,
    problem,
    isAddedByAddress: entry.address !== null,
    isCatalogueCut: entry.isCatalogueCut,
    lastSeenAt: entry.lastSeenAt,
  };
}

/** What an advert alone tells; the hello of the connection decides. */
function versionProblem(protocol: number): Problem | null {
  if (protocol < OLDEST_PROTOCOL) return { code: 'protocol-older', params: {} };
  // A newer peer may still speak our version: its hello says so.
  return null;
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(new AppError('cancelled'));
    signal.addEventListener('abort', () => reject(new AppError('cancelled')), { once: true });
    promise.then(resolve, reject);
  });
}
