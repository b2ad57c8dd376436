// The rules of SSH that ssh2 lets a peer break, message by message; and what a peer may repeat.
import type { Socket } from 'node:net';

/** As in ssh2 1.17.0; `ssh-guard.test.ts` fails when a later version is different. */
export interface Protocol {
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

export interface Channel {
  readonly incoming: { readonly window: number; readonly state: string };
  readonly outgoing: { readonly window: number };
  readonly readableLength: number;
  readonly _readableState: { readonly buffer: { readonly length: number } };
}

export interface Connection {
  readonly _protocol: Protocol;
  readonly _chanMgr: { get(id: number): unknown };
  on(event: 'handshake', listener: () => void): unknown;
}

/** Message numbers (RFC 4250 section 4.1.2). */
const KEXINIT = 20;
const FIRST_OF_LOG_IN = 50;
const FIRST_OF_CONNECTION = 80;
export const GLOBAL_REQUEST = 80;
const CHANNEL_OPEN = 90;
const CHANNEL_OPEN_CONFIRMATION = 91;
const CHANNEL_WINDOW_ADJUST = 93;
export const CHANNEL_DATA = 94;
const CHANNEL_EXTENDED_DATA = 95;
const CHANNEL_REQUEST = 98;

/** Implementations take 16 KiB or more. ssh2 spins for ever at 0, and at 1 a packet costs fifty times what it carries. */
export const MIN_PACKET_BYTES = 1024;
/** What both of our ends announce. */
export const MAX_PACKET_BYTES = 32 * 1024;
const MAX_UINT32 = 2 ** 32 - 1;
/** Each takes a hundred bytes of memory, however little it carries. */
export const MAX_UNREAD_PACKETS = 65_536;
/** An end of ours never exchanges keys anew; others do after a gigabyte or an hour. */
export const MAX_KEY_EXCHANGES = 8;
const KEY_EXCHANGE_EVERY_MS = 1000;

/** No honest peer leaves so many answers unread. */
export const MAX_UNREAD_ANSWERS = 2048;

export interface MessageRules {
  /** What is wrong with a message; null when nothing is. One that is cut short is left to ssh2, which refuses it. */
  faultOf(type: number, payload: Buffer): string | null;
  /** ssh2's own object for a channel, whoever opened it. */
  channelOf(id: number): Channel | undefined;
}

/** For one connection, whose messages are asked about in their order. */
export function messageRules(
  { _protocol: protocol, _chanMgr: channels }: Connection,
  socket: Pick<Socket, 'writableNeedDrain'>,
): MessageRules {
  let exchanges = 0;
  let exchangedAt = 0;
  /** Messages that ssh2 answers by itself, counted while the socket is full. */
  let unreadAnswers = 0;

  function channelOf(id: number): Channel | undefined {
    // ssh2 throws at the last number.
    const entry = id < MAX_UINT32 ? channels.get(id) : undefined;
    const { incoming, _channel } = (entry ?? {}) as Partial<Channel> & { readonly _channel?: Channel };
    return incoming === undefined ? _channel : (entry as Channel);
  }

  function faultOfMessage(type: number, payload: Buffer): string | null {
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

  return { faultOf: (type, payload) => faultOfMessage(type, payload) ?? faultOfAnswers(type), channelOf };
}
