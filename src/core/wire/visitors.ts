// Who is connected to the peer port. Made before the port, for the parts that end what runs for a peer: they end its connections as well.
import type { PeerId } from '../../contract/ids.ts';
import type { Visitor } from './visitor.ts';

export interface Visitors {
  /** One that has proved its key, until its connection closes. */
  add(visitor: Visitor): void;
  /** Ends every connection of this key, also one on which nothing was said yet. */
  disconnect(peerId: PeerId): void;
}

export function createVisitors(): Visitors {
  const visitors = new Set<Visitor>();
  return {
    add: (visitor) => {
      visitors.add(visitor);
      visitor.onClose(() => visitors.delete(visitor));
    },
    disconnect: (peerId) => {
      for (const visitor of visitors) if (visitor.peerId === peerId) visitor.close();
    },
  };
}
