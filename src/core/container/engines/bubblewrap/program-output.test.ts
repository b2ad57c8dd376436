import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { lastWordsOf, toLastWords } from '../../../lib/last-words.ts';
import { ProgramOutput } from './program-output.ts';

afterEach(() => vi.useRealTimers());

function excerptOf(...chunks: readonly (string | Buffer)[]) {
  const stream = new PassThrough();
  const output = new ProgramOutput();
  output.follow(stream);
  for (const chunk of chunks) stream.emit('data', Buffer.from(chunk));
  return output.excerpt();
}
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`);

describe('the excerpt of what a program wrote', () => {
  test('is all of it while that is little, and its first and last ten lines otherwise', () => {
    expect(excerptOf('')).toEqual({ first: [], last: [] });
    expect(excerptOf('one\ntwo')).toEqual({ first: ['one', 'two'], last: [] });
    expect(excerptOf(`${numbered(13).join('\n')}\n`)).toEqual({
      first: numbered(10),
      last: ['line 11', 'line 12', 'line 13'],
    });
    const many = numbered(5000);
    expect(excerptOf(...many.map((line) => `${line}\n`))).toEqual({ first: many.slice(0, 10), last: many.slice(-10) });
  });

  test('does not depend on how it came', () => {
    const text = numbered(700).join('\n');
    const expected = excerptOf(text);
    expect(excerptOf(...text)).toEqual(expected);
    expect(excerptOf(text.slice(0, 4099), text.slice(4099))).toEqual(expected);
  });

  test('has no control characters, colours or marks that reorder text, and no line longer than 200', () => {
    const { first } = excerptOf(
      '\u001b[1;31mred\u001b[0m\u001b]0;title\u0007 \u202etxet\r10 %\r20 %\u0000\n\n',
      'x'.repeat(3000),
    );
    expect(first).toEqual(['red txet', '10 %', '20 %', 'x'.repeat(200)]);
  });

  test('is bounded, also where no line ever ends', () => {
    const { first, last } = excerptOf(...Array.from({ length: 300 }, () => 'y'.repeat(65_536)), '\nthe end\n');
    expect(first).toEqual(['y'.repeat(200)]);
    expect(last.at(-1)).toBe('the end');
    expect(JSON.stringify({ first, last }).length).toBeLessThan(1000);
  });

  test('says of a program that is not there what is missing, and not where our script says so', () => {
    expect(excerptOf('/run/ebp/conf/init: line 117: /usr/bin/nothing: No such file or directory\n').first).toEqual([
      '/usr/bin/nothing: No such file or directory',
    ]);
  });
});

test('a program that writes without end waits, until it is over', () => {
  vi.useFakeTimers();
  const stream = new PassThrough();
  const output = new ProgramOutput();
  output.follow(stream);
  const write = () => stream.emit('data', Buffer.alloc(600_000));
  write();
  expect(stream.isPaused()).toBe(false);
  write();
  expect(stream.isPaused()).toBe(true);
  vi.advanceTimersByTime(1001);
  expect(stream.isPaused()).toBe(false);
  write();
  write();
  expect(stream.isPaused()).toBe(true);
  output.finish();
  expect(stream.isPaused()).toBe(false);
});

test('last words are the last ten lines, and of a peer no more and nothing else either', () => {
  expect(lastWordsOf({ first: ['a', 'b'], last: [] })).toEqual(['a', 'b']);
  expect(lastWordsOf({ first: numbered(10), last: ['end'] })).toEqual([...numbered(10).slice(1), 'end']);
  expect(toLastWords([...numbered(50), '\u001b[2J\u202eevil', ' '])).toEqual([...numbered(50).slice(-8), '[2Jevil']);
});
