// Reads what a peer offers, with care: it comes from outside.
import { check } from '../../contract/check.ts';
import { kindOf } from '../../contract/kinds.ts';
import { type Offer, offerSchema } from '../../contract/offers.ts';
import type { Log } from '../lib/log.ts';
import { toShowable } from '../lib/text.ts';
import type { Offers } from '../offers/offers.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import { MAX_ICON_BYTES } from '../wire/peer-protocol.ts';

/** The offers that are what they should be; a bad one does not hide the others. @throws AppError when the peer does not answer */
export async function readCatalogue(
  connection: HostConnection,
): Promise<{ readonly offers: readonly Offer[]; readonly isCut: boolean }> {
  const { offers, isCut } = await connection.call('catalogue.get', {});
  const good = offers.flatMap((offer) => {
    const parsed = check(offerSchema, offer);
    if (!parsed.success) return [];
    const { id, name, summary } = parsed.data;
    // Its id alone says what kind it is, so that the two cannot differ.
    return [{ ...parsed.data, kind: kindOf(id), name: toShowable(name, 200), summary: toShowable(summary, 500) }];
  });
  return { offers: good, isCut };
}

/** Icons that are fetched at a time. */
const FETCHERS = 4;

/** Fetches the icons that are not cached yet, in the order of the offers; `onCame` is called with each that is then there. */
export async function fetchIcons(
  connection: HostConnection,
  offers: readonly Offer[],
  icons: Pick<Offers, 'hasIcon' | 'storeIcon'>,
  log: Log,
  onCame: () => void,
): Promise<void> {
  const hashes = new Set(offers.flatMap((offer) => (offer.icon === null ? [] : [offer.icon])));
  const missing = [...hashes].filter((hash) => !icons.hasIcon(hash)).values();
  const fetchNext = async (): Promise<void> => {
    for (const hash of missing) {
      if (!connection.isOpen) return;
      try {
        const { data } = await connection.call('icon.get', { hash });
        const bytes = Buffer.from(data, 'base64');
        if (bytes.length > MAX_ICON_BYTES) continue;
        // Security: stored under the hash of what came, so a peer cannot put a picture under another's name.
        await icons.storeIcon(bytes);
        onCame();
      } catch (error) {
        log.debug({ hash, error: String(error) }, 'icon not fetched');
      }
    }
  };
  await Promise.all(Array.from({ length: FETCHERS }, fetchNext));
}

/** The offers with the icons that are here: a page that asked for one that is still to come would take it for missing. */
export function withIconsHere(offers: readonly Offer[], icons: Pick<Offers, 'hasIcon'>): readonly Offer[] {
  return offers.map((offer) => (offer.icon === null || icons.hasIcon(offer.icon) ? offer : { ...offer, icon: null }));
}
