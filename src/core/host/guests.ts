// The visitors that have said hello: what they call themselves, what they can do, and what they may see.
import { AppError } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Followable } from '../lib/state.ts';
import { toShowable } from '../lib/text.ts';
import { digestOffers, type Offers, type Reader } from '../offers/offers.ts';
import { type PeerBook, shortName } from '../peers/peer-book.ts';
import { CAPABILITIES } from '../wire/capabilities.ts';
import { checkVersion } from '../wire/peer-client.ts';
import { type CallInput, type CallOutput, MAX_OFFERS, OLDEST_PROTOCOL, PROTOCOL } from '../wire/peer-protocol.ts';
import type { Visitor } from '../wire/visitor.ts';

export interface Guest {
  /** The name that it claims. */
  readonly claimedName: string;
  readonly capabilities: readonly string[];
  /** Digest of the catalogue that it last saw or was told of; undefined before it looked. */
  seenDigest: string | undefined;
}

export interface Guests {
  /** @throws AppError for a version that has nothing in common with this one, and for a second hello */
  hello(hello: CallInput<'hello'>, visitor: Visitor): CallOutput<'hello'>;
  /** @throws AppError `bad-input` for a visitor that has not said hello */
  of(visitor: Visitor): Guest;
  /** What it calls itself, or a short form of its key. */
  claimedNameOf(visitor: Visitor): string;
  /** What it can do, as it said; nothing once it is gone. */
  capabilitiesOf(visitor: Visitor): readonly string[];
  readerOf(visitor: Visitor): Reader;
  /** What it may see. */
  catalogueFor(visitor: Visitor): CallOutput<'catalogue.get'>;
  /** Tells each visitor whose view of the catalogue has changed, and nobody else. */
  announceCatalogue(): void;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export function createGuests({
  settings,
  book,
  offers,
}: {
  readonly settings: Followable<Pick<Settings, 'name'>>;
  readonly book: Pick<PeerBook, 'isVerified'>;
  readonly offers: Pick<Offers, 'visibleTo'>;
}): Guests {
  const guests = new Map<Visitor, Guest>();

  function guestOf(visitor: Visitor): Guest {
    const guest = guests.get(visitor);
    if (guest === undefined) throw new AppError('bad-input', { where: 'hello', why: 'must come first' });
    return guest;
  }

  function readerOf({ peerId }: Visitor): Reader {
    return { peerId, isVerified: book.isVerified(peerId) };
  }

  return {
    hello: (hello, visitor) => {
      checkVersion(hello);
      // Security: one name for each connection, and nothing that grows with the number of hellos.
      if (guests.has(visitor)) throw new AppError('bad-input', { where: 'hello', why: 'was said before' });
      const claimedName = toShowable(hello.name, 100) || shortName(visitor.peerId);
      guests.set(visitor, { claimedName, capabilities: hello.capabilities, seenDigest: undefined });
      visitor.onClose(() => guests.delete(visitor));
      return {
        protocol: PROTOCOL,
        oldest: OLDEST_PROTOCOL,
        name: settings.value.name,
        capabilities: [...CAPABILITIES],
      };
    },
    of: guestOf,
    claimedNameOf: (visitor) => guests.get(visitor)?.claimedName ?? shortName(visitor.peerId),
    capabilitiesOf: (visitor) => guests.get(visitor)?.capabilities ?? [],
    readerOf,
    catalogueFor: (visitor) => {
      const guest = guestOf(visitor);
      const visible = offers.visibleTo(readerOf(visitor));
      guest.seenDigest = digestOffers(visible);
      const isCut = visible.length > MAX_OFFERS;
      // Sorted by name, so that it is not chance what is left out. The visitor is told that something is.
      const byName = isCut ? visible.toSorted((a, b) => collator.compare(a.name, b.name)) : visible;
      return { offers: byName.slice(0, MAX_OFFERS), isCut };
    },
    announceCatalogue: () => {
      for (const [visitor, guest] of guests) {
        if (guest.seenDigest === undefined) continue;
        const digest = digestOffers(offers.visibleTo(readerOf(visitor)));
        // Security: a peer must not notice changes of what it may not see.
        if (digest === guest.seenDigest) continue;
        guest.seenDigest = digest;
        visitor.notify('catalogue.changed', {});
      }
    },
  };
}
