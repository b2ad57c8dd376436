import { expect, test } from 'vitest';
import { type OfferId, type PeerId, sessionIdSchema } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import type { Settings } from '../../contract/settings.ts';
import { viewNames } from '../../contract/views.ts';
import { createRecording } from '../activity/activity.test-support.ts';
import { State } from '../lib/state.ts';
import { createFakeComputer, start, testSettings } from '../offers/offers.test-support.ts';
import { MAX_OFFERS, OLDEST_PROTOCOL, PROTOCOL } from '../wire/peer-protocol.ts';
import type { Visitor } from '../wire/visitor.ts';
import { createHostCalls } from './calls.ts';

test('a catalogue that is too long is cut by name, and the visitor is told', async () => {
  const offersOf = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `app:${index}`, name: `App ${count - index}` }));
  const visitor = { peerId: `SHA256:${'A'.repeat(43)}` as PeerId, onClose: () => () => {} } as unknown as Visitor;
  for (const [count, isCut] of [
    [MAX_OFFERS, false],
    [MAX_OFFERS + 5, true],
  ] as const) {
    const { answers } = createHostCalls({
      settings: new State({ name: 'Bob' } as unknown as Settings),
      hostSessions: {},
      book: { isVerified: () => false },
      offers: { visibleTo: () => offersOf(count) },
    } as unknown as Parameters<typeof createHostCalls>[0]);
    await answers.calls.hello(
      { protocol: PROTOCOL, oldest: OLDEST_PROTOCOL, name: 'Alice', capabilities: [] },
      visitor,
    );
    const answer = await answers.calls['catalogue.get']({}, visitor);
    expect(answer.isCut).toBe(isCut);
    expect(answer.offers).toHaveLength(MAX_OFFERS);
    const names = answer.offers.map((offer) => (offer as { name: string }).name);
    if (isCut) expect([names[0], names.at(-1)]).toEqual(['App 1', `App ${MAX_OFFERS}`]);
  }
});

test('a connection says hello once: its name stays, and it cannot make this computer collect listeners', async () => {
  const settings = new State({ name: 'Bob' } as unknown as Settings);
  const { answers } = createHostCalls({ settings, hostSessions: {}, book: {} } as unknown as Parameters<
    typeof createHostCalls
  >[0]);
  let listeners = 0;
  const visitor = {
    peerId: `SHA256:${'A'.repeat(43)}` as PeerId,
    onClose: () => {
      listeners += 1;
      return () => {};
    },
  } as unknown as Visitor;
  const hello = { protocol: PROTOCOL, oldest: OLDEST_PROTOCOL, name: 'Alice', capabilities: [] };
  expect(await answers.calls.hello(hello, visitor)).toMatchObject({ name: 'Bob' });
  for (let again = 0; again < 3; again += 1)
    expect(() => answers.calls.hello({ ...hello, name: 'Carol' }, visitor)).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  expect(listeners).toBe(1);
});

test('a request of a view that this version does not have is refused with that reason, and its name is in the log', async () => {
  const activity = createRecording();
  const { answers } = createHostCalls({
    settings: new State({ name: 'Bob' } as unknown as Settings),
    hostSessions: {},
    book: { faceOf: () => ({ name: 'Alice', isVerified: false }) },
    offers: { own: new State({ offers: [] }) },
    activity,
  } as unknown as Parameters<typeof createHostCalls>[0]);
  const visitor = { peerId: `SHA256:${'A'.repeat(43)}` as PeerId, onClose: () => () => {} } as unknown as Visitor;
  await answers.calls.hello({ protocol: PROTOCOL, oldest: OLDEST_PROTOCOL, name: 'Alice', capabilities: [] }, visitor);
  const wish = { offerId: 'app:xcalc' as OfferId, view: 'hologram', powers: noPowers };
  expect(() => answers.calls['request.create'](wish, visitor)).toThrow(
    expect.objectContaining({ code: 'view-unknown' }),
  );
  expect(activity.notes[0]?.event).toEqual({ kind: 'requested', view: 'hologram', powers: noPowers });
});

test('what is of a kind without a row is not there for whoever asks: no person and no rule is', async () => {
  const toyId = 'toy:train' as OfferId;
  await using computer = await createFakeComputer();
  await using offers = await start(computer, new State({ ...testSettings, sharedByOfferId: { [toyId]: true } }));
  const activity = createRecording();
  const consulted: unknown[] = [];
  const { answers } = createHostCalls({
    settings: new State(testSettings),
    hostSessions: { hasRoomFor: () => true },
    book: { faceOf: () => ({ name: 'Alice', isVerified: true }), isVerified: () => true },
    consent: { create: (wish: unknown) => consulted.push(wish) },
    health: { canShare: () => true, canGiveNetwork: () => true },
    ...{ offers, activity },
  } as unknown as Parameters<typeof createHostCalls>[0]);
  const visitor = { peerId: `SHA256:${'A'.repeat(43)}` as PeerId, onClose: () => () => {} } as unknown as Visitor;
  await answers.calls.hello({ protocol: PROTOCOL, oldest: OLDEST_PROTOCOL, name: 'Alice', capabilities: [] }, visitor);
  expect(await answers.calls['catalogue.get']({}, visitor)).toEqual({ offers: [], isCut: false });
  for (const view of viewNames)
    expect(() => answers.calls['request.create']({ offerId: toyId, view, powers: noPowers }, visitor), view).toThrow(
      expect.objectContaining({ code: 'offer-gone' }),
    );
  expect(consulted).toEqual([]);
});

test.each(['session.close', 'session.keep', 'session.resume'] as const)(
  'a visitor that calls %s without end does not keep the owner’s windows busy',
  async (call) => {
    let changes = 0;
    const change = () => {
      changes += 1;
    };
    const { answers } = createHostCalls({
      settings: new State({ name: 'Bob' } as unknown as Settings),
      hostSessions: { close: change, keep: change, resume: change },
      book: {},
    } as unknown as Parameters<typeof createHostCalls>[0]);
    const visitor = { peerId: `SHA256:${'A'.repeat(43)}` as PeerId, onClose: () => () => {} } as unknown as Visitor;
    const other = { ...visitor, peerId: `SHA256:${'B'.repeat(43)}` as PeerId };
    const hello = { protocol: PROTOCOL, oldest: OLDEST_PROTOCOL, name: 'Alice', capabilities: [] };
    for (const one of [visitor, other]) await answers.calls.hello(hello, one);
    const sessionId = sessionIdSchema.parse(crypto.randomUUID());
    const ask = async (one: Visitor) => answers.calls[call]({ sessionId }, one);
    for (let times = 0; times < 50; times += 1) await ask(visitor);
    for (let times = 0; times < 1000; times += 1)
      await expect(ask(visitor)).rejects.toMatchObject({ code: 'too-many-requests' });
    expect(changes).toBe(50);
    await ask(other);
    expect(changes).toBe(51);
  },
);
