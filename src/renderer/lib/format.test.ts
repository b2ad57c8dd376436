import { expect, test } from 'vitest';
import { formatBinarySize, formatClock, formatDuration, formatSize, shorten, shortFingerprint } from './format.ts';

test('sizes have one unit and at most one digit after the point', () => {
  expect([0, 999, 1000, 23_456_789, 9e9, 4e15].map(formatSize)).toEqual([
    '0 bytes',
    '999 bytes',
    '1 kB',
    '23 MB',
    '9 GB',
    '4,000 TB',
  ]);
});

test('durations have at most two units', () => {
  expect([-5, 12_000, 65_000, 3_900_000, 3_600_000, 90_000_000].map(formatDuration)).toEqual([
    '0 sec',
    '12 sec',
    '1 min',
    '1 hr 5 min',
    '1 hr',
    '1 day 1 hr',
  ]);
});

test('a fingerprint is shortened to three groups', () => {
  expect(shortFingerprint(`SHA256:abcdefghijklmnop${'x'.repeat(27)}`)).toBe('abcd efgh ijkl');
});

test('a long name is cut between characters', () => {
  expect(shorten('Bob', 3)).toBe('Bob');
  expect(shorten('Bob and 🙂🙂', 9)).toBe('Bob and…');
  expect(shorten('🙂🙂🙂', 2)).toBe('🙂…');
});

test('times of the day', () => {
  expect(formatClock('07:05')).toMatch(/^7:05\sAM$/);
  expect(formatClock('23:59')).toMatch(/^11:59\sPM$/);
});

test('sizes that are set are said as they are set', () => {
  expect([2048, 1536, 300].map((mib) => formatBinarySize(mib * 1024 * 1024))).toEqual(['2 GiB', '1.5 GiB', '300 MiB']);
});
