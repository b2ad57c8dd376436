// Lines of the log about a peer are put together here: who it was, as it was shown then, and which offer it was about.
import type { ActivityEvent } from '../../contract/activity.ts';
import type { OfferId, PeerId } from '../../contract/ids.ts';
import type { Note } from './activity.ts';

export interface About {
  /** Which side this computer was on; left out for events without sides. */
  readonly role?: 'host' | 'visitor';
  readonly peerId: PeerId;
  /** How the peer is shown at this moment. */
  readonly face: { readonly name: string; readonly isVerified: boolean };
  readonly offer?: { readonly id: OfferId; readonly name: string | null };
}

export function noteOf({ role, peerId, face, offer }: About, event: ActivityEvent): Note {
  return {
    ...(role && { role }),
    peerId,
    peerName: face.name,
    isVerified: face.isVerified,
    ...(offer && { offerId: offer.id, offerName: offer.name }),
    event,
  };
}
