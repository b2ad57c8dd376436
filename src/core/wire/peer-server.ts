// The peer port: an SSH server that knows every visitor by its key, and gives it a control channel and tunnel channels only.
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { type Duplex, PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { AppError } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import { createLinePort } from '../../contract/line-port.ts';
import { createRpc, parseInput, type Rpc } from '../../contract/rpc.ts';
import { fingerprintOf, type Identity } from '../identity/identity.ts';
import type { Log } from '../lib/log.ts';
import { createOnceClosed } from '../lib/once-closed.ts';
import { TimeBudget, TimeBudgets } from '../lib/time-budget.ts';
import {
  type CallInput,
  type CallOutput,
  CONTROL_SUBSYSTEM,
  type HostNotice,
  MAX_CALL_BYTES,
  MAX_MESSAGE_BYTES,
  type NoticeValue,
  parseTunnelPath,
  type TunnelEnd,
  type VisitorCall,
  visitorCalls,
} from './peer-protocol.ts';
import { collectEarly } from './ssh/early-collection.ts';
import { createPacketBudgets } from './ssh/packet-budget.ts';
import { keepKeysReady } from './ssh/ready-keys.ts';
import { algorithms, batchWrites, closingWhenDestroyed, KEEPALIVE } from './ssh/ssh.ts';
import { type Guard, guardConnection } from './ssh/ssh-guard.ts';

/** A peer that uses this computer, as long as its connection lasts. Its key is proved. */
export interface Visitor {
  readonly peerId: PeerId;
  /** `ssh-ed25519 AAAA…`: the key that was proved. */
  readonly publicKey: string;
  readonly remoteAddress: string;
  notify<N extends HostNotice>(notice: N, value: NoticeValue<N>): void;
  /** Returns the way to stop listening. */
  onClose(listener: () => void): () => void;
  close(): void;
}

/** Answers a visitor's calls and its wishes for a tunnel channel. */
export interface Host {
  readonly calls: {
    readonly [C in VisitorCall]: (input: CallInput<C>, visitor: Visitor) => Promise<CallOutput<C>> | CallOutput<C>;
  };
  /** Takes the channel over. @throws when the visitor has no live grant for this session: the channel is refused. */
  openTunnel(visitor: Visitor, sessionId: string, end: TunnelEnd): Promise<(channel: Duplex) => void>;
  /** Whether this key may not connect at all. */
  isRefused(peerId: PeerId): boolean;
  /** Such a key was proved, and sent away. */
  onRefused(peerId: PeerId, remoteAddress: string): void;
}

export interface PeerServer extends AsyncDisposable {
  readonly port: number;
  /** Lets nobody in any more, and ends each connection when what was said on it is out. Resolves when the visitors are gone. */
  sayGoodbye(): Promise<void>;
}

export interface PeerServerOptions {
  readonly identity: Identity;
  readonly log: Log;
  /** The first port to try; the next free one of twenty is used when it is taken. */
  readonly port: number;
  readonly host: Host;
  /** Where each is noted that has proved its key. */
  readonly visitors?: { add(visitor: Visitor): void };
  /** How long a connection may take to prove a key. */
  readonly authenticationTimeoutMs?: number;
}

/** Connections that have not proved a key yet: for all addresses together and for one. */
const MAX_UNAUTHENTICATED = 64;
const MAX_UNAUTHENTICATED_PER_ADDRESS = 8;
const AUTHENTICATION_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS_PER_PEER = 4;
/** Keys cost nothing to make: with many of them, one computer must not take all the memory and the places. */
const MAX_CONNECTIONS_PER_ADDRESS = 64;
const MAX_CONNECTIONS = 512;
const MAX_CHANNELS_PER_CONNECTION = 64;
/** Whoever asks more, or does not read what it asked for, is not read itself: it need not have meant it. */
const MAX_CALLS_UNDER_WAY = 16;
const MAX_UNREAD_ANSWER_BYTES = 1024 * 1024;
const UNREAD_WAIT_MS = 10;
const UNSENT_POLL_MS = 2;
/** Of the core's time for the control messages of one peer. */
const READING_MS_PER_SECOND = 100;
const MAX_BUDGETS = 1000;

/** Opens the peer port on every interface. @throws the listen error of Node when no port of the twenty is free. */
export async function startPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  const { identity, log, host } = options;
  const sockets = new Set<Socket>();
  const unauthenticated = new Map<string, Socket>();
  const connectionsByPeer = new Map<PeerId, number>();
  /** With how to end the connection in good order. */
  const visitors = new Map<Visitor, () => Promise<void>>();
  let isLeaving = false;
  /** They outlive connections: a new one is no new second. */
  const readingTimes = new TimeBudgets<PeerId>(() => new TimeBudget(READING_MS_PER_SECOND), MAX_BUDGETS);
  /** Keys cost nothing to make, so these are by address. */
  const packetTimes = createPacketBudgets(MAX_BUDGETS);

  const sshServer = new ssh2.Server(
    { hostKeys: [identity.privateKey], ident: 'eBrainPool', algorithms, ...KEEPALIVE },
    (connection, info) => {
      const socket = unauthenticated.get(`${info.ip} ${info.port}`);
      if (socket === undefined) connection.end();
      else serveConnection(connection, socket);
    },
  );

  function serveConnection(connection: Connection, socket: Socket): void {
    let proved: ProvedKey | undefined;
    keepKeysReady(connection);
    const guard = guardConnection(connection, socket, packetTimes.of(socket.remoteAddress ?? ''));
    // Errors of a connection (a reset, garbage) end that connection and nothing else.
    connection.on('error', (error: Error) => {
      log.debug({ error: error.message }, 'peer connection failed');
      drop(connection, socket);
    });
    connection.on('authentication', (context) => {
      const answer = proveKey(context, host.isRefused);
      if (answer.proved !== undefined && answer.isAccepted) proved = answer.proved;
      if (answer.proved !== undefined && !answer.isAccepted) {
        host.onRefused(answer.proved.peerId, plainAddress(socket.remoteAddress ?? ''));
      }
      // The connection is ready within `accept`: what was proved must be known by then.
      if (answer.isAccepted) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('ready', () => {
      unauthenticated.delete(keyOf(socket));
      if (proved === undefined) {
        drop(connection, socket);
        return;
      }
      const { peerId: id } = proved;
      const count = (connectionsByPeer.get(id) ?? 0) + 1;
      if (count > MAX_CONNECTIONS_PER_PEER) {
        drop(connection, socket);
        return;
      }
      connectionsByPeer.set(id, count);
      socket.once('close', () => {
        const left = (connectionsByPeer.get(id) ?? 1) - 1;
        if (left === 0) connectionsByPeer.delete(id);
        else connectionsByPeer.set(id, left);
      });
      serveVisitor(connection, socket, guard, proved);
    });
  }

  function serveVisitor(connection: Connection, socket: Socket, guard: Guard, { peerId, publicKey }: ProvedKey): void {
    const closed = createOnceClosed();
    socket.once('close', closed.close);
    let control: Rpc | undefined;
    let controlChannel: ServerChannel | undefined;
    let channelCount = 0;
    const visitor: Visitor = {
      peerId,
      publicKey,
      remoteAddress: plainAddress(socket.remoteAddress ?? ''),
      notify: (notice, value) => control?.notify(notice, value),
      onClose: closed.follow,
      close: () => drop(connection, socket),
    };
    log.info({ peerId, from: visitor.remoteAddress }, 'peer connected');
    options.visitors?.add(visitor);
    visitors.set(visitor, async () => {
      const unsentBytes = () => (controlChannel?.writableLength ?? 0) + socket.writableLength;
      while (!closed.isClosed && unsentBytes() > 0) await sleep(UNSENT_POLL_MS);
      connection.end();
      await new Promise<void>((resolve) => closed.follow(resolve));
    });
    socket.once('close', () => {
      visitors.delete(visitor);
      log.info({ peerId }, 'peer disconnected');
    });

    let hasSession = false;
    connection.on('session', (acceptSession, rejectSession) => {
      if (hasSession) {
        rejectSession();
        return;
      }
      hasSession = true;
      const session = acceptSession();
      // Security: no shell, no exec, no environment, no pty: ssh2 refuses what has no listener.
      session.on('subsystem', (accept, reject, info) => {
        if (info.name !== CONTROL_SUBSYSTEM || control !== undefined) {
          // Null where the peer wants no answer, whatever the types say.
          (reject as typeof reject | undefined)?.();
          return;
        }
        controlChannel = guard.watch(accept());
        control = serveControl(controlChannel, visitor);
      });
    });
    connection.on(
      'openssh.streamlocal' as 'request',
      ((accept: () => ServerChannel, reject: () => void, info: { socketPath: string }) => {
        const target = parseTunnelPath(info.socketPath);
        if (target === null || channelCount >= MAX_CHANNELS_PER_CONNECTION || host.isRefused(peerId)) {
          reject();
          return;
        }
        channelCount += 1;
        host.openTunnel(visitor, target.sessionId, target.end).then(
          (take) => {
            // ssh2 never closes a channel that is accepted after its connection has ended: what waits for it would wait for ever.
            if (closed.isClosed) {
              const gone = new PassThrough();
              take(gone);
              gone.destroy();
              return;
            }
            const channel = closingWhenDestroyed(guard.watch(accept()));
            channel.on('error', () => channel.destroy());
            channel.once('close', () => {
              channelCount -= 1;
            });
            take(channel);
          },
          (error: Error) => {
            channelCount -= 1;
            log.warn({ peerId, end: target.end, error: error.message }, 'tunnel channel refused');
            reject();
          },
        );
      }) as never,
    );
    // Security: TCP forwards in either direction are refused; a peer reaches what a grant names and nothing else.
    connection.on('request', (_accept, reject) => reject?.());
    connection.on('tcpip', (_accept, reject) => reject());
  }

  function serveControl(channel: ServerChannel, visitor: Visitor): Rpc {
    channel.on('error', () => channel.destroy());
    const readingTime = readingTimes.of(visitor.peerId);
    let underWay = 0;
    const isFull = () => underWay >= MAX_CALLS_UNDER_WAY || channel.writableLength >= MAX_UNREAD_ANSWER_BYTES;
    const port = createLinePort(channel, {
      maxLineBytes: MAX_CALL_BYTES,
      maxBufferedBytes: 2 * MAX_MESSAGE_BYTES,
      // Security: who floods waits for itself, and nobody else does.
      budget: {
        waitMs: (now) => Math.max(readingTime.waitMs(now), isFull() ? UNREAD_WAIT_MS : 0),
        spend: (ms) => readingTime.spend(ms),
      },
      onMalformed: (error) => log.warn({ peerId: visitor.peerId, error: String(error) }, 'malformed message from peer'),
    });
    port.onClose(() => visitor.close());
    // Security: else what waits for its answers to be read would wait, and be kept, for ever.
    visitor.onClose(() => port.close());
    return createRpc(port, {
      hasMethod: (method) => Object.hasOwn(visitorCalls, method),
      onCall: async (method, params) => {
        // Security: a key that was refused after it had connected gets nothing more.
        if (host.isRefused(visitor.peerId)) {
          // After the answer, so that its person hears why.
          setImmediate(() => visitor.close());
          throw new AppError('peer-refuses');
        }
        const call = method as VisitorCall;
        const input = parseInput(visitorCalls[call].input, params, call);
        underWay += 1;
        try {
          return await host.calls[call](input as never, visitor);
        } finally {
          underWay -= 1;
        }
      },
      onBug: (error, method) =>
        log.error(
          { peerId: visitor.peerId, method, error: String((error as Error)?.stack ?? error) },
          'bug in a peer call',
        ),
      onMalformed: () => log.warn({ peerId: visitor.peerId }, 'malformed message from peer'),
    });
  }

  const server = createServer({ noDelay: true }, (socket) => {
    const address = socket.remoteAddress ?? '';
    const sameAddress = [...unauthenticated.values()].filter((other) => other.remoteAddress === address).length;
    const ofAddress = [...sockets].filter((other) => other.remoteAddress === address).length;
    if (
      isLeaving ||
      unauthenticated.size >= MAX_UNAUTHENTICATED ||
      sameAddress >= MAX_UNAUTHENTICATED_PER_ADDRESS ||
      sockets.size >= MAX_CONNECTIONS ||
      ofAddress >= MAX_CONNECTIONS_PER_ADDRESS
    ) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    unauthenticated.set(key, socket);
    sockets.add(socket);
    const timer = setTimeout(() => {
      if (unauthenticated.get(key) === socket) socket.destroy();
    }, options.authenticationTimeoutMs ?? AUTHENTICATION_TIMEOUT_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      sockets.delete(socket);
      unauthenticated.delete(key);
    });
    socket.on('error', () => socket.destroy());
    sshServer.injectSocket(collectEarly(batchWrites(socket)));
  });

  const port = await listenNear(server, options.port, log);
  log.info({ port }, 'peer port open');
  return {
    port,
    sayGoodbye: async () => {
      isLeaving = true;
      await Promise.all([...visitors.values()].map((leave) => leave()));
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface ProvedKey {
  readonly peerId: PeerId;
  readonly publicKey: string;
}

/** Checks that the visitor holds the private key (RFC 4252 section 7). Every Ed25519 key that is not refused may connect: a stranger may ask. */
function proveKey(
  context: AuthContext,
  isRefused: (peerId: PeerId) => boolean,
): { readonly isAccepted: boolean; readonly proved?: ProvedKey } {
  if (context.method !== 'publickey' || context.key.algo !== 'ssh-ed25519') return { isAccepted: false };
  // Without a signature it is only the question whether this key could be used.
  if (context.signature === undefined || context.blob === undefined) return { isAccepted: true };
  const publicKey = `ssh-ed25519 ${context.key.data.toString('base64')}`;
  const key = ssh2.utils.parseKey(publicKey);
  // Security: the signature covers this connection's session id, so it cannot be replayed.
  if (key instanceof Error || key.verify(context.blob, context.signature) !== true) return { isAccepted: false };
  const peerId = fingerprintOf(context.key.data);
  return { isAccepted: !isRefused(peerId), proved: { peerId, publicKey } };
}

/** Ends a connection; one whose other side does not answer (it was stopped, its cable is out) is cut. */
function drop(connection: Connection, socket: Socket): void {
  connection.end();
  setTimeout(() => socket.destroy(), 250).unref();
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/** An IPv4 address that arrived on a dual-stack socket, without its IPv6 wrapping. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

async function listenNear(server: NetServer, firstPort: number, log: Log): Promise<number> {
  for (let port = firstPort; ; port += 1) {
    try {
      return await listen(server, port, '::', log);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') {
        try {
          return await listen(server, port, '0.0.0.0', log);
        } catch (error4) {
          if ((error4 as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port >= firstPort + 19) throw error4;
        }
      } else if (code !== 'EADDRINUSE' || port >= firstPort + 19 || port >= 65535) {
        throw error;
      }
    }
  }
}

/** Listens, and resolves to the port (which matters when 0 was asked for). */
export function listen(server: NetServer, port: number, host: string, log: Log): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      // What fails later is one connection that could not be taken (too many open files, say), and no reason to end.
      server.on('error', (error) => log.warn({ port, error: error.message }, 'a connection could not be taken'));
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
