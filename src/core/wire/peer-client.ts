// The visitor's end of the peer connection: connects, proves both keys, speaks on the control channel, opens tunnel channels.
import { connect as connectSocket, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type ClientChannel } from 'ssh2';
import { check } from '../../contract/check.ts';
import { AppError } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import { createLinePort } from '../../contract/line-port.ts';
import { createRpc, parseInput, type Rpc } from '../../contract/rpc.ts';
import { fingerprintOf, type Identity } from '../identity/identity.ts';
import type { Log } from '../lib/log.ts';
import { createOnceClosed } from '../lib/once-closed.ts';
import { TimeBudget } from '../lib/time-budget.ts';
import { CAPABILITIES, hasCapability } from './capabilities.ts';
import { plainAddress } from './listen.ts';
import { errorOfPeer } from './peer-problem.ts';
import {
  type CallOutput,
  type CallParams,
  CONTROL_SUBSYSTEM,
  type Hello,
  type HostNotice,
  helloSchema,
  hostNotices,
  MAX_MESSAGE_BYTES,
  type NoticeValue,
  OLDEST_PROTOCOL,
  PROTOCOL,
  type TunnelEnd,
  tunnelPath,
  type VisitorCall,
  visitorCalls,
} from './peer-protocol.ts';
import { algorithms, closingWhenDestroyed, KEEPALIVE, MAX_LISTENERS } from './ssh/ssh.ts';
import { type Guard, guardConnection } from './ssh/ssh-guard.ts';
import { speedUpConnection, speedUpSocket } from './ssh/ssh2-speed.ts';

/** A peer whose offers this computer uses, as long as the connection lasts. Its key is proved. */
export interface HostConnection {
  readonly peerId: PeerId;
  readonly address: PeerAddress;
  readonly hello: Hello;
  /** @throws AppError with the code that the host gave, `timeout`, and `protocol-older` where it does not know the call */
  call<C extends VisitorCall>(call: C, params: CallParams<C>, signal?: AbortSignal): Promise<CallOutput<C>>;
  /** A tunnel channel into a session's sandbox. @throws AppError `not-allowed` when the host refuses it, `timeout` when it says nothing, `protocol-older` where it has no such channel */
  openTunnel(sessionId: string, end: TunnelEnd): Promise<Duplex>;
  /** Returns the way to stop listening. */
  onClose(listener: () => void): () => void;
  readonly isOpen: boolean;
  close(): void;
}

export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

export interface ConnectOptions {
  readonly identity: Identity;
  readonly log: Log;
  readonly address: PeerAddress;
  /** Null only on first contact by address: then the key that is found is the peer. */
  readonly expectedId: PeerId | null;
  readonly name: string;
  readonly onNotice: <N extends HostNotice>(notice: N, value: NoticeValue<N>, connection: HostConnection) => void;
  readonly signal?: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 5000;
/** Every call is answered at once by a host that means well: a person's answer comes as a notice. */
const CALL_TIMEOUT_MS = 15_000;
/** Of the core's time for the control messages of one host: its icons come first, and nobody waits for more. */
const READING_MS_PER_SECOND = 200;
/** The sandbox must be there by then. */
const TUNNEL_TIMEOUT_MS = 30_000;

/**
 * Opens one SSH connection and says hello.
 * @throws AppError `peer-unreachable`, `peer-refuses`, `fingerprint-mismatch`, `peer-is-self`, `protocol-newer`, `protocol-older`, `cancelled`
 */
export async function connectPeer(options: ConnectOptions): Promise<HostConnection> {
  const { identity, address, expectedId, signal } = options;
  signal?.throwIfAborted();
  const client = new ssh2.Client();
  speedUpConnection(client, options.log);
  let peerId: PeerId | undefined;
  let socket: Socket | undefined;
  const abort = () => socket?.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    socket = speedUpSocket(connectSocket({ ...address, noDelay: true }));
    const guard = await openTransport(client, socket, options, (id) => {
      peerId = id;
    });
    if (peerId === identity.id) throw new AppError('peer-is-self', { address: address.host });
    const channel = await openControl(client, guard);
    return await sayHello(client, guard, socket, channel, peerId as PeerId, options);
  } catch (error) {
    client.end();
    socket?.destroy();
    if (signal?.aborted) throw new AppError('cancelled', {}, { cause: error });
    // Our own key is no impostor's: the address just leads back here, whoever was looked for.
    if (peerId === identity.id) throw new AppError('peer-is-self', { address: address.host }, { cause: error });
    if (peerId !== undefined && expectedId !== null && peerId !== expectedId) {
      throw new AppError('fingerprint-mismatch', { address: address.host }, { cause: error });
    }
    if (error instanceof AppError) throw error;
    const isRefused = (error as { level?: string }).level === 'client-authentication';
    throw new AppError(isRefused ? 'peer-refuses' : 'peer-unreachable', { address: address.host }, { cause: error });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function openTransport(
  client: ssh2.Client,
  socket: Socket,
  options: ConnectOptions,
  onKey: (id: PeerId) => void,
): Promise<Guard> {
  const { promise, resolve, reject } = Promise.withResolvers<Guard>();
  const timer = setTimeout(() => reject(new Error('timed out')), CONNECT_TIMEOUT_MS);
  client.on('error', (error: Error) => {
    options.log.debug({ error: error.message }, 'connection to peer failed');
    reject(error);
  });
  client.once('close', () => reject(new Error('closed')));
  client.connect({
    sock: socket,
    username: 'ebp',
    privateKey: options.identity.privateKey,
    algorithms,
    ...KEEPALIVE,
    readyTimeout: CONNECT_TIMEOUT_MS,
    strictVendor: false,
    // Security: the peer is its key. Another key than the advertised or pinned one ends the connection before we prove ours.
    hostVerifier: (key: Buffer) => {
      const id = fingerprintOf(key);
      onKey(id);
      return options.expectedId === null || id === options.expectedId;
    },
  });
  const guard = guardConnection(client, socket);
  client.once('ready', () => resolve(guard));
  return promise.finally(() => clearTimeout(timer));
}

function openControl(client: ssh2.Client, guard: Guard): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('timed out')), CONNECT_TIMEOUT_MS);
    client.subsys(CONTROL_SUBSYSTEM, (error, channel) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(guard.watch(channel));
    });
  });
}

async function sayHello(
  client: ssh2.Client,
  guard: Guard,
  socket: Socket,
  channel: ClientChannel,
  peerId: PeerId,
  options: ConnectOptions,
): Promise<HostConnection> {
  const { log } = options;
  const closed = createOnceClosed();
  socket.once('close', closed.close);
  channel.on('error', () => channel.destroy());
  const port = createLinePort(channel, {
    maxLineBytes: MAX_MESSAGE_BYTES,
    // Security: a host that sends without end delays only itself.
    budget: new TimeBudget(READING_MS_PER_SECOND),
    onMalformed: (error) => log.warn({ peerId, error: String(error) }, 'malformed message from peer'),
  });
  port.onClose(() => client.end());
  let connection: HostConnection | undefined;
  const rpc: Rpc = createRpc(port, {
    onNotification: (method, params) => {
      // Security: before its hello a host has nothing to say, and there is nobody yet to take it.
      if (connection === undefined || !Object.hasOwn(hostNotices, method)) return;
      const notice = method as HostNotice;
      const value = check(hostNotices[notice] as (typeof hostNotices)[HostNotice], params);
      if (value.success) options.onNotice(notice, value.data as never, connection);
      else log.warn({ peerId, notice }, 'malformed notice from peer');
    },
    onMalformed: () => log.warn({ peerId }, 'malformed message from peer'),
  });
  const call: HostConnection['call'] = async (name, input, signal) => {
    if (!hasCapability(hello.capabilities, `call.${name}`)) throw new AppError('protocol-older');
    const limit = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const output = await rpc
      .call(name, input, signal === undefined ? limit : AbortSignal.any([signal, limit]))
      .catch((error) => {
        throw limit.aborted && !signal?.aborted ? new AppError('timeout', {}, { cause: error }) : errorOfPeer(error);
      });
    return parseInput(visitorCalls[name].output, output, name) as never;
  };
  const own: Hello = {
    protocol: PROTOCOL,
    oldest: OLDEST_PROTOCOL,
    name: options.name,
    capabilities: [...CAPABILITIES],
  };
  const hello = parseInput(
    helloSchema,
    await rpc.call('hello', own, AbortSignal.timeout(CONNECT_TIMEOUT_MS)).catch((error) => {
      throw errorOfPeer(error);
    }),
    'hello',
  );
  checkVersion(hello);
  connection = {
    peerId,
    address: { host: plainAddress(socket.remoteAddress ?? options.address.host), port: options.address.port },
    hello,
    call,
    openTunnel: async (sessionId, end) => {
      if (!hasCapability(hello.capabilities, `channel.${end}`)) throw new AppError('protocol-older');
      return openTunnel(client, guard, sessionId, end);
    },
    onClose: closed.follow,
    get isOpen() {
      return !closed.isClosed;
    },
    close: () => {
      client.end();
      // A peer that does not answer the disconnect must not keep us.
      setTimeout(() => socket.destroy(), 500).unref();
    },
  };
  return connection;
}

/** @throws AppError `protocol-newer` or `protocol-older` when the two versions have nothing in common. */
export function checkVersion(other: Pick<Hello, 'protocol' | 'oldest'>): void {
  if (other.oldest > PROTOCOL) throw new AppError('protocol-newer');
  if (other.protocol < OLDEST_PROTOCOL) throw new AppError('protocol-older');
}

function openTunnel(client: ssh2.Client, guard: Guard, sessionId: string, end: TunnelEnd): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(new AppError('timeout'));
    }, TUNNEL_TIMEOUT_MS);
    try {
      client.openssh_forwardOutStreamLocal(tunnelPath(sessionId, end), (error, opened) => {
        clearTimeout(timer);
        if (isLate) opened?.resume().destroy();
        if (error) {
          reject(new AppError('not-allowed', {}, { cause: error }));
          return;
        }
        const channel = closingWhenDestroyed(guard.watch(opened));
        channel.on('error', () => channel.destroy()).setMaxListeners(MAX_LISTENERS);
        resolve(channel);
      });
    } catch (error) {
      clearTimeout(timer);
      // ssh2 throws when the connection is gone already.
      reject(new AppError('peer-unreachable', {}, { cause: error }));
    }
  });
}
