import { expect, test } from 'vitest';
import { createNotices } from './notices.ts';
import type { HostConnection } from './peer-client.ts';

const connection = {} as HostConnection;
const verified = { commitment: 'a'.repeat(64), isSame: true };

test('a notice reaches the part that registered for it, and no other', () => {
  const notices = createNotices();
  const taken: unknown[] = [];
  notices.on('verify.answered', (...told) => taken.push(told));
  notices.on('verify.cancelled', () => taken.push('another'));
  notices.take('verify.answered', verified, connection);
  expect(taken).toEqual([[verified, connection]]);
});

test('what no part takes is dropped, and no notice has two takers', () => {
  const notices = createNotices();
  expect(() => notices.take('verify.answered', verified, connection)).not.toThrow();
  notices.on('verify.answered', () => {});
  expect(() => notices.on('verify.answered', () => {})).toThrow('verify.answered');
});
