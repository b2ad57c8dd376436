// What a peer of another version, or one that means ill, may put where this one expects a value.
import { expect, test } from 'vitest';
import { hostNotices } from './peer-protocol.ts';

const ended = { sessionId: crypto.randomUUID(), reason: 'program', exitCode: 1, problem: null };
const lastWordsOf = (lastWords: unknown) => hostNotices['session.ended'].parse({ ...ended, lastWords }).lastWords;

test('the end of a session counts whatever its last words are: of an older peer none, of any ten lines fit to be shown', () => {
  expect(hostNotices['session.ended'].parse(ended).lastWords).toEqual([]);
  for (const odd of [null, 'text', 7, [1], [['a']], {}]) expect(lastWordsOf(odd)).toEqual([]);
  expect(lastWordsOf(['no sound', '\u202eevil\u0007', ''])).toEqual(['no sound', 'evil']);
  const many = lastWordsOf(Array.from({ length: 50_000 }, () => 'x'.repeat(500)));
  expect(many).toEqual(Array.from({ length: 10 }, () => 'x'.repeat(200)));
});
