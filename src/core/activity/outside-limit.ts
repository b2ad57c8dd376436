// How many lines of the log others can cause at will.
import type { PeerId } from '../../contract/ids.ts';

/** Lines that one peer, and all of them together, can cause at will in an hour; the log keeps at least some days of that. */
const OUTSIDE_PER_PEER = 120;
const OUTSIDE_IN_ALL = 1200;
const HOUR_MS = 3_600_000;

export interface OutsideLimit {
  /** Whether an hour has passed. */
  readonly isDue: boolean;
  /** Begins a new hour. Returns how many were left out in the one before. */
  begin(): number;
  /** Whether there is room for one more of this peer. What has none counts as left out. */
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
