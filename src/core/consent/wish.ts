// What a peer wishes, as consent looks at it.
import type { PeerId } from '../../contract/ids.ts';
import type { OwnSandbox } from '../../contract/kinds.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Powers } from '../../contract/powers.ts';
import type { Size } from '../../contract/sessions.ts';
import type { View } from '../../contract/views.ts';

/** What a peer wishes, after its offer was found to be shared with it. */
export interface Wish {
  readonly peerId: PeerId;
  /** The name that it claims. */
  readonly claimedName: string;
  /** Where it connected from, when that is known. */
  readonly address?: string | undefined;
  readonly offer: Offer;
  readonly ownSandbox: OwnSandbox;
  /** SHA-256 over what would run. */
  readonly launchDigest: string;
  readonly view: View;
  readonly powers: Powers;
  readonly size: Size | undefined;
}
