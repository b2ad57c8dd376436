// A warning that is shown before an offer is opened in a certain way (ways-to-open.ts).
import type { Offer } from '../../contract/offers.ts';

export interface WarningProps {
  /** Null while there is nothing to warn of. */
  readonly offer: Offer | null;
  readonly peerName: string;
  readonly onClose: () => void;
  /** Called within the click, so that a window may be opened. */
  readonly onConfirm: (offer: Offer) => void;
}
