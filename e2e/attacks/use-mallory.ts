// Mallory at Carol's computer for all tests of a spec file; after each of them what she holds is gone, and Bob's computer is tidy.
import { type Lan, test } from '../computers/fixtures.ts';
import { Mallory } from './mallory.ts';
import { tidyUp } from './person.ts';

export function useMallory(lan: Lan<'bob'>): Mallory {
  const mallory = new Mallory('carol');
  test.beforeAll(() => mallory.start());
  test.afterEach(async () => {
    mallory.leave();
    await tidyUp(lan.bob);
  });
  test.afterAll(() => mallory[Symbol.asyncDispose]());
  return mallory;
}
