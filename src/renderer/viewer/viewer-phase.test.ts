import { expect, test } from 'vitest';
import { getDefaultAsk, getDefaultSession } from '../nouns.test-support.ts';
import { screenSize } from './screen-size.ts';
import { type ViewerFacts, viewerPhase } from './viewer-phase.ts';

const facts: ViewerFacts = {
  ask: undefined,
  session: undefined,
  problem: null,
  isAsking: false,
  display: 'none',
  isCoreLost: false,
};
const phase = (over: Partial<ViewerFacts>) => viewerPhase({ ...facts, ...over });
const timeout = { code: 'timeout' as const, params: {} };

test('before the answer it waits', () => {
  expect(phase({ isAsking: true })).toEqual({ kind: 'waiting', isAsked: false, expiresAt: null });
  expect(phase({ ask: getDefaultAsk({ state: 'connecting' }) })).toMatchObject({ kind: 'waiting', isAsked: false });
  expect(phase({ ask: getDefaultAsk({ expiresAt: 7 }) })).toEqual({ kind: 'waiting', isAsked: true, expiresAt: 7 });
});

test.each([
  ['denied', 'denied'],
  ['expired', 'unanswered'],
  ['cancelled', 'cancelled'],
  ['failed', 'not-asked'],
] as const)('an ask that is %s ends it', (state, why) => {
  expect(phase({ ask: getDefaultAsk({ state }) })).toMatchObject({ kind: 'ended', why });
});

test('what could not be asked, and what is not there any more', () => {
  expect(phase({ isAsking: true, problem: timeout })).toEqual({ kind: 'ended', why: 'not-asked', problem: timeout });
  expect(phase({})).toEqual({ kind: 'ended', why: 'gone', problem: null });
});

test('a session is connecting until it is painted', () => {
  const ask = getDefaultAsk({ state: 'granted' });
  expect(phase({ ask }).kind).toBe('connecting');
  expect(phase({ ask, session: getDefaultSession({ state: 'starting' }) }).kind).toBe('connecting');
  expect(phase({ session: getDefaultSession(), display: 'connecting' }).kind).toBe('connecting');
  expect(phase({ session: getDefaultSession(), display: 'painted' }).kind).toBe('running');
});

test('it reconnects when either the session or its picture is lost', () => {
  expect(phase({ session: getDefaultSession(), display: 'lost' }).kind).toBe('reconnecting');
  expect(phase({ session: getDefaultSession({ state: 'reconnecting' }), display: 'painted' }).kind).toBe(
    'reconnecting',
  );
});

test('without the core of this computer nothing is said of the other one, unless it was over before', () => {
  const isCoreLost = true;
  expect(phase({ session: getDefaultSession(), display: 'lost', isCoreLost })).toEqual({ kind: 'no-core' });
  expect(phase({ ask: getDefaultAsk({ expiresAt: 7 }), isCoreLost })).toEqual({ kind: 'no-core' });
  const ended = getDefaultSession({ state: 'ended', endReason: 'program', endedAt: 2 });
  expect(phase({ session: ended, isCoreLost })).toMatchObject({ kind: 'ended', why: 'program' });
});

test.each(['visitor', 'host', 'program', 'expired', 'lost', 'failed'] as const)('it says that %s ended it', (why) => {
  const session = getDefaultSession({ state: 'ended', endReason: why, endedAt: 2 });
  expect(phase({ session, display: 'lost' })).toEqual({ kind: 'ended', why, problem: null, lastWords: [] });
});

test('it says that a program failed, with its own last words', () => {
  const problem = { code: 'program-failed', params: { exitCode: 1 } };
  const lastWords = ['Traceback', 'no sound'];
  const session = getDefaultSession({ state: 'ended', endReason: 'program', endedAt: 2, problem, lastWords });
  expect(phase({ session })).toEqual({ kind: 'ended', why: 'failed', problem, lastWords });
});

test('the remote screen is as large as the window below the toolbar, within the limits', () => {
  expect(screenSize(1000, 740)).toEqual({ width: 1000, height: 700 });
  expect(screenSize(0, 0)).toEqual({ width: 1000, height: 700 });
  expect(screenSize(30, 50)).toEqual({ width: 64, height: 64 });
  expect(screenSize(20_000, 20_000)).toEqual({ width: 8192, height: 8192 });
});
