import { expect, test } from 'vitest';
import { noPowers } from '../../contract/powers.ts';
import { earlierEnds, isShortened, lostPowers, sayPowers, timeLimitChoices } from './powers.ts';

test('nobody is offered more time than was asked for', () => {
  expect(timeLimitChoices(null)).toEqual([null, 15, 60, 240]);
  expect(timeLimitChoices(60)).toEqual([15, 60]);
  expect(timeLimitChoices(100)).toEqual([15, 60, 100]);
  expect(timeLimitChoices(5)).toEqual([5]);
});

test('powers in words', () => {
  expect(sayPowers(noPowers)).toBe('nothing beyond its container');
  expect(sayPowers({ ...noPowers, clipboardIn: true, network: 'internet', isViewOnly: true, timeLimitMin: 60 })).toBe(
    'Paste into it, Internet · Only watch · at most 1 hr at a time',
  );
});

test('what was taken away', () => {
  const before = { ...noPowers, clipboardIn: true, files: true };
  expect(lostPowers(before, { ...before, files: false, isViewOnly: true })).toEqual(['files', 'isViewOnly']);
  expect(lostPowers(noPowers, before)).toEqual([]);
});

test('an end that a person set is told from clocks that differ', () => {
  expect(isShortened(null, 5 * 60_000)).toBe(true);
  expect(isShortened(60 * 60_000, 5 * 60_000)).toBe(true);
  expect(isShortened(60 * 60_000, 60 * 60_000 - 2000)).toBe(false);
  expect(isShortened(5 * 60_000, 60 * 60_000)).toBe(false);
});

test('a session can be made to end earlier, counted from now and never later than it does', () => {
  const startedAt = 1_000_000;
  const at = (ranMin: number, endsInMin: number | null) => {
    const now = startedAt + ranMin * 60_000;
    return earlierEnds({ startedAt, endsAt: endsInMin === null ? null : now + endsInMin * 60_000 }, now);
  };
  expect(at(0, null)).toEqual([5, 15, 60, 240].map((inMin) => ({ inMin, timeLimitMin: inMin })));
  expect(at(30, 60)).toEqual([
    { inMin: 5, timeLimitMin: 35 },
    { inMin: 15, timeLimitMin: 45 },
  ]);
  expect(at(30, 4)).toEqual([]);
  // No limit is longer than a week after the start.
  expect(at(7 * 24 * 60 - 30, null).map(({ inMin }) => inMin)).toEqual([5, 15]);
});
