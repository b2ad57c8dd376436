// Who sees an offer, in words, and which offers differ from the rest.
import type { Audience, OwnOffer } from '../contract/offers.ts';
import { say } from '../messages/messages.ts';
import { toShowable } from './output.ts';

/** Null: as for everything. */
export function sayAudience(audience: Audience | null): string {
  if (audience === null) return say('cli.word.audience.inherited');
  if (audience.who === 'chosen') return say('cli.word.audience.chosen', { count: audience.peerIds.length });
  return say(`cli.word.audience.${audience.who}`);
}

export interface AudienceException {
  readonly offer: OwnOffer;
  readonly audience: Audience;
}

/** The offers whose audience differs from the default. Nobody sees one that cannot be offered. */
export function exceptionsTo(rest: Audience, offers: readonly OwnOffer[]): readonly AudienceException[] {
  return offers.flatMap((offer) =>
    offer.obstacle !== null || offer.audience === null || isSame(offer.audience, rest)
      ? []
      : [{ offer, audience: offer.audience }],
  );
}

/** A line for each audience, with the command that ends the exceptions of the line. */
export function sayExceptions(exceptions: readonly AudienceException[]): readonly string[] {
  const groups = Map.groupBy(exceptions, ({ audience }) => sayAudience(audience));
  return [...groups].map(([who, group]) =>
    say('cli.done.audienceExcept', {
      who,
      names: new Intl.ListFormat('en').format(group.map(({ offer }) => toShowable(offer.name))),
      ids: group.map(({ offer }) => offer.id).join(' '),
    }),
  );
}

function isSame(one: Audience, other: Audience): boolean {
  const ids = (audience: Audience) => (audience.who === 'chosen' ? [...new Set(audience.peerIds)].sort().join() : '');
  return one.who === other.who && ids(one) === ids(other);
}
