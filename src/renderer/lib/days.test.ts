import { expect, test } from 'vitest';
import { groupByDay } from './days.ts';

test('what happened stands under its day, by the clock of this computer', () => {
  const now = new Date(2026, 2, 4, 12).getTime();
  const at = (...time: [number, number, number, number]) => ({ at: new Date(...time).getTime() });
  const days = groupByDay([at(2026, 2, 4, 11), at(2026, 2, 4, 0), at(2026, 2, 3, 23), at(2025, 11, 31, 5)], now);
  expect(days.map(({ title, entries }) => [title, entries.length])).toEqual([
    ['Today', 2],
    ['Yesterday', 1],
    ['Wednesday, December 31, 2025', 1],
  ]);
});

test('a clock that was set back makes no key twice', () => {
  const days = groupByDay([0, 86_400_000, 0].map((at) => ({ at: at + 43_200_000 })));
  expect(new Set(days.map(({ key }) => key)).size).toBe(3);
  expect(groupByDay([])).toEqual([]);
});
