import { expect, test } from 'vitest';
import { codeGroups, codeWords } from './code-words.ts';

test('two words stand for six digits, and for no others', () => {
  expect(codeWords('000001')).toBe('abandon ability');
  expect(codeWords('999000')).not.toBe(codeWords('000999'));
  const words = new Set<string>();
  for (let half = 0; half < 1000; half += 1)
    words.add(codeWords(`${String(half).padStart(3, '0')}000`).split(' ')[0] ?? '');
  expect(words.size).toBe(1000);
  expect([...words].every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true);
  expect(codeGroups('012345')).toBe('012 345');
  expect(() => codeWords('12345')).toThrow();
});
