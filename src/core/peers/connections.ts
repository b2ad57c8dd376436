// The connections to peers: made when somebody needs one, shared by all who do, and closed when nobody does.
import { AppError, toProblem } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Identity } from '../identity/identity.ts';
import type { Log } from '../lib/log.ts';
import { createRateLimit } from '../lib/rate-limit.ts';
import type { Followable } from '../lib/state.ts';
import { toShowable } from '../lib/text.ts';
import type { Notices } from '../wire/notices.ts';
import { type ConnectOptions, connectPeer, type HostConnection, type PeerAddress } from '../wire/peer-client.ts';
import { connectFirst } from './connect-first.ts';
import { isAddress, splitAddress } from './discovery/advert.ts';
import type { PeerBook } from './peer-book.ts';
import type { Entry, PeerList } from './peer-list.ts';

export interface Connections extends Disposable {
  /** @throws AppError as `Peers.hold` */
  connect(entry: Entry): Promise<HostConnection>;
  /** See `Peers.hold`. */
  hold(peerId: PeerId, signal?: AbortSignal): Promise<{ readonly connection: HostConnection; release(): void }>;
  /** See `Peers.add`. */
  add(address: string): Promise<PeerId>;
  closeWhenIdle(entry: Entry): void;
  /** Called when a connection was lost, or closed. */
  onLost(listener: (entry: Entry) => void): void;
}

/** A connection that nobody uses is closed after this. */
const IDLE_MS = 30_000;
/** How often it is said of an address that it leads back here. */
const SELF_NOTE_MS = 60 * 60_000;

export function createConnections(options: {
  readonly list: PeerList;
  readonly identity: Identity;
  readonly book: PeerBook;
  readonly notices: Notices;
  readonly settings: Followable<Pick<Settings, 'name' | 'peerPort'>>;
  readonly log: Log;
}): Connections {
  const { list, identity, book, notices, settings, log } = options;
  /** Where a peer is looked for whose port nobody told. */
  const defaultPort = settings.value.peerPort;
  const abort = new AbortController();
  const lostListeners: ((entry: Entry) => void)[] = [];
  /** It is tried again and again as long as the peer is not here. */
  const selfNotes = createRateLimit(1, undefined, SELF_NOTE_MS);

  // Later, so that the answer to an earlier call is taken in first.
  const onNotice: ConnectOptions['onNotice'] = (notice, value, connection) =>
    setImmediate(() => notices.take(notice, value, connection));
  const common = () => ({ identity, log, name: settings.value.name, onNotice, signal: abort.signal });

  function addressesOf({ advert, address: given }: Entry): PeerAddress[] {
    const found = advert?.addresses.map((address) => splitAddress(address, advert.port)) ?? [];
    return given === null ? found : [...found, splitAddress(given, defaultPort)];
  }

  async function connectAny(entry: Entry): Promise<HostConnection> {
    const onSelf = (address: PeerAddress): void => {
      if (!selfNotes.take(`${entry.id} ${address.host} ${address.port}`)) return;
      log.info({ peerId: entry.id, ...address }, 'an address of the peer leads to this computer; it is left out');
    };
    const connection = await connectFirst(addressesOf(entry), { ...common(), expectedId: entry.id, onSelf });
    if (!book.isBlocked(entry.id)) return connection;
    connection.close();
    throw new AppError('peer-blocked');
  }

  /** Its key has answered. */
  function noteAnswer(entry: Entry, connection: HostConnection): void {
    entry.name = toShowable(connection.hello.name, 100) || entry.name;
    entry.imposture = null;
    entry.isAnswering = true;
    entry.lastSeenAt = Date.now();
  }

  async function connectOnce(entry: Entry): Promise<HostConnection> {
    try {
      const connection = await connectAny(entry);
      entry.connection = connection;
      entry.problem = null;
      noteAnswer(entry, connection);
      connection.onClose(() => {
        if (entry.connection !== connection) return;
        entry.connection = undefined;
        entry.isAnswering = false;
        list.forgetWhenGone(entry);
        for (const listener of lostListeners) listener(entry);
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
      list.show();
    }
  }

  function connect(entry: Entry): Promise<HostConnection> {
    // Security: whoever was blocked is not looked for again, also where a window still shows what it had.
    if (book.isBlocked(entry.id)) return Promise.reject(new AppError('peer-blocked'));
    if (entry.connection?.isOpen) return Promise.resolve(entry.connection);
    entry.connecting ??= connectOnce(entry);
    list.show();
    return entry.connecting;
  }

  const isUsed = (entry: Entry) => entry.holders > 0 || entry.openedBy.size > 0;

  function closeWhenIdle(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    if (isUsed(entry)) return;
    entry.idleTimer = setTimeout(() => {
      if (!isUsed(entry)) entry.connection?.close();
    }, IDLE_MS);
    entry.idleTimer.unref();
  }

  return {
    connect,
    closeWhenIdle,
    onLost: (listener) => void lostListeners.push(listener),
    hold: async (peerId, signal) => {
      const entry = list.need(peerId);
      if (book.isBlocked(peerId)) throw new AppError('peer-blocked');
      entry.holders += 1;
      clearTimeout(entry.idleTimer);
      let isHeld = true;
      const release = () => {
        if (!isHeld) return;
        isHeld = false;
        entry.holders -= 1;
        closeWhenIdle(entry);
        if (entry.connection === undefined) list.forgetWhenGone(entry);
      };
      try {
        const connection = await untilAborted(connect(entry), signal);
        return { connection, release };
      } catch (error) {
        release();
        throw error;
      }
    },
    add: async (address) => {
      const target = splitAddress(address, defaultPort);
      if (!isAddress(target)) throw new AppError('bad-address', { address });
      const connection = await connectPeer({ ...common(), address: target, expectedId: null });
      const entry = list.add(connection.peerId);
      noteAnswer(entry, connection);
      entry.name ||= address;
      entry.address = address;
      // The race of `connect` has its own connection; this one has done its work.
      connection.close();
      await book.update(entry.id, entry.name, { address });
      list.show();
      return entry.id;
    },
    [Symbol.dispose]: () => {
      abort.abort();
      for (const entry of list.all()) {
        clearTimeout(entry.idleTimer);
        entry.connection?.close();
      }
    },
  };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(new AppError('cancelled'));
    signal.addEventListener('abort', () => reject(new AppError('cancelled')), { once: true });
    promise.then(resolve, reject);
  });
}
