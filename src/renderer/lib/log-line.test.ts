import { describe, expect, test } from 'vitest';
import { formatLogTime } from './format.ts';
import { parseLogLine } from './log-line.ts';

describe('parseLogLine', () => {
  test('tells time, level, sentence and the facts apart', () => {
    const time = '2026-11-20T22:46:42.123Z';
    const line = JSON.stringify({ level: 40, time, peerId: 'SHA256:abc', error: 'not there', tries: 3, msg: 'lost' });
    expect(parseLogLine(line)).toEqual({
      time: formatLogTime(Date.parse(time)),
      level: 'warn',
      sentence: 'lost',
      facts: 'peerId=SHA256:abc error="not there" tries=3',
    });
  });
  test.each([
    [60, 'error'],
    [50, 'error'],
    [30, 'info'],
    [20, 'debug'],
  ])('level %i is %s', (level, word) => {
    expect(parseLogLine(JSON.stringify({ level, msg: 'x' })).level).toBe(word);
  });
  test.each(['{"level":30,"ti', '"text"', '[]', 'null', ''])('keeps %j, which is no event, as it is', (line) => {
    expect(parseLogLine(line)).toEqual({ time: '', level: 'info', sentence: line, facts: '' });
  });
  test('a value cannot hide or turn text', () => {
    const { facts } = parseLogLine(JSON.stringify({ name: 'a\u202eb', other: 'x\ny', time: 'never' }));
    expect(facts).toBe('name="a\\u{202e}b" other="x\\ny"');
  });
});
