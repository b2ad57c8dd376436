import { describe, expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import { median, toResult, toTable } from './report.ts';

describe('median', () => {
  test.each([
    [[], null],
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %j', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('a result', () => {
  const measured = { name: 'a', unit: 'ms', ours: [10, 12, 11], other: [10, 10, 10], otherName: 'b' };

  test('has the ratio of the medians', () => {
    expect(toResult(measured)).toMatchObject({ ours: 11, other: 10, ratio: 1.1, target: null, met: null });
  });

  test.each([
    ['≤', 1.1, true],
    ['≤', 1, false],
    ['≥', 1.1, true],
    ['≥', 1.2, false],
  ] as const)('meets its target %s %s: %s', (sign, value, met) => {
    expect(toResult({ ...measured, target: { of: 'ratio', sign, value } }).met).toBe(met);
  });

  test('has no verdict when there is nothing to compare with', () => {
    const result = toResult({ ...measured, other: [], target: { of: 'ratio', sign: '≤', value: 1.5 } });
    expect(result).toMatchObject({ other: null, ratio: null, target: '≤ 1.5 ×', met: null });
  });

  test('can have a limit for our own figure', () => {
    const result = toResult({ name: 'a', unit: 'ms', ours: [1500], target: { of: 'ours', sign: '<', value: 1500 } });
    expect(result).toMatchObject({ target: '< 1500 ms', met: false });
    expect(toTable([result])).toContain('MISSED');
  });
});

test('options that make no sense are refused', () => {
  expect(() => parseOptions(['--runs', '0'], [])).toThrow('--runs');
  expect(() => parseOptions(['--only', 'x'], ['launch'])).toThrow('there is no x');
  expect(parseOptions(['--only', 'launch', '--short'], ['launch'])).toMatchObject({ runs: 1, only: ['launch'] });
});
