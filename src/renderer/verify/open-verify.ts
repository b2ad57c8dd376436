// Which peer this window's person wants to verify: set by a button anywhere, shown by the one dialog.
import { useSyncExternalStore } from 'react';
import type { Comparison } from '../../contract/comparisons.ts';
import type { PeerId } from '../../contract/ids.ts';

let wanted: PeerId | null = null;
const listeners = new Set<() => void>();

/** Opens the dialog for this peer; null closes it. */
export function openVerify(peerId: PeerId | null): void {
  wanted = peerId;
  for (const listener of listeners) listener();
}

function follow(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useWantedPeer(): PeerId | null {
  return useSyncExternalStore(follow, () => wanted);
}

/** Whether nobody can answer it any more. */
export function isOver({ state }: Comparison): boolean {
  return state === 'verified' || state === 'different' || state === 'failed';
}
