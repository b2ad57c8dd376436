import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { downloadHeaders, filePath, isFileName, numberedName, parseFilePath, toFileName } from './exchange.ts';
import type { SessionId } from './ids.ts';

const sessionId = '2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d' as SessionId;
const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 400 }));

describe('names of files', () => {
  test.each([
    'a',
    '.bashrc',
    'a b.txt',
    'a  b',
    '<img src=x onerror=alert(1)>',
    'مستند.pdf',
    '日本語.txt',
    '👩‍👧.png',
    '\u2764\ufe0f.png',
    '...',
    '~',
    '-rf',
  ])('“%s” is one', (name) => expect(isFileName(name)).toBe(true));
  test.each([
    ['nothing', ''],
    ['the folder itself', '.'],
    ['the folder above', '..'],
    ['a path', 'a/b'],
    ['a path above', '../a'],
    ['NUL', 'a\0b'],
    ['a line end', 'a\nb'],
    ['an escape', '\u001b[2Ja'],
    ['a right-to-left override', 'a\u202egnp.exe'],
    ['a right-to-left mark', 'a\u200fb'],
    ['what hides', 'a\u200bb'],
    ['a letter without a shape', 'a.pdf\u3164\u3164.exe'],
    ['a blank that is no space', 'a.pdf\u2800\u2800.exe'],
    ['half a character', 'a\ud83db'],
    ['spaces around', ' a'],
    ['300 characters', 'a'.repeat(300)],
    ['128 letters of two bytes', 'é'.repeat(128)],
  ])('%s is none', (_what, name) => expect(isFileName(name)).toBe(false));

  test('any text is made one, or nothing, and a good one stays as it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const name = toFileName(text);
        if (name !== null) expect(isFileName(name)).toBe(true);
        if (isFileName(text)) expect(name).toBe(text);
      }),
    );
    expect(toFileName('a\u202egnp.exe')).toBe('agnp.exe');
    expect(toFileName(`${'a'.repeat(300)}.tar.gz`)).toBe(`${'a'.repeat(248)}.tar.gz`);
    expect(toFileName('\u202e')).toBeNull();
    expect(toFileName('..')).toBeNull();
  });

  test('a second file of a name has a name of its own', () => {
    expect(numberedName('a.tar.gz', 2)).toBe('a (2).tar.gz');
    expect(numberedName('.bashrc', 3)).toBe('.bashrc (3)');
    expect(numberedName('a', 1)).toBe('a');
    fc.assert(
      fc.property(anyText.filter(isFileName), fc.integer({ min: 2, max: 100 }), (name, number) => {
        const other = numberedName(name, number);
        expect(isFileName(other)).toBe(true);
        expect(other).not.toBe(name);
      }),
    );
  });
});

describe('addresses of files', () => {
  test('lead to the session and the name that they were made of', () => {
    fc.assert(
      fc.property(anyText.filter(isFileName), (name) => {
        const path = filePath(sessionId, name);
        expect(parseFilePath(path)).toEqual({ sessionId, name });
        expect(parseFilePath(new URL(path, 'http://127.0.0.1').pathname)).toEqual({ sessionId, name });
      }),
    );
  });
  test.each([
    `/files/${sessionId}/..%2fetc%2fpasswd`,
    `/files/${sessionId}/%2e%2e`,
    `/files/${sessionId}/a%00b`,
    `/files/${sessionId}/%e0%80%af`,
    `/files/${sessionId}/%`,
    `/files/${sessionId}/a/b`,
    `/files/${sessionId}/`,
    `/files/${sessionId}`,
    `/files/x/a`,
    `/files/../${sessionId}/a`,
  ])('%s is none', (path) => expect(parseFilePath(path)).toBeNull());
});

test('a download’s headers are headers, whatever the name', () => {
  fc.assert(
    fc.property(anyText.filter(isFileName), (name) => {
      const header = new Headers(downloadHeaders(name, 1)).get('content-disposition') ?? '';
      expect(header).toMatch(/^attachment; filename="[\w. ()-]+"; filename\*=UTF-8''[\w.~!%-]+$/);
      expect(decodeURIComponent(header.split("''")[1] ?? '')).toBe(name);
    }),
  );
});
