import { expect, test } from 'vitest';
import type { OfferId, PeerId, RequestId } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import { createRecording } from '../activity/activity.test-support.ts';
import type { Answer } from '../consent/delivery.ts';
import { createGrant } from '../consent/grant.ts';
import { silentLog } from '../lib/log.ts';
import { createOnceClosed } from '../lib/once-closed.ts';
import { State } from '../lib/state.ts';
import { testSettings } from '../offers/offers.test-support.ts';
import type { Visitor } from '../wire/visitor.ts';
import { createRequests } from './requests.ts';
import type { StartOptions } from './sessions.ts';

const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const id = '3b241101-e2bb-4255-8caf-4136c566a962' as RequestId;
const offer = { id: 'app:xcalc' as OfferId, name: 'Calculator' };

/** A request that a rule allows when `answered` says so; `starting` is how long its sandbox takes. */
function ask(answered: Promise<void>, starting: Promise<void>) {
  const closed = createOnceClosed();
  const notices: unknown[] = [];
  const visitor = {
    ...{ peerId: alice, remoteAddress: '127.0.0.1', onClose: closed.follow },
    notify: (_: string, value: unknown) => notices.push(value),
  } as unknown as Visitor;
  const terms = { requestId: id, peerId: alice, claimedName: 'Alice', offerId: offer.id, view: 'viewer' as const };
  const grant = createGrant({ ...terms, powers: noPowers, ruleId: null, expiresAt: null });
  const answer = answered.then((): Answer => ({ answer: 'granted', grant }));
  const begun: StartOptions[] = [];
  const activity = createRecording();
  const found = { offer, visible: offer, digest: 'a', launch: () => ({ ownSandbox: 'off' }) };
  const requests = createRequests({
    channels: [],
    settings: new State({ ...testSettings, isWarmUp: false }),
    offers: { find: () => found },
    consent: { create: () => ({ id, answerTimeoutMs: 0, answer }), cancel: () => {} },
    containers: { cool: () => {} },
    hostSessions: {
      hasRoomFor: () => true,
      start: async (options: StartOptions) => {
        begun.push(options);
        await starting;
        return { sessionId: id };
      },
    },
    book: { faceOf: () => ({ name: 'Alice', isVerified: true, warning: null }), isBlocked: () => false },
    health: { allows: () => true },
    guests: {
      of: () => ({ claimedName: 'Alice' }),
      claimedNameOf: () => 'Alice',
      capabilitiesOf: () => [],
      readerOf: () => ({ peerId: alice, isVerified: true }),
    },
    ...{ activity, log: silentLog },
  } as unknown as Parameters<typeof createRequests>[0]);
  requests.create({ offerId: offer.id, view: 'viewer', powers: noPowers }, visitor);
  return { requests, closed, notices, grant, begun, activity };
}

test('a yes of a rule to a visitor that is gone by then starts nothing, and that is in the log', async () => {
  const answered = Promise.withResolvers<void>();
  const { requests, closed, grant, begun, activity } = ask(answered.promise, Promise.resolve());
  await new Promise(setImmediate);
  closed.close();
  answered.resolve();
  await requests.settle();
  expect(begun).toEqual([]);
  expect(grant.isLive).toBe(false);
  expect(activity.notes).toMatchObject([{ event: { kind: 'not-started', requestId: id, problem: 'cancelled' } }]);
});

test('what is being started for a visitor that goes ends, and what has started can be taken up again', async () => {
  const starting = Promise.withResolvers<void>();
  const early = ask(Promise.resolve(), starting.promise);
  await expect.poll(() => early.begun.length).toBe(1);
  expect(early.grant.isLive).toBe(true);
  early.closed.close();
  expect(early.grant.isLive).toBe(false);
  starting.resolve();
  const late = ask(Promise.resolve(), Promise.resolve());
  await expect.poll(() => late.notices).toMatchObject([{ answer: 'granted' }]);
  await late.requests.settle();
  late.closed.close();
  expect(late.grant.isLive).toBe(true);
});
