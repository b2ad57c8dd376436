// Who may see an offer.
import { assertNever } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import type { Audience, OwnOffer } from '../../contract/offers.ts';
import type { Settings } from '../../contract/settings.ts';

/** Somebody who looks at what this computer shares. */
export interface Reader {
  readonly peerId: PeerId;
  readonly isVerified: boolean;
}

/**
 * Whether this reader sees the offer; null stands for anybody on the network, of whom nothing is known.
 * Security: what somebody may not see does not exist for them: not in catalogue, digest, icons, requests or errors.
 */
export function isVisibleTo(
  reader: Reader | null,
  offer: Pick<OwnOffer, 'isShared' | 'obstacle' | 'audience'>,
  settings: Pick<Settings, 'isPaused' | 'audience'>,
): boolean {
  if (settings.isPaused || !offer.isShared || offer.obstacle !== null) return false;
  const audience: Audience = offer.audience ?? settings.audience;
  switch (audience.who) {
    case 'everybody':
      return true;
    case 'verified':
      return reader?.isVerified === true;
    case 'chosen':
      return reader !== null && audience.peerIds.includes(reader.peerId);
    default:
      return assertNever(audience);
  }
}
