import { describe, expect, test } from 'vitest';
import { getDefaultAsk, getDefaultOffer, getDefaultPeer } from '../nouns.test-support.ts';
import { visibleAsks } from './asks.ts';
import { categoryOf, countCategories, searchOffers, tellApart, viewsOf } from './offers.ts';
import { looksSame, searchPeers, sortPeers } from './peers.ts';

const names = (list: readonly { name: string }[]) => list.map((one) => one.name);

describe('offers', () => {
  const offers = [
    getDefaultOffer({ id: 'app:calc', name: 'LibreOffice Calc', categories: ['Office'] }),
    getDefaultOffer({ id: 'app:xcalc', name: 'Calculator' }),
    getDefaultOffer({ id: 'app:draw', name: 'Zeichnen', summary: 'Wie ein Rechner: calc', categories: ['Graphics'] }),
    getDefaultOffer({ id: 'app:cafe', name: 'Café', summary: '', categories: ['X-Own'] }),
  ];

  test('the start of the name comes before its middle, and that before the rest', () => {
    expect(names(searchOffers(offers, 'calc'))).toEqual(['Calculator', 'LibreOffice Calc', 'Zeichnen']);
  });

  test('every word must be found; accents and case do not matter', () => {
    expect(names(searchOffers(offers, 'OFFICE calc'))).toEqual(['LibreOffice Calc']);
    expect(names(searchOffers(offers, 'cafe'))).toEqual(['Café']);
    expect(searchOffers(offers, 'calc nothing')).toEqual([]);
    expect(searchOffers(offers, '  ')).toHaveLength(4);
  });

  test('an offer is listed in its first main category', () => {
    expect(categoryOf(getDefaultOffer({ categories: ['X', 'Video', 'AudioVideo'] }))).toBe('AudioVideo');
    expect(countCategories(offers)).toEqual([
      { category: 'Office', count: 1 },
      { category: 'Graphics', count: 1 },
      { category: 'Utility', count: 1 },
      { category: 'Other', count: 1 },
    ]);
  });

  test('of those with the same name each says what it is', () => {
    const twin = (id: string, summary: string, name = 'Calculator') => getDefaultOffer({ id, name, summary });
    expect(tellApart(offers)).toEqual(new Map());
    const gnome = twin('app:org.gnome.Calculator', 'Reckons with units', 'calculator');
    expect(tellApart([...offers, gnome])).toEqual(
      new Map([
        ['app:xcalc', 'Scientific calculator'],
        ['app:org.gnome.Calculator', 'Reckons with units'],
      ]),
    );
    // Nothing, or the same, is said of them.
    for (const summary of ['', 'SCIENTIFIC calculator'])
      expect([...tellApart([...offers, twin('app:kcalc', summary)]).values()]).toEqual(['xcalc', 'kcalc']);
  });

  test('only what this version knows is launched', () => {
    expect(viewsOf(getDefaultOffer())[0]).toBe('viewer');
    expect(viewsOf(getDefaultOffer({ id: 'hologram:x', kind: 'hologram' }))).toEqual([]);
    // Whatever its peer calls it.
    expect(viewsOf(getDefaultOffer({ id: 'hologram:x', kind: 'app' }))).toEqual([]);
  });
});

describe('peers', () => {
  const id = (letter: string) => `SHA256:${letter.repeat(43)}`;
  const peers = [
    getDefaultPeer({ id: id('c'), name: 'Room 10' }),
    getDefaultPeer({ id: id('d'), name: 'Room 2' }),
    getDefaultPeer({ id: id('a'), name: 'Anna', presence: 'offline' }),
    getDefaultPeer({ id: id('b'), name: 'room 2', addresses: ['10.0.0.7:1234'] }),
  ];

  test('online first, numbers as numbers, equal names in a fixed order', () => {
    expect(names(sortPeers(peers))).toEqual(['room 2', 'Room 2', 'Room 10', 'Anna']);
    expect(sortPeers([...peers].reverse())).toEqual(sortPeers(peers));
    const blocked = getDefaultPeer({ id: id('e'), name: 'Aa', isBlocked: true });
    expect(names(sortPeers([blocked, ...peers])).at(-1)).toBe('Aa');
  });

  test('found by name, address and fingerprint', () => {
    expect(names(searchPeers(peers, ' ROOM 1'))).toEqual(['Room 10']);
    expect(names(searchPeers(peers, '10.0.0.7'))).toEqual(['room 2']);
    expect(names(searchPeers(peers, 'aaaa'))).toEqual(['Anna']);
    expect(
      searchPeers([getDefaultPeer({ name: 'Mum', claimedName: 'Laptop', isRenamed: true })], 'laptop'),
    ).toHaveLength(1);
  });

  test('a row is drawn again only when it looks different', () => {
    const peer = getDefaultPeer();
    expect(looksSame(peer, { ...peer, lastSeenAt: 5 })).toBe(true);
    expect(looksSame(peer, { ...peer, presence: 'offline' })).toBe(false);
    expect(looksSame(peer, { ...peer, isBlocked: true })).toBe(false);
    expect(looksSame(peer, { ...peer, warning: 'name-of-another' })).toBe(false);
  });
});

test('an ask that became a session is not listed twice', () => {
  const waiting = getDefaultAsk({ askedAt: 1 });
  const starting = getDefaultAsk({ askedAt: 2, state: 'granted' });
  const running = getDefaultAsk({ askedAt: 3, state: 'granted', sessionId: crypto.randomUUID() });
  expect(visibleAsks([waiting, starting, running])).toEqual([starting, waiting]);
});
