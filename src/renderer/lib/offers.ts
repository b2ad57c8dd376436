// Search and categories over lists of offers.
import type { OfferId } from '../../contract/ids.ts';
import { kindOf, nameInId, rowOfKind } from '../../contract/kinds.ts';
import type { Offer } from '../../contract/offers.ts';
import type { View } from '../../contract/views.ts';
import { messages } from '../../messages/messages.ts';

/** Main categories of the Desktop Menu Specification 1.1, appendix A, in the order in which they are shown. */
export const mainCategories = [
  'Network',
  'Office',
  'Graphics',
  'AudioVideo',
  'Audio',
  'Video',
  'Development',
  'Education',
  'Science',
  'Game',
  'Utility',
  'System',
  'Settings',
] as const;
export type Category = (typeof mainCategories)[number] | 'Other';

export interface CategoryCount {
  readonly category: Category;
  readonly count: number;
}

/** The category that an offer is listed in: its first main category. */
export function categoryOf(offer: Offer): Category {
  for (const name of offer.categories) {
    if (name === 'Audio' || name === 'Video') return 'AudioVideo';
    const known = mainCategories.find((category) => category === name);
    if (known !== undefined) return known;
  }
  return 'Other';
}

/** The categories present among the offers, with how many offers each has. */
export function countCategories(offers: readonly Offer[]): readonly CategoryCount[] {
  const counts = new Map<Category, number>();
  for (const offer of offers) counts.set(categoryOf(offer), (counts.get(categoryOf(offer)) ?? 0) + 1);
  return [...mainCategories, 'Other' as const].flatMap((category) => {
    const count = counts.get(category);
    return count === undefined ? [] : [{ category, count }];
  });
}

/** The ways in which it can be used; a click takes the first. What has none is of a kind that needs a newer version. */
export function viewsOf({ id }: Offer): readonly View[] {
  return rowOfKind(kindOf(id)).views;
}

/**
 * Tells offers of the same name apart: by what is said of each, or by its id where nothing is said or the same of both. The id is
 * mostly the package's or the program's name. Offers whose name is their own are left out.
 */
export function tellApart(offers: readonly Offer[]): ReadonlyMap<OfferId, string> {
  const groups = Map.groupBy(offers, ({ name }) => fold(name));
  const same = [...groups.values()].filter((group) => group.length > 1);
  return new Map(
    same.flatMap((group) => {
      const summaries = new Set(group.map(({ summary }) => fold(summary)).filter((summary) => summary !== ''));
      const areTelling = summaries.size === group.length;
      return group.map(({ id, summary }) => [id, areTelling ? summary : nameInId(id)] as const);
    }),
  );
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Diacritic}/gu, '')
    .toLocaleLowerCase(messages.language);
}

/** How well an offer fits: smaller is better, undefined is not at all. Every word must be found somewhere. */
export function rankOffer(offer: Offer, query: string): number | undefined {
  const words = fold(query)
    .split(/\s+/)
    .filter((word) => word !== '');
  const name = fold(offer.name);
  const rest = fold([offer.summary, ...offer.keywords, ...offer.categories, offer.id].join(' '));
  let rank = 0;
  for (const word of words) {
    if (name.startsWith(word)) rank += 0;
    else if (name.includes(word)) rank += 1;
    else if (rest.includes(word)) rank += 2;
    else return undefined;
  }
  return rank;
}

/** The offers that fit, the best first and by name within the same rank. */
export function searchOffers<O extends Offer>(offers: readonly O[], query: string): readonly O[] {
  return offers
    .flatMap((offer) => {
      const rank = rankOffer(offer, query);
      return rank === undefined ? [] : [{ offer, rank }];
    })
    .sort((a, b) => a.rank - b.rank || a.offer.name.localeCompare(b.offer.name, messages.language))
    .map(({ offer }) => offer);
}
