// What passes between versions that do not know all of each other's words.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { noPowers } from '../../contract/powers.ts';
import { hostNotices, MAX_MESSAGE_BYTES } from './peer-protocol.ts';

const id = '3b241101-e2bb-4255-8caf-4136c566a962';
const ended = { sessionId: id, reason: 'host', exitCode: null, problem: null };
const answered = { requestId: id, answer: 'denied', session: null, problem: null };

test('a reason, an answer and a fault that a newer host has are read as a failure', () => {
  expect(hostNotices['session.ended'].parse({ ...ended, reason: 'eclipse' }).reason).toBe('failed');
  expect(hostNotices['request.answered'].parse({ ...answered, answer: 'maybe' }).answer).toBe('failed');
  const problem = { code: 'moon-too-near', params: { distance: { m: 1 } } };
  for (const notice of [
    hostNotices['session.ended'].parse({ ...ended, problem }),
    hostNotices['request.answered'].parse({ ...answered, answer: 'failed', problem }),
  ])
    expect(notice.problem).toEqual({ code: 'internal', params: {} });
});

test('a yes that is not one of a granted session is none', () => {
  const session = { sessionId: id, containerHostKey: null, classicPort: null, powers: noPowers, remainingMs: null };
  expect(hostNotices['request.answered'].parse({ ...answered, answer: 'perhaps', session }).answer).toBe('failed');
});

test('that a host quits is told in a field that older versions leave out, and what they read is true', () => {
  const notice = { ...ended, isQuit: true };
  expect(hostNotices['session.ended'].parse(notice)).toMatchObject({ reason: 'host', isQuit: true });
  const before = z.object({
    sessionId: z.string(),
    reason: z.enum(['visitor', 'host', 'program', 'expired', 'lost', 'failed']),
    exitCode: z.number().nullable(),
    problem: z.null(),
  });
  expect(before.parse(notice)).toEqual(ended);
  expect(hostNotices['session.ended'].parse({ ...ended, isQuit: 'yes' }).isQuit).toBeUndefined();
});

test('the end of a session counts whatever its last words are: of an older peer none, of any ten lines fit to be shown', () => {
  const lastWordsOf = (lastWords: unknown) => hostNotices['session.ended'].parse({ ...ended, lastWords }).lastWords;
  expect(hostNotices['session.ended'].parse(ended).lastWords).toEqual([]);
  for (const odd of [null, 'text', 7, [1], [['a']], {}]) expect(lastWordsOf(odd)).toEqual([]);
  expect(lastWordsOf(['no sound', '\u202eevil\u0007', ''])).toEqual(['no sound', 'evil']);
  const many = lastWordsOf(Array.from({ length: 50_000 }, () => 'x'.repeat(500)));
  expect(many).toEqual(Array.from({ length: 10 }, () => 'x'.repeat(200)));
});

test('the end of a session whose last words are as much as a message can hold of what they are not is read at once', () => {
  // As many as fit into MAX_MESSAGE_BYTES.
  const lastWords = Array.from({ length: MAX_MESSAGE_BYTES / 2 }, () => 1);
  const before = process.cpuUsage();
  expect(hostNotices['session.ended'].parse({ ...ended, lastWords }).lastWords).toEqual([]);
  // Some 2.5 s, and a gigabyte, where each was looked at.
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
});

test('so is a fault with as many particulars as a message can hold', () => {
  const params = Object.fromEntries(Array.from({ length: 300_000 }, (_, number) => [`k${number}`, []]));
  const before = process.cpuUsage();
  const { problem } = hostNotices['session.ended'].parse({ ...ended, problem: { code: 'internal', params } });
  expect(problem).toEqual({ code: 'internal', params: {} });
  // Some 1.7 s, and half a gigabyte, where each was looked at.
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
});
