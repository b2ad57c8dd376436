import { expect, test } from 'vitest';
import { canHoldTo, canTakeAway, hasPower, isWithin, judgeNarrowing, noPowers, withPower } from './powers.ts';
import { powerNames, type View } from './views.ts';

test.each(powerNames)('%s is given and taken away by itself', (name) => {
  const given = withPower(noPowers, name, true);
  expect(powerNames.filter((other) => hasPower(given, other))).toEqual([name]);
  expect(withPower(given, name, false)).toEqual(noPowers);
  expect([isWithin(noPowers, given), isWithin(given, noPowers)]).toEqual([true, false]);
});

test('a restriction is less, and lifting it is more', () => {
  for (const restriction of [{ isViewOnly: true }, { timeLimitMin: 15 }]) {
    const restricted = { ...noPowers, ...restriction };
    expect([isWithin(restricted, noPowers), isWithin(noPowers, restricted)]).toEqual([true, false]);
  }
  const hour = { ...noPowers, timeLimitMin: 60 };
  expect([15, 60, 61].map((timeLimitMin) => isWithin({ ...hour, timeLimitMin }, hour))).toEqual([true, true, false]);
});

test('of a native window only what its display does not need can be taken away', () => {
  for (const view of ['native', 'ssh-command'] as const)
    for (const name of powerNames) {
      const given = withPower(noPowers, name, true);
      expect(canTakeAway(view, name), name).toBe(canHoldTo(view, noPowers, given));
      expect(canTakeAway('viewer', name)).toBe(true);
    }
});

test('what is taken away is less, and something to which the view can be held', () => {
  const given = { ...noPowers, clipboardIn: true, network: 'internet', timeLimitMin: 60 } as const;
  expect(judgeNarrowing('viewer', noPowers, noPowers)).toBeNull();
  expect(judgeNarrowing('viewer', { ...given, clipboardIn: false }, given)).toBeNull();
  expect(judgeNarrowing('viewer', { ...given, isViewOnly: true }, given)).toBeNull();
  expect(judgeNarrowing('viewer', { ...given, files: true }, given)).toBe('wider');
  expect(judgeNarrowing('viewer', { ...given, timeLimitMin: null }, given)).toBe('wider');
  expect(judgeNarrowing('native', { ...given, network: 'none' }, given)).toBeNull();
  expect(judgeNarrowing('native', { ...given, clipboardIn: false }, given)).toBe('not-held');
  expect(judgeNarrowing('native', { ...given, isViewOnly: true }, given)).toBe('not-held');
  expect(judgeNarrowing('hologram' as View, { ...given, network: 'none' }, given)).toBe('not-held');
});
