// A peer as a person reads it: the name is only a claim, and what is known of it is said with it.
import type { Request } from '../contract/consent.ts';
import { say } from './messages.ts';

export type Party = Pick<Request, 'peerName' | 'isVerified' | 'warning'>;

/**
 * Security: a name is never shown bare when it was not verified, or when it is another computer's, even if a key was compared.
 * @param isMarked where the sign of a verified or an unverified key stands beside it, so that it need not be said again
 */
export function peerLabel({ peerName, isVerified, warning }: Party, { isMarked = false } = {}): string {
  const values = { peer: peerName };
  if (warning === null) return isVerified || isMarked ? peerName : say('shell.unverified', values);
  return say(isVerified || isMarked ? 'shell.notTheOne' : 'shell.unverifiedNotTheOne', values);
}

/** For what knows a peer only by its id and the name that it had. A verified or suspected peer is always in the list. */
export function partyOf(
  peers: readonly {
    readonly id: string;
    readonly name: string;
    readonly isVerified: boolean;
    readonly warning: Party['warning'];
  }[],
  { peerId, peerName }: { readonly peerId: string; readonly peerName: string },
): Party {
  const peer = peers.find(({ id }) => id === peerId);
  return { peerName: peer?.name ?? peerName, isVerified: peer?.isVerified === true, warning: peer?.warning ?? null };
}
