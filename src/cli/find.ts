// Finds what a person means: by name, by id or the beginning of an id.
import { nameInId } from '../contract/kinds.ts';
import type { Offer } from '../contract/offers.ts';
import type { Peer } from '../contract/peers.ts';
import { say, sayProblem } from '../messages/messages.ts';
import { ToldError, UsageError } from './exit-codes.ts';
import { toShowable } from './output.ts';

/** Shorter beginnings of an id are more likely a mistake than a choice. */
const MIN_ID_LENGTH = 4;

/**
 * The peer with this name, address, id or beginning of an id.
 * @throws AppError `not-found`; UsageError that lists the candidates when several fit
 */
export function findPeer(peers: readonly Peer[], text: string): Peer {
  const wanted = text.toLowerCase();
  const fingerprint = text.replace(/^SHA256:/i, '');
  return pick(
    text,
    'peer',
    [
      peers.filter((peer) => peer.id === text || peer.id === `SHA256:${fingerprint}`),
      // Names prove nothing, so a second computer with the same name makes this ambiguous, whatever else would tell them apart.
      peers.filter(
        (peer) => peer.name.toLowerCase() === wanted || peer.addresses.some((address) => isAddress(address, wanted)),
      ),
      fingerprint.length < MIN_ID_LENGTH ? [] : peers.filter((peer) => peer.id.startsWith(`SHA256:${fingerprint}`)),
    ],
    (peer) => `${peer.id}  ${toShowable(peer.name)}  ${peer.addresses.map(toShowable).join(', ')}`,
  );
}

/**
 * The offer with this id or name, or the only one whose id or name contains the text; `what` tells whose offers these are.
 * @throws as `findPeer`
 */
export function findOffer<O extends Offer>(offers: readonly O[], text: string, what: 'offer' | 'ownOffer'): O {
  const wanted = text.toLowerCase();
  return pick(
    text,
    what,
    [
      offers.filter((offer) => offer.id === text),
      offers.filter((offer) => offer.name.toLowerCase() === wanted || nameInId(offer.id).toLowerCase() === wanted),
      wanted === ''
        ? []
        : offers.filter(
            (offer) => offer.name.toLowerCase().includes(wanted) || offer.id.toLowerCase().includes(wanted),
          ),
    ],
    (offer) => `${offer.id}  ${toShowable(offer.name)}`,
  );
}

/** The entry whose id begins so. @throws as `findPeer` */
export function findById<T extends { readonly id: string }>(
  entries: readonly T[],
  text: string,
  what: 'request' | 'session' | 'rule',
  describe: (entry: T) => string,
): T {
  const wanted = text.toLowerCase();
  if (what === 'request' && entries.length === 0) {
    // No id fits, however it is written.
    throw new ToldError('not-found', { what: text }, say('cli.empty.requests'));
  }
  if (wanted.length < MIN_ID_LENGTH) {
    throw new UsageError(say('cli.fail.tooShort', { text: toShowable(text), count: MIN_ID_LENGTH }));
  }
  return pick(text, what, [entries.filter((entry) => entry.id.startsWith(wanted))], describe);
}

/** The first list that is not empty decides. */
function pick<T>(
  text: string,
  what: 'peer' | 'offer' | 'ownOffer' | 'request' | 'session' | 'rule',
  lists: readonly (readonly T[])[],
  describe: (entry: T) => string,
): T {
  const found = lists.find((list) => list.length > 0) ?? [];
  const [first] = found;
  if (first === undefined) {
    const params = { what: say(`cli.fail.what.${what}`, { text: toShowable(text) }) };
    const sentence = sayProblem({ code: 'not-found', params });
    throw new ToldError('not-found', params, `${sentence} ${say(`cli.fail.lists.${what}`)}`);
  }
  if (found.length > 1) {
    throw new UsageError(
      say('cli.fail.ambiguous', { text: toShowable(text) }),
      found.map((entry) => `  ${describe(entry)}`),
    );
  }
  return first;
}

/** `host` fits `host:port` too; IPv6 addresses stand in brackets where a port follows. */
function isAddress(address: string, wanted: string): boolean {
  const known = address.toLowerCase();
  if (known === wanted) return true;
  const host = /^(?:\[(.+)\]|([^:]+))(?::\d+)?$/.exec(known);
  return host !== null && (host[1] ?? host[2]) === wanted;
}
