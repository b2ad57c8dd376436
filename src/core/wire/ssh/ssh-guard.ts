// Holds a peer to the rules of SSH that ssh2 lets it break: each message is looked at before ssh2 keeps it or answers it.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TimeBudget } from '../../lib/time-budget.ts';
import { CHANNEL_DATA, type Connection, GLOBAL_REQUEST, messageRules } from './message-rules.ts';
import { ownPacketsMs, PACKETS_MS_PER_SECOND, type PacketBudget } from './packet-budget.ts';

type Write = (chunk: unknown, encoding: unknown, done: unknown) => void;

export interface Guard {
  /** Has the channel wait for a peer that does not read, and end soon after its connection. To be called before anything is written to it. */
  watch<C extends Duplex>(channel: C): C;
}

/** Of SSH_MSG_DISCONNECT (RFC 4253 section 11.1). */
const PROTOCOL_ERROR = 2;

const SMALL_BYTES = 1024;

/** The two handshakes and a log-in take some 4 KiB; of a later exchange of keys, 2. */
export const MAX_HANDSHAKE_BYTES = 64 * 1024;
/** With so much on its way to a peer that does not read, its channels wait. */
export const CLOGGED_BYTES = 1024 * 1024;
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;
/** The same of all peers together. */
const MAX_UNSENT_BYTES_OF_ALL = 48 * 1024 * 1024;
const LINGER_MS = 250;
/** How long what came before a connection ended may still be read. */
const LEFT_TO_READ_MS = 2000;

/** Counted for each packet and not measured, because a busy computer is not the peer's doing. */
const PACKET_MS = 0.005;
const LOG_IN_MS = 0.25;
/** A packet that carries this much costs nothing here. */
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
  const { _protocol: protocol } = connection as Connection;
  const ownPacketTime = new TimeBudget(() => ownPacketsMs(guarded.size));
  const { faultOf, channelOf } = messageRules(connection as Connection, socket);
  const held: (() => void)[] = [];
  const watched = new Set<Duplex>();
  let handshakeBytes = 0;

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

  const pass = protocol._onPayload;
  protocol._onPayload = (payload) => {
    const type = payload[0];
    const ms = protocol._authenticated ? PACKET_MS * Math.max(0, 1 - payload.length / FULL_BYTES) : LOG_IN_MS;
    packetTime.spend(ms);
    ownPacketTime.spend(ms);
    if (type === undefined) return pass(payload);
    const fault = faultOf(type, payload);
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

  // Security: for a socket that is gone, ssh2 would still encrypt what the window allows, and throw it away.
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
    // Security: a channel of ssh2 ends only when all that came is read. A reader that first waits to write would keep it for ever.
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
