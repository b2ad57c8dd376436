// Which TCP connections the peer port takes: so many in all and from one address, and only for a while without a key.
import type { Socket } from 'node:net';
import type { PeerId } from '../../contract/ids.ts';

/** Connections that have not proved a key yet: for all addresses together and for one. */
const MAX_UNAUTHENTICATED = 64;
const MAX_UNAUTHENTICATED_PER_ADDRESS = 8;
const AUTHENTICATION_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS_PER_PEER = 4;
/** Keys cost nothing to make: with many of them, one computer must not take all the memory and the places. */
const MAX_CONNECTIONS_PER_ADDRESS = 64;
const MAX_CONNECTIONS = 512;

export interface Admission {
  /** Whether there is room. If not, the connection is closed, as is one that proves no key in time. */
  admit(socket: Socket): boolean;
  /** The connection from this place that has not proved a key yet. */
  unproved(address: string, port: number): Socket | undefined;
  /** Its key is proved. False where this key has as many connections as it may have. */
  takeProved(socket: Socket, peerId: PeerId): boolean;
  /** Admits nobody any more. */
  stop(): void;
  /** Cuts every connection. */
  destroyAll(): void;
}

export function createAdmission(authenticationTimeoutMs = AUTHENTICATION_TIMEOUT_MS): Admission {
  const sockets = new Set<Socket>();
  const unproved = new Map<string, Socket>();
  const connectionsByPeer = new Map<PeerId, number>();
  let isStopped = false;

  function hasRoomFor(address: string): boolean {
    const ofAddress = (all: Iterable<Socket>) => [...all].filter((other) => other.remoteAddress === address).length;
    return (
      unproved.size < MAX_UNAUTHENTICATED &&
      ofAddress(unproved.values()) < MAX_UNAUTHENTICATED_PER_ADDRESS &&
      sockets.size < MAX_CONNECTIONS &&
      ofAddress(sockets) < MAX_CONNECTIONS_PER_ADDRESS
    );
  }

  return {
    admit: (socket) => {
      if (isStopped || !hasRoomFor(socket.remoteAddress ?? '')) {
        socket.destroy();
        return false;
      }
      const key = keyOf(socket.remoteAddress, socket.remotePort);
      unproved.set(key, socket);
      sockets.add(socket);
      const timer = setTimeout(() => {
        if (unproved.get(key) === socket) socket.destroy();
      }, authenticationTimeoutMs);
      socket.once('close', () => {
        clearTimeout(timer);
        sockets.delete(socket);
        unproved.delete(key);
      });
      socket.on('error', () => socket.destroy());
      return true;
    },
    unproved: (address, port) => unproved.get(keyOf(address, port)),
    takeProved: (socket, peerId) => {
      unproved.delete(keyOf(socket.remoteAddress, socket.remotePort));
      const count = (connectionsByPeer.get(peerId) ?? 0) + 1;
      if (count > MAX_CONNECTIONS_PER_PEER) return false;
      connectionsByPeer.set(peerId, count);
      socket.once('close', () => {
        const left = (connectionsByPeer.get(peerId) ?? 1) - 1;
        if (left === 0) connectionsByPeer.delete(peerId);
        else connectionsByPeer.set(peerId, left);
      });
      return true;
    },
    stop: () => {
      isStopped = true;
    },
    destroyAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function keyOf(address: string | undefined, port: number | undefined): string {
  return `${address} ${port}`;
}
