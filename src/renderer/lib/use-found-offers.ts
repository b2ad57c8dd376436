// What of a list of offers is shown: those of a category that fit what was typed.
import { useMemo, useState } from 'react';
import type { Offer } from '../../contract/offers.ts';
import { type Category, type CategoryCount, categoryOf, countCategories, searchOffers } from './offers.ts';

export interface FoundOffers<O extends Offer> {
  readonly found: readonly O[];
  readonly categories: readonly CategoryCount[];
  readonly query: string;
  readonly setQuery: (query: string) => void;
  readonly category: Category | 'all';
  readonly setCategory: (category: Category | 'all') => void;
}

export function useFoundOffers<O extends Offer>(offers: readonly O[]): FoundOffers<O> {
  const [query, setQuery] = useState('');
  const [category, setCategory] = useState<Category | 'all'>('all');
  const categories = useMemo(() => countCategories(offers), [offers]);
  const found = useMemo(() => {
    const matches = searchOffers(offers, query);
    return category === 'all' ? matches : matches.filter((offer) => categoryOf(offer) === category);
  }, [offers, query, category]);
  return { found, categories, query, setQuery, category, setCategory };
}
