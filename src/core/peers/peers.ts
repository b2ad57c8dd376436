// Who is there: peers found by multicast DNS or added by address, with the connections to them and the catalogues of the open ones.
import type { ClientId } from '../../contract/contract.ts';
import type { Problem } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Identity } from '../identity/identity.ts';
import type { Log } from '../lib/log.ts';
import type { Followable } from '../lib/state.ts';
import { toShowable } from '../lib/text.ts';
import type { Offers } from '../offers/offers.ts';
import type { Notices } from '../wire/notices.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import { OLDEST_PROTOCOL } from '../wire/peer-protocol.ts';
import { createCatalogues } from './catalogues.ts';
import { createConnections } from './connections.ts';
import type { Advert } from './discovery/advert.ts';
import type { PeerBook, PeerFace } from './peer-book.ts';
import { startPeerList } from './peer-list.ts';

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
  const { identity, book } = options;
  await using stack = new AsyncDisposableStack();
  const list = stack.use(startPeerList(book));
  const connections = stack.use(createConnections({ ...options, list }));
  const catalogues = stack.use(createCatalogues({ ...options, list, connections }));

  function probe(): void {
    for (const entry of list.all()) {
      if (entry.connection?.isOpen || book.isBlocked(entry.id)) continue;
      // A person who reads that another key answers wants to know when the right one does.
      if (entry.imposture !== null && entry.openedBy.size > 0) {
        void catalogues.refresh(entry);
        continue;
      }
      if (entry.address === null || entry.advert !== undefined) continue;
      connections.connect(entry).then(
        () => connections.closeWhenIdle(entry),
        () => {
          entry.isAnswering = false;
          list.show();
        },
      );
    }
  }

  probe();
  const prober = setInterval(probe, PROBE_MS);
  prober.unref();
  stack.defer(() => clearInterval(prober));
  const kept = stack.move();
  return {
    state: list.state,
    catalogues: catalogues.state,
    open: catalogues.open,
    close: catalogues.close,
    closeAllOf: catalogues.closeAllOf,
    hold: connections.hold,
    add: connections.add,
    onSeen: (advert) => {
      if (advert.peerId === identity.id) return;
      const entry = list.add(advert.peerId);
      const isNewDigest = entry.advert?.catalogueDigest !== advert.catalogueDigest;
      const isBack = entry.advert === undefined;
      // Another address of a peer that could not be reached, or where somebody else answered, is worth a try.
      const isElsewhere = !entry.connection?.isOpen && String(entry.advert?.addresses) !== String(advert.addresses);
      entry.advert = advert;
      entry.lastSeenAt = Date.now();
      // The name of a connection is as much a claim as the one of an advert; the newest is shown.
      entry.name = toShowable(advert.name, 100) || entry.name;
      entry.problem = versionProblem(advert.protocol);
      if (entry.openedBy.size > 0 && (isNewDigest || isBack || isElsewhere)) void catalogues.refresh(entry);
      list.show();
    },
    onGone: (peerId) => {
      const entry = list.find(peerId);
      if (entry === undefined) return;
      entry.advert = undefined;
      const isUsed = entry.connection?.isOpen === true || entry.openedBy.size > 0;
      setTimeout(() => list.forgetWhenGone(entry), isUsed ? FORGET_AFTER_MS : 0).unref();
      list.show();
    },
    claimedNameOf: (peerId) => list.find(peerId)?.name || undefined,
    faceOf: (peerId, claimedName) => book.faceOf(peerId, list.find(peerId)?.name || claimedName),
    drop: (peerId) => {
      const entry = list.find(peerId);
      if (entry === undefined) return;
      entry.connection?.close();
      catalogues.forget(entry);
      list.forgetWhenGone(entry);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What an advert alone tells; the hello of the connection decides. */
function versionProblem(protocol: number): Problem | null {
  if (protocol < OLDEST_PROTOCOL) return { code: 'protocol-older', params: {} };
  // A newer peer may still speak our version: its hello says so.
  return null;
}
