// The list of peers: what adverts, connections and the book say of each, put together.
import type { ClientId } from '../../contract/contract.ts';
import { AppError, type Problem } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import { viewNames } from '../../contract/views.ts';
import { type Followable, State } from '../lib/state.ts';
import { hasCapability } from '../wire/capabilities.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import type { Advert } from './discovery/advert.ts';
import { type PeerBook, shortName } from './peer-book.ts';

/** One peer. */
export interface Entry {
  readonly id: PeerId;
  /** What it calls itself, the newest. */
  name: string;
  advert: Advert | undefined;
  /** Address that the person gave. */
  address: string | null;
  isAnswering: boolean;
  lastSeenAt: number;
  /** Why the last try to reach it failed. */
  problem: Problem | null;
  /** Another key answered where this peer should be, and its own has not answered since. */
  imposture: Problem | null;
  connection: HostConnection | undefined;
  connecting: Promise<HostConnection> | undefined;
  /** How many use the connection. */
  holders: number;
  idleTimer: NodeJS.Timeout | undefined;
  /** Which clients look at its catalogue. */
  readonly openedBy: Set<ClientId>;
  offers: readonly Offer[] | undefined;
  isCatalogueCut: boolean;
  refreshing: Promise<void> | undefined;
  isRefreshDue: boolean;
}

export interface PeerList extends Disposable {
  readonly state: Followable<readonly Peer[]>;
  all(): readonly Entry[];
  find(id: PeerId): Entry | undefined;
  /** @throws AppError `not-found` */
  need(id: PeerId): Entry;
  /** The peer; a new one where it was not in the list. */
  add(id: PeerId): Entry;
  /** Shows what has changed, soon. */
  show(): void;
  /** Shows what has changed, and takes the peer off the list when nobody has to do with it any more. */
  forgetWhenGone(entry: Entry): void;
}

export function startPeerList(book: PeerBook): PeerList {
  const entries = new Map<PeerId, Entry>();
  const state = new State<readonly Peer[]>([]);
  let isShowDue = false;

  function add(id: PeerId): Entry {
    const entry = entries.get(id) ?? newEntry(id);
    entries.set(id, entry);
    return entry;
  }

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

  function forgetWhenGone(entry: Entry): void {
    const isKnown = book.find(entry.id) !== undefined;
    if (entry.advert === undefined && !isKnown && entry.holders === 0 && entry.openedBy.size === 0) {
      clearTimeout(entry.idleTimer);
      entry.connection?.close();
      entries.delete(entry.id);
    }
    show();
  }

  const stopFollowing = book.state.follow((known) => {
    for (const { id, name, address } of known) {
      const entry = add(id);
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

  return {
    state,
    all: () => [...entries.values()],
    find: (id) => entries.get(id),
    need: (id) => {
      const entry = entries.get(id);
      if (entry === undefined) throw new AppError('not-found', { what: 'This computer' });
      return entry;
    },
    add,
    show,
    forgetWhenGone,
    [Symbol.dispose]: stopFollowing,
  };
}

function newEntry(id: PeerId): Entry {
  return {
    id,
    name: '',
    advert: undefined,
    address: null,
    isAnswering: false,
    lastSeenAt: 0,
    problem: null,
    imposture: null,
    connection: undefined,
    connecting: undefined,
    holders: 0,
    idleTimer: undefined,
    openedBy: new Set(),
    offers: undefined,
    isCatalogueCut: false,
    refreshing: undefined,
    isRefreshDue: false,
  };
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
    views: entry.connection === undefined ? null : viewsOf(entry.connection),
    lastSeenAt: entry.lastSeenAt,
  };
}

function viewsOf({ hello }: HostConnection): Peer['views'] {
  return viewNames.filter((name) => hasCapability(hello.capabilities, `view.${name}`));
}
