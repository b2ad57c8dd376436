import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OfferId, PeerId, Settings } from '../../contract/models.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import { type Consent, createConsent, MAX_WAITING, MAX_WAITING_PER_PEER, type Wish } from './consent.ts';
import { Grant } from './grant.ts';
import { openRules, type Rules } from './rules.ts';

const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const mallory = `SHA256:${'M'.repeat(43)}` as PeerId;
const xcalc = 'app:xcalc' as OfferId;
let folder: string;
let rules: Rules;
let consent: Consent;
let settings: State<Settings>;
const isNameOfAnother = (peerId: PeerId, name: string) => peerId !== alice && name === 'Alice';

function wish(change: Partial<Wish> & { offerId?: OfferId } = {}): Wish {
  const id = change.offerId ?? xcalc;
  const offer = { id, kind: 'app', name: 'Calculator', summary: '', categories: [], keywords: [], icon: null };
  return {
    peerId: alice,
    peerName: 'Alice',
    offer,
    view: 'viewer',
    powers: { clipboard: false, network: false },
    size: undefined,
    ...change,
  };
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  folder = await mkdtemp(join(tmpdir(), 'ebp-consent-'));
  rules = await openRules(folder, silentLog);
  settings = new State({ isPaused: false, answerTimeoutS: 5, mounts: [] } as unknown as Settings);
  consent = createConsent({ settings, rules, isNameOfAnother, log: silentLog });
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

test('allow once gives a live grant with exactly the terms that were asked for, and no rule', async () => {
  const pending = consent.create(wish());
  expect(consent.requests.value).toMatchObject([{ id: pending.id, peerName: 'Alice', isVerified: false }]);
  await consent.answer(pending.id, 'once');
  const answer = await pending.answer;
  if (answer.answer !== 'granted') throw new Error(answer.answer);
  expect(answer.grant.isLive).toBe(true);
  expect(answer.grant.terms).toMatchObject({
    peerId: alice,
    offerId: xcalc,
    powers: { clipboard: false, network: false },
  });
  expect(rules.state.value).toEqual([]);
  expect(consent.requests.value).toEqual([]);
});

test('a deny is a no, and a request is answered once only', async () => {
  const pending = consent.create(wish());
  await consent.answer(pending.id, 'deny');
  expect(await pending.answer).toEqual({ answer: 'denied' });
  await expect(consent.answer(pending.id, 'once')).rejects.toMatchObject({ code: 'not-found' });
});

// CONFORMANCE 6.1: RustDesk issue 4956 gave access after some seconds without a click.
test('no answer within the limit is a no', async () => {
  const pending = consent.create(wish());
  await vi.advanceTimersByTimeAsync(4999);
  expect(consent.requests.value).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2);
  expect(await pending.answer).toEqual({ answer: 'expired' });
  await expect(consent.answer(pending.id, 'once')).rejects.toMatchObject({ code: 'not-found' });
});

test('“always” answers the same peer and offer at once, also after a restart, and nobody and nothing else', async () => {
  await consent.answer(consent.create(wish()).id, 'always');
  rules = await openRules(folder, silentLog);
  consent = createConsent({ settings, rules, isNameOfAnother, log: silentLog });
  expect(await consent.create(wish()).answer).toMatchObject({ answer: 'granted' });
  expect(consent.requests.value).toEqual([]);
  consent.create(wish({ peerId: mallory, peerName: 'Alice' }));
  consent.create(wish({ offerId: 'app:xterm' as OfferId }));
  expect(consent.requests.value).toMatchObject([{ isNameOfAnother: true }, { isNameOfAnother: false }]);
});

test('a rule answers nothing wider than what the person saw', async () => {
  await consent.answer(consent.create(wish()).id, 'always');
  consent.create(wish({ view: 'classic' }));
  consent.create(wish({ powers: { clipboard: true, network: false } }));
  expect(consent.requests.value).toHaveLength(2);
});

test('changes of rules at the same time are all kept', async () => {
  for (const offerId of ['app:a', 'app:b', 'app:c'] as OfferId[]) {
    await consent.answer(consent.create(wish({ offerId })).id, 'always');
  }
  const [a, b] = rules.state.value;
  const added = consent.answer(consent.create(wish({ offerId: 'app:d' as OfferId })).id, 'always');
  await Promise.all([rules.remove(a?.id as never), rules.remove(b?.id as never), added]);
  expect(rules.state.value.map((rule) => rule.offerId)).toEqual(['app:c', 'app:d']);
});

test('a removed rule asks again', async () => {
  await consent.answer(consent.create(wish()).id, 'always');
  await rules.remove(rules.state.value[0]?.id as never);
  consent.create(wish());
  expect(consent.requests.value).toHaveLength(1);
});

test('only the peer that asked can take its request back', async () => {
  const pending = consent.create(wish());
  consent.cancel(pending.id, mallory);
  expect(consent.requests.value).toHaveLength(1);
  consent.cancel(pending.id, alice);
  expect(await pending.answer).toEqual({ answer: 'cancelled' });
});

test('while sharing is paused nothing is queued and no rule answers', async () => {
  await consent.answer(consent.create(wish()).id, 'always');
  settings.set({ ...settings.value, isPaused: true });
  expect(() => consent.create(wish())).toThrow(expect.objectContaining({ code: 'peer-paused' }));
});

test('a flood of one peer leaves room for others, and many peers have a limit together', () => {
  for (let i = 0; i < MAX_WAITING_PER_PEER; i += 1) consent.create(wish());
  expect(() => consent.create(wish())).toThrow(expect.objectContaining({ code: 'too-many-requests' }));
  for (let i = MAX_WAITING_PER_PEER; i < MAX_WAITING; i += 1) {
    consent.create(wish({ peerId: `SHA256:${String(i).padStart(43, '0')}` as PeerId }));
  }
  expect(() => consent.create(wish({ peerId: mallory }))).toThrow(
    expect.objectContaining({ code: 'too-many-requests' }),
  );
});

test('a grant comes from consent only, and ends for ever', async () => {
  expect(() => new Grant({} as never, Symbol('grant') as never)).toThrow('consent only');
  const pending = consent.create(wish());
  await consent.answer(pending.id, 'once');
  const answer = await pending.answer;
  if (answer.answer !== 'granted') throw new Error(answer.answer);
  answer.grant.end();
  expect(answer.grant.isLive).toBe(false);
  expect(answer.grant.signal.aborted).toBe(true);
});
