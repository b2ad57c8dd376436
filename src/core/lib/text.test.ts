import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toShowable } from './text.ts';

describe('toShowable', () => {
  it.each([
    ['  Bob\u2019s   laptop ', 'Bob\u2019s laptop'],
    ['Bob\u202egpj.exe', 'Bobgpj.exe'],
    ['a\u0000b\u001b[31mc\r\nd', 'ab[31mc d'],
    ['<b>Bob</b>&amp;<script>', '<b>Bob</b>&amp;<script>'],
    ['👩\u200d👩\u200d👧 home', '👩\u200d👩\u200d👧 home'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['\ud800x', 'x'.padStart(2, '\ufffd')],
    [`a${'\u0301'.repeat(50)}`, `\u00e1${'\u0301'.repeat(3)}`],
    ['\u00ad\ufeff\u{e0041}', ''],
    ['e\u200b\u0301', '\u00e9'],
    ['B\u3164o\u115fb\u2800\u034f\uffa0\u{e0100}', 'Bob'],
    ['\u3164', ''],
    ['\ufe0f', ''],
    ['I \u2764\ufe0f GIMP', 'I \u2764\ufe0f GIMP'],
    [`${'\u200d'.repeat(100)}x`, ''],
  ])('%j becomes %j', (name, expected) => expect(toShowable(name, 100)).toBe(expected));

  it('cuts at 100 without halving a pair', () => {
    expect(toShowable(`x${'😀'.repeat(60)}`, 100)).toBe(`x${'😀'.repeat(49)}`);
  });

  it('is the same when done twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        expect(toShowable(toShowable(name, 100), 100)).toBe(toShowable(name, 100));
      }),
    );
  });
});
