// Holds a peer to the rules of SSH that ssh2 lets it break: each message is looked at before ssh2 keeps it or answers it.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TimeBudget } from '../../lib/time-budget.ts';
import { ownPacketsMs, PACKETS_MS_PER_SECOND, type PacketBudget } from './packet-budget.ts';

/** What is written here is what ssh2 1.17.0 has; `ssh-guard.test.ts` tells when a later one has it no more. */
interface Protocol {
  _onPayload: (payload: Buffer) => unknown;
  parse: (chunk: Buffer, from: number, to: number) => void;
  readonly _onError: (error: Error) => void;
  readonly _authenticated: boolean;
  /** Set while keys are exchanged: what is sent meanwhile waits in a queue without a limit. */
  readonly _kexinit: unknown;
  readonly _destruct?: () => void;
  disconnect(reason: number): void;
  requestFailure(): void;
}

interface Channel {
  readonly incoming: { readonly window: number; readonly state: string };
  readonly outgoing: { readonly window: number };
  readonly readableLength: number;
  readonly _readableState: { readonly buffer: { readonly length: number } };
}

interface Connection {
  readonly _protocol: Protocol;
  readonly _chanMgr: { get(id: number): unknown };
  on(event: 'handshake', listener: () => void): unknown;
}

type Write = (chunk: unknown, encoding: unknown, done: unknown) => void;

export interface Guard {
  /** Has the channel wait for a peer that does not read, and end soon after its connection. To be called before anything is written to it. */
  watch<C extends Duplex>(channel: C): C;
}

/** Message numbers (RFC 4250 section 4.1.2). */
const KEXINIT = 20;
const FIRST_OF_LOG_IN = 50;
const FIRST_OF_CONNECTION = 80;
const GLOBAL_REQUEST = 80;
const CHANNEL_OPEN = 90;
const CHANNEL_OPEN_CONFIRMATION = 91;
const CHANNEL_WINDOW_ADJUST = 93;
const CHANNEL_DATA = 94;
const CHANNEL_EXTENDED_DATA = 95;
const CHANNEL_REQUEST = 98;
/** Of SSH_MSG_DISCONNECT (RFC 4253 section 11.1). */
const PROTOCOL_ERROR = 2;

/** Implementations take 16 KiB or more. ssh2 spins for ever at 0, and at 1 a packet costs fifty times what it carries. */
export const MIN_PACKET_BYTES = 1024;
/** What both ends of ours tell each other. */
export const MAX_PACKET_BYTES = 32 * 1024;
const MAX_UINT32 = 2 ** 32 - 1;
/** Each is an object of a hundred bytes, however little it carries. */
export const MAX_UNREAD_PACKETS = 65_536;
const SMALL_BYTES = 1024;

/** The two handshakes and a log-in take some 4 KiB; of a later exchange of keys, 2. */
export const MAX_HANDSHAKE_BYTES = 64 * 1024;
/** An end of ours never exchanges keys anew; others do after a gigabyte or an hour. */
export const MAX_KEY_EXCHANGES = 8;
const KEY_EXCHANGE_EVERY_MS = 1000;

/** With so much on its way to a peer that does not read, its channels wait. */
export const CLOGGED_BYTES = 1024 * 1024;
/** Who means well does not ask so much and read so little. */
export const MAX_UNREAD_ANSWERS = 2048;
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;
/** The same of all peers together. */
const MAX_UNSENT_BYTES_OF_ALL = 48 * 1024 * 1024;
const LINGER_MS = 250;
/** For what has come on a connection that is gone, and is still to be read. */
const LEFT_TO_READ_MS = 2000;

/** What a packet takes, whatever it carries; by count, because a busy computer is not the peer's doing. */
const PACKET_MS = 0.005;
const LOG_IN_MS = 0.25;
/** One that carries so much is worth its time. */
const FULL_BYTES = 4096;

const guarded = new Set<Socket>();

/**
 * Fences in one connection of ssh2. To be called before its first packet: at a server in the event `connection`, at a client
 * right after `connect`. Who breaks a rule loses the connection, which emits `error` first.
 * @param packetTime of all connections of the other side's address
 */
export function guardConnection(
  connection: object,
  socket: Socket,
  packetTime: PacketBudget = new TimeBudget(PACKETS_MS_PER_SECOND),
): Guard {
  const { _protocol: protocol, _chanMgr: channels } = connection as Connection;
  const ownPacketTime = new TimeBudget(() => ownPacketsMs(guarded.size));
  const held: (() => void)[] = [];
  const watched = new Set<Duplex>();
  let exchanges = 0;
  let exchangedAt = 0;
  let handshakeBytes = 0;
  /** To what ssh2 answers by itself, while the socket is full. */
  let unreadAnswers = 0;

  /** Security: nothing more of this peer is read. The result ends ssh2's loop over what has come already. */
  function end(why: string): number {
    try {
      protocol.disconnect(PROTOCOL_ERROR);
    } catch {
      // It has ended by itself.
    }
    protocol._destruct?.();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
    protocol._onError(new Error(why));
    return Number.POSITIVE_INFINITY;
  }

  function channelOf(id: number): Channel | undefined {
    // ssh2 throws at the last number.
    const entry = id < MAX_UINT32 ? channels.get(id) : undefined;
    const { incoming, _channel } = (entry ?? {}) as Partial<Channel> & { readonly _channel?: Channel };
    return incoming === undefined ? _channel : (entry as Channel);
  }

  /** What is wrong with a message; null when nothing is. One that is cut short is ssh2's to refuse. */
  function faultOf(type: number, payload: Buffer): string | null {
    if (type === CHANNEL_DATA && protocol._authenticated)
      return payload.length < 9 ? null : faultOfData(payload.readUInt32BE(1), payload.readUInt32BE(5));
    if (type >= FIRST_OF_CONNECTION && !protocol._authenticated) return 'a channel message before a key was proved';
    if (type > KEXINIT && type < FIRST_OF_LOG_IN) return 'a message of a key exchange outside of one';
    if (type >= FIRST_OF_LOG_IN && type < FIRST_OF_CONNECTION && protocol._authenticated) return 'a second log-in';
    switch (type) {
      case KEXINIT:
        return faultOfKeyExchange();
      case CHANNEL_OPEN:
        return payload.length < 5 ? null : faultOfPacketSize(payload, 5 + payload.readUInt32BE(1) + 8);
      case CHANNEL_OPEN_CONFIRMATION: {
        if (payload.length < 17) return null;
        const id = payload.readUInt32BE(1);
        const isAwaited = id < MAX_UINT32 && typeof channels.get(id) === 'function';
        return isAwaited ? faultOfPacketSize(payload, 13) : 'a confirmation that nobody waits for';
      }
      case CHANNEL_WINDOW_ADJUST: {
        if (payload.length < 9) return null;
        // ssh2 itself sends one now and then for a channel that has just been closed.
        const window = channelOf(payload.readUInt32BE(1))?.outgoing.window ?? 0;
        return window + payload.readUInt32BE(5) > MAX_UINT32 ? 'a window beyond 2^32 - 1' : null;
      }
      case CHANNEL_EXTENDED_DATA:
        // Security: nobody here reads it, and ssh2 would keep it for whoever did.
        return 'extended data, which no channel has';
      default:
        return null;
    }
  }

  function faultOfPacketSize(payload: Buffer, at: number): string | null {
    if (payload.length < at + 4) return null;
    const sizeBytes = payload.readUInt32BE(at);
    if (sizeBytes < MIN_PACKET_BYTES) return `packets of ${sizeBytes} bytes at most`;
    if (sizeBytes > MAX_PACKET_BYTES) payload.writeUInt32BE(MAX_PACKET_BYTES, at);
    return null;
  }

  function faultOfData(id: number, sizeBytes: number): string | null {
    const channel = channelOf(id);
    if (channel === undefined) return 'data for a channel that is not there';
    if (channel.incoming.state !== 'open') return 'data after the end of it';
    if (sizeBytes > MAX_PACKET_BYTES) return 'a packet beyond its limit';
    if (sizeBytes > channel.incoming.window) return 'data beyond the window';
    const unread = channel._readableState.buffer.length;
    return unread > MAX_UNREAD_PACKETS ? 'too many packets that nobody has read yet' : null;
  }

  function faultOfKeyExchange(): string | null {
    const now = performance.now();
    exchanges = Math.max(0, exchanges - (now - exchangedAt) / KEY_EXCHANGE_EVERY_MS) + 1;
    exchangedAt = now;
    return exchanges > MAX_KEY_EXCHANGES ? 'too many key exchanges' : null;
  }

  function faultOfAnswers(type: number): string | null {
    if (type !== GLOBAL_REQUEST && type !== CHANNEL_OPEN && type !== CHANNEL_REQUEST) return null;
    unreadAnswers = socket.writableNeedDrain ? unreadAnswers + 1 : 0;
    return unreadAnswers > MAX_UNREAD_ANSWERS ? 'answers that are not read' : null;
  }

  const pass = protocol._onPayload;
  protocol._onPayload = (payload) => {
    const type = payload[0];
    const ms = protocol._authenticated ? PACKET_MS * Math.max(0, 1 - payload.length / FULL_BYTES) : LOG_IN_MS;
    packetTime.spend(ms);
    ownPacketTime.spend(ms);
    if (type === undefined) return pass(payload);
    const fault = faultOf(type, payload) ?? faultOfAnswers(type);
    if (fault !== null) return end(fault);
    if (type === GLOBAL_REQUEST) {
      // Security: none is granted here, and ssh2's client would look into some. After the name stands whether an answer is wanted.
      const at = payload.length < 5 ? payload.length : 5 + payload.readUInt32BE(1);
      if (at >= payload.length) return end('a malformed global request');
      // ssh2's server takes any packet as a sign of life, also an empty one.
      pass(Buffer.of());
      if (payload[at] !== 0) protocol.requestFailure();
      return undefined;
    }
    const isSmall = type === CHANNEL_DATA && payload.length >= 9 && payload.length < SMALL_BYTES;
    // Security: a byte that waits keeps its whole packet alive; copies of small ones share their memory.
    if (isSmall && (channelOf(payload.readUInt32BE(1))?.readableLength ?? 0) > 0) return pass(Buffer.from(payload));
    return pass(payload);
  };

  const parse = protocol.parse.bind(protocol);
  protocol.parse = (chunk, from, to) => {
    const now = performance.now();
    const waitMs = Math.min(packetTime.waitMs(now), ownPacketTime.waitMs(now));
    if (waitMs > 0) {
      // Security: many small packets take the time of all others, so their sender waits.
      socket.pause();
      socket.unshift(chunk.subarray(from, to));
      setTimeout(() => socket.resume(), waitMs).unref();
      return;
    }
    const isHandshake = !protocol._authenticated || protocol._kexinit !== undefined;
    handshakeBytes = isHandshake ? handshakeBytes + to - from : 0;
    if (handshakeBytes > MAX_HANDSHAKE_BYTES) {
      end('a handshake without an end');
      return;
    }
    parse(chunk, from, to);
    endWhoDoesNotRead();
  };

  function endWhoDoesNotRead(): void {
    if (socket.writableLength <= CLOGGED_BYTES) return;
    if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
    let unsentBytes = 0;
    let worst = socket;
    for (const other of guarded) {
      unsentBytes += other.writableLength;
      if (other.writableLength > worst.writableLength) worst = other;
    }
    if (unsentBytes > MAX_UNSENT_BYTES_OF_ALL) worst.destroy();
  }

  // Security: ssh2 encrypts what a window allows also for a socket that is gone, and then throws it away.
  const isClogged = () => socket.writableLength >= CLOGGED_BYTES || protocol._kexinit !== undefined || !socket.writable;
  const release = () => {
    for (const write of held.splice(0)) write();
  };
  guarded.add(socket);
  socket.on('drain', release);
  (connection as Connection).on('handshake', release);
  socket.once('close', () => {
    guarded.delete(socket);
    held.length = 0;
    // Security: a channel of ssh2 ends when all that came is read. Whoever waits to write to it reads nothing, and would keep it for ever.
    setTimeout(() => {
      for (const channel of watched) channel.destroy();
    }, LEFT_TO_READ_MS).unref();
  });

  return {
    watch: (channel) => {
      const own = channel as unknown as { _write: Write };
      const write = own._write.bind(channel);
      // Security: ssh2 hands everything that the peer's window allows to the socket, which keeps it for a peer that does not read.
      own._write = (chunk, encoding, done) => {
        if (isClogged()) held.push(() => own._write(chunk, encoding, done));
        else write(chunk, encoding, done);
      };
      watched.add(channel);
      channel.once('close', () => watched.delete(channel));
      return channel;
    },
  };
}
