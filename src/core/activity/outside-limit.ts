// How many lines of the log others can cause at will.
import type { PeerId } from '../../contract/ids.ts';

/** Lines in an hour from one peer, and from all together. At this rate the log still holds some days. */
const OUTSIDE_PER_PEER = 120;
const OUTSIDE_IN_ALL = 1200;
const HOUR_MS = 3_600_000;

export interface OutsideLimit {
  /** Whether an hour has passed. */
  readonly isDue: boolean;
  /** Begins a new hour. Returns how many were left out in the one before. */
  begin(): number;
  /** Whether there is room for one more line of this peer. If not, it is counted as left out. */
  take(peerId: PeerId | null): boolean;
}

export function createOutsideLimit(): OutsideLimit {
  const newHour = () => ({ since: Date.now(), byPeer: new Map<PeerId | null, number>(), total: 0, leftOut: 0 });
  let hour = newHour();
  return {
    get isDue() {
      return Date.now() - hour.since >= HOUR_MS;
    },
    begin: () => {
      const { leftOut } = hour;
      hour = newHour();
      return leftOut;
    },
    take: (peerId) => {
      const ofPeer = hour.byPeer.get(peerId) ?? 0;
      if (ofPeer >= OUTSIDE_PER_PEER || hour.total >= OUTSIDE_IN_ALL) {
        hour.leftOut += 1;
        return false;
      }
      hour.byPeer.set(peerId, ofPeer + 1);
      hour.total += 1;
      return true;
    },
  };
}
