// What parts keep about a peer. The topics add the name by which a person knows it, its mark and its warning, because these may change.
import type { Peer } from '../../contract/peers.ts';

/** What a topic shows of a peer that something is about. */
export interface Shown {
  readonly peerName: string;
  readonly isVerified: boolean;
  readonly warning: Peer['warning'];
}

/** The same with what the peer called itself, and with where it connected from when that is known. */
export type Claimed<T extends Shown> = Omit<T, keyof Shown> & {
  readonly claimedName: string;
  readonly address?: string | undefined;
};
