// The catalogues of the peers that a client looks at, read again when they change, each icon when it is here.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientId } from '../../contract/contract.ts';
import { AppError, type ErrorCode, toProblem } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Log } from '../lib/log.ts';
import { retry } from '../lib/retry.ts';
import { type Followable, State } from '../lib/state.ts';
import type { Offers } from '../offers/offers.ts';
import type { Notices } from '../wire/notices.ts';
import type { Connections } from './connections.ts';
import type { PeerBook } from './peer-book.ts';
import type { Entry, PeerList } from './peer-list.ts';
import { fetchIcons, readCatalogue, withIconsHere } from './read-catalogue.ts';

export interface Catalogues extends Disposable {
  readonly state: Followable<Readonly<Record<PeerId, readonly Offer[]>>>;
  open(peerId: PeerId, client: ClientId): Promise<void>;
  close(peerId: PeerId, client: ClientId): void;
  closeAllOf(client: ClientId): void;
  /** Reads it again, where somebody looks at it. */
  refresh(entry: Entry): Promise<void>;
  forget(entry: Entry): void;
}

/** Icons that come within this are shown together. */
const ICONS_WAIT_MS = 50;
/** Between two readings, however often a peer says that something has changed. */
const BETWEEN_MS = 300;
/** After a connection was lost: the network may have changed. */
const AFTER_LOSS = { firstMs: 1000, longestMs: 15_000, isLater: true };
/** Answers that stay the same until somebody changes something there. Asked again only when somebody looks again. */
const FINAL: readonly ErrorCode[] = ['peer-refuses', 'protocol-newer', 'protocol-older', 'not-found'];

export function createCatalogues(options: {
  readonly list: PeerList;
  readonly connections: Connections;
  readonly book: PeerBook;
  readonly notices: Notices;
  /** Where the icons of peers are kept. */
  readonly icons: Pick<Offers, 'hasIcon' | 'storeIcon'>;
  readonly log: Log;
}): Catalogues {
  const { list, connections, book, notices, icons, log } = options;
  const state = new State<Readonly<Record<PeerId, readonly Offer[]>>>({});
  const abort = new AbortController();
  /** Those whose connection was lost while somebody looks at them. */
  const lookingAgain = new Set<Entry>();
  let areIconsDue = false;

  function show(): void {
    const open = list.all().filter((entry) => entry.offers !== undefined && entry.openedBy.size > 0);
    state.set(Object.fromEntries(open.map(({ id, offers }) => [id, withIconsHere(offers ?? [], icons)])));
  }

  function showNewIcons(): void {
    if (areIconsDue) return;
    areIconsDue = true;
    setTimeout(() => {
      areIconsDue = false;
      show();
    }, ICONS_WAIT_MS);
  }

  async function readOnce(entry: Entry): Promise<void> {
    if (entry.openedBy.size === 0 || abort.signal.aborted || book.isBlocked(entry.id)) return;
    try {
      const connection = await connections.connect(entry);
      const { offers, isCut } = await readCatalogue(connection);
      entry.offers = offers;
      if (entry.isCatalogueCut !== isCut) list.show();
      entry.isCatalogueCut = isCut;
      show();
      // Icons come after the names, so that the list is there at once.
      await fetchIcons(connection, offers, icons, log, showNewIcons);
    } catch (error) {
      log.info({ peerId: entry.id, error: String(error) }, 'catalogue not read');
      entry.problem = toProblem(error);
      list.show();
    }
  }

  /** One reading at a time, and one more after it for whatever changed meanwhile, however often a peer says so. */
  async function refresh(entry: Entry): Promise<void> {
    if (entry.refreshing !== undefined) {
      entry.isRefreshDue = true;
      await entry.refreshing;
      return;
    }
    entry.refreshing = (async () => {
      do {
        entry.isRefreshDue = false;
        await readOnce(entry);
        if (entry.isRefreshDue) await sleep(BETWEEN_MS);
      } while (entry.isRefreshDue);
    })();
    await entry.refreshing;
    entry.refreshing = undefined;
  }

  /** Whoever looks at it wants it back. */
  async function lookAgain(entry: Entry): Promise<void> {
    if (lookingAgain.has(entry)) return;
    lookingAgain.add(entry);
    const attempt = async () => {
      if (entry.openedBy.size === 0 || book.isBlocked(entry.id)) return;
      await refresh(entry);
      if (entry.connection?.isOpen !== true) throw new AppError(entry.problem?.code ?? 'peer-unreachable');
    };
    try {
      const isFinal = (error: unknown) => FINAL.includes(toProblem(error).code);
      await retry(attempt, { ...AFTER_LOSS, signal: abort.signal, isFinal });
    } catch {
      // It is shown with the problem, or this computer's eBrainPool ends.
    } finally {
      lookingAgain.delete(entry);
    }
  }

  function close(entry: Entry, client: ClientId): void {
    entry.openedBy.delete(client);
    if (entry.openedBy.size === 0) entry.offers = undefined;
    show();
    connections.closeWhenIdle(entry);
    list.forgetWhenGone(entry);
  }

  notices.on('catalogue.changed', (_, { peerId }) => {
    const entry = list.find(peerId);
    if (entry !== undefined) void refresh(entry);
  });
  connections.onLost((entry) => void lookAgain(entry));

  return {
    state,
    refresh,
    open: async (peerId, client) => {
      const entry = list.need(peerId);
      if (book.isBlocked(peerId)) throw new AppError('peer-blocked');
      entry.openedBy.add(client);
      clearTimeout(entry.idleTimer);
      await refresh(entry);
      if (entry.problem !== null) throw new AppError(entry.problem.code, entry.problem.params);
    },
    close: (peerId, client) => {
      const entry = list.find(peerId);
      if (entry !== undefined) close(entry, client);
    },
    closeAllOf: (client) => {
      for (const entry of list.all()) if (entry.openedBy.has(client)) close(entry, client);
    },
    forget: (entry) => {
      entry.offers = undefined;
      show();
    },
    [Symbol.dispose]: () => {
      abort.abort();
      for (const entry of list.all()) entry.openedBy.clear();
    },
  };
}
