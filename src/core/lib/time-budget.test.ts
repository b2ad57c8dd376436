import { expect, test } from 'vitest';
import { TimeBudget } from './time-budget.ts';

test('what is within the budget never waits', () => {
  const budget = new TimeBudget(100);
  for (let now = 0; now < 10_000; now += 100) {
    expect(budget.waitMs(now)).toBe(0);
    budget.spend(9);
  }
});

test('what is beyond it waits for the next second, and pays back what was overdrawn', () => {
  const budget = new TimeBudget(100);
  expect(budget.waitMs(0)).toBe(0);
  budget.spend(350);
  expect(budget.waitMs(200)).toBe(800);
  expect(budget.waitMs(1000)).toBe(1000);
  expect(budget.waitMs(2000)).toBe(1000);
  expect(budget.waitMs(3000)).toBe(0);
});

test('a pause pays everything back, and saves nothing up', () => {
  const budget = new TimeBudget(100);
  expect(budget.waitMs(0)).toBe(0);
  budget.spend(5000);
  expect(budget.waitMs(60_000)).toBe(0);
  budget.spend(150);
  expect(budget.waitMs(60_100)).toBe(900);
});
