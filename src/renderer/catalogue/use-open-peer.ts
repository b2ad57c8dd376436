// Keeps the catalogues of the peers looked at last open, so that going back to one is instant and all can be searched.
import { useEffect, useRef } from 'react';
import type { PeerId } from '../../contract/ids.ts';
import { useConnectionEpoch, useCore } from '../use-core.tsx';

const MAX_OPEN = 8;

/** Opens the peer now and leaves the last few open. The core closes them all when this window goes. */
export function useOpenPeer(peerId: PeerId | null): { retry: () => void } {
  const core = useCore();
  const epoch = useConnectionEpoch();
  const open = useRef<{ epoch: number; peerIds: PeerId[] }>({ epoch: 0, peerIds: [] });
  useEffect(() => {
    const held = open.current;
    const quietly = (call: Promise<unknown>) => void call.catch(() => undefined);
    if (held.epoch !== epoch) {
      // A new connection holds nothing open: open again what the last one held.
      held.epoch = epoch;
      for (const other of held.peerIds) if (other !== peerId) quietly(core.call('peers.open', { peerId: other }));
      held.peerIds = held.peerIds.filter((other) => other !== peerId);
    }
    if (peerId === null) return;
    // Why it cannot be opened is in the topic `peers`.
    if (!held.peerIds.includes(peerId)) quietly(core.call('peers.open', { peerId }));
    held.peerIds = [peerId, ...held.peerIds.filter((other) => other !== peerId)];
    for (const old of held.peerIds.splice(MAX_OPEN)) quietly(core.call('peers.close', { peerId: old }));
  }, [core, peerId, epoch]);

  return {
    retry: () => {
      if (peerId === null) return;
      void core
        .call('peers.close', { peerId })
        .then(() => core.call('peers.open', { peerId }))
        .catch(() => undefined);
    },
  };
}
