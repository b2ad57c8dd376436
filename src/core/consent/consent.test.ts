import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { OfferId, PeerId } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import type { Settings } from '../../contract/settings.ts';
import { createRecording, type Recording } from '../activity/activity.test-support.ts';
import { systemClocks } from '../lib/elapsed.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import { openPeerBook, type PeerBook } from '../peers/peer-book.ts';
import {
  type Consent,
  createConsent,
  MAX_BY_RULES_PER_HOUR,
  MAX_WAITING,
  MAX_WAITING_PER_ADDRESS,
  MAX_WAITING_PER_PEER,
} from './consent.ts';
import { Grant } from './grant.ts';
import type { PersonsAnswer } from './persons-answer.ts';
import { openRules, type Rules } from './rules.ts';
import type { Wish } from './wish.ts';

const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const mallory = `SHA256:${'M'.repeat(43)}` as PeerId;
const xcalc = 'app:xcalc' as OfferId;
const once: PersonsAnswer = { answer: 'allow', lasts: 'once' };
const always: PersonsAnswer = { answer: 'allow', lasts: 'always' };
const deny: PersonsAnswer = { answer: 'deny', lasts: 'once' };
let folder: string;
let rules: Rules;
let book: PeerBook;
let consent: Consent;
let recording: Recording;
let settings: State<Settings>;

function wish(change: Partial<Wish> & { offerId?: OfferId } = {}): Wish {
  const id = change.offerId ?? xcalc;
  const offer = { id, kind: 'app', name: 'Calculator', summary: '', categories: [], keywords: [], icon: null };
  return {
    peerId: alice,
    claimedName: 'Alice',
    offer,
    ownSandbox: 'off',
    launchDigest: 'a'.repeat(64),
    view: 'viewer',
    powers: noPowers,
    size: undefined,
    ...change,
  };
}

/** As after a start of the core. */
async function begin(): Promise<void> {
  recording = createRecording();
  book = await openPeerBook({ profileDir: folder, log: silentLog });
  rules = await openRules({ profileDir: folder, isVerified: book.isVerified, log: silentLog });
  book.alsoKnow(rules.state);
  consent = createConsent({ settings, rules, book, activity: recording, log: silentLog });
}

const ask = (change?: Parameters<typeof wish>[0]) => consent.create(wish(change));

/** What a rule says, or `asked` when a person is asked. */
async function outcome(change?: Parameters<typeof wish>[0]): Promise<string> {
  const pending = ask(change);
  const isAsked = consent.requests.value.some(({ id }) => id === pending.id);
  return isAsked ? 'asked' : (await pending.answer).answer;
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  folder = await mkdtemp(join(tmpdir(), 'ebp-consent-'));
  const quietHours = { isOn: false, from: '22:00', to: '07:00' };
  settings = new State({
    isPaused: false,
    answerTimeoutS: 5,
    mounts: [],
    isDoNotDisturb: false,
    quietHours,
  } as unknown as Settings);
  await begin();
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

test('allow once gives a live grant with exactly the terms that were asked for, and no rule', async () => {
  const pending = ask();
  expect(consent.requests.value).toMatchObject([{ id: pending.id, peerId: alice, claimedName: 'Alice' }]);
  await consent.answer(pending.id, once);
  const answer = await pending.answer;
  if (answer.answer !== 'granted') throw new Error(answer.answer);
  expect(answer.grant.isLive).toBe(true);
  expect(answer.grant.terms).toMatchObject({ peerId: alice, offerId: xcalc, powers: noPowers, ruleId: null });
  expect(rules.state.value).toEqual([]);
  expect(consent.requests.value).toEqual([]);
});

test('a deny is a no, and a request is answered once only', async () => {
  const pending = ask();
  await consent.answer(pending.id, deny);
  expect(await pending.answer).toEqual({ answer: 'denied' });
  await expect(consent.answer(pending.id, once)).rejects.toMatchObject({ code: 'not-found' });
});

// CONFORMANCE 6.1: RustDesk issue 4956 gave access after some seconds without a click.
test('no answer within the limit is a no', async () => {
  const pending = ask();
  await vi.advanceTimersByTimeAsync(4999);
  expect(consent.requests.value).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2);
  expect(await pending.answer).toEqual({ answer: 'expired' });
  await expect(consent.answer(pending.id, once)).rejects.toMatchObject({ code: 'not-found' });
});

test('“always” answers the same peer and offer at once, also after a restart, and nobody and nothing else', async () => {
  await book.update(alice, 'Alice', { verifiedAt: 1 });
  await consent.answer(ask().id, always);
  await begin();
  expect(await outcome()).toBe('granted');
  expect(await outcome({ peerId: mallory })).toBe('asked');
  expect(await outcome({ offerId: 'app:xterm' as OfferId })).toBe('asked');
  expect(consent.requests.value).toHaveLength(2);
});

test('“always” is for verified peers only, and holds only while they are', async () => {
  const pending = ask();
  await expect(consent.answer(pending.id, always)).rejects.toMatchObject({ code: 'not-verified' });
  expect(consent.requests.value).toHaveLength(1);
  await book.update(alice, 'Alice', { verifiedAt: 1 });
  await consent.answer(pending.id, always);
  expect(await outcome()).toBe('granted');
  await book.update(alice, 'Alice', { verifiedAt: null });
  expect(await outcome()).toBe('asked');
  expect(consent.requests.value).toMatchObject([{ ruleNote: 'unverified' }]);
});

test('a rule answers nothing wider than what the person saw, and the person is told why it is asked again', async () => {
  await book.update(alice, 'Alice', { verifiedAt: 1 });
  await consent.answer(ask().id, always);
  expect(await outcome({ view: 'ssh-command' })).toBe('asked');
  expect(await outcome({ powers: { ...noPowers, clipboardOut: true } })).toBe('asked');
  expect(await outcome({ powers: { ...noPowers, isViewOnly: true } })).toBe('granted');
  expect(consent.requests.value).toMatchObject([{ ruleNote: null }, { ruleNote: 'wider' }]);
});

test('a rule gives what the person gave, also where more was asked for, and asks nobody again', async () => {
  const powers = { ...noPowers, clipboardIn: true, clipboardOut: true };
  await consent.answer(ask({ powers }).id, {
    answer: 'allow',
    lasts: 'until-quit',
    powers: { ...noPowers, clipboardOut: true, isViewOnly: true, timeLimitMin: 30 },
  });
  const given = { clipboardIn: false, clipboardOut: true, isViewOnly: true, timeLimitMin: 30 };
  expect(await ask({ powers }).answer).toMatchObject({ grant: { terms: { powers: given } } });
  const shorter = { ...noPowers, timeLimitMin: 10 };
  const givenThen = { clipboardOut: false, isViewOnly: true, timeLimitMin: 10 };
  expect(await ask({ powers: shorter }).answer).toMatchObject({ grant: { terms: { powers: givenThen } } });
  expect(await outcome({ powers: { ...powers, network: 'internet' } })).toBe('asked');
});

test('a rule is for what ran when it was made: another command or entry is asked again', async () => {
  await book.update(alice, 'Alice', { verifiedAt: 1 });
  await consent.answer(ask().id, always);
  expect(await outcome({ launchDigest: 'b'.repeat(64) })).toBe('asked');
  expect(consent.requests.value).toMatchObject([{ ruleNote: 'changed' }]);
});

test('rules of an earlier version, which did not know what would run, ask again and are kept', async () => {
  const rule = { peerId: alice, peerName: 'Alice', offerId: xcalc, offerName: 'Calculator', view: 'viewer' };
  const old = { ...rule, id: crypto.randomUUID(), powers: { clipboard: true, network: false }, createdAt: 1 };
  const denied = { ...old, id: crypto.randomUUID(), offerId: 'app:xterm', answer: 'deny' };
  await writeFile(join(folder, 'rules.json'), JSON.stringify({ rules: [{ ...old, answer: 'allow' }, denied] }));
  await begin();
  expect(rules.state.value).toHaveLength(2);
  expect(await outcome()).toBe('asked');
  expect(consent.requests.value).toMatchObject([{ ruleNote: 'changed' }]);
  expect(await outcome({ offerId: 'app:xterm' as OfferId })).toBe('denied');
});

test('where damage hid a no or a blocked peer, it stays so, and a yes does not', async () => {
  const rule = { peerId: alice, peerName: 'Alice', offerName: 'Calculator', view: 'viewer', powers: noPowers };
  const whole = { ...rule, launchDigest: 'a'.repeat(64), createdAt: 1, expiresAt: null, isUntilQuit: false };
  const deny = { ...whole, id: 'damaged', offerId: xcalc, answer: 'deny' };
  const allow = { ...whole, id: 'damaged', offerId: 'app:xterm', answer: 'allow' };
  await writeFile(join(folder, 'rules.json'), JSON.stringify({ rules: [deny, allow] }));
  const peers = [
    { id: mallory, name: 7, isBlocked: true },
    { id: alice, name: 7, verifiedAt: 1 },
  ];
  await writeFile(join(folder, 'peers.json'), JSON.stringify({ peers }));
  await begin();
  expect(await outcome()).toBe('denied');
  expect(await outcome({ offerId: 'app:xterm' as OfferId })).toBe('asked');
  expect(book.isBlocked(mallory)).toBe(true);
  expect(book.isVerified(alice)).toBe(false);
  expect((await readdir(folder)).filter((name) => name.includes('.damaged-'))).toHaveLength(2);
});

test('a yes for a time ends, and what it granted with it', async () => {
  const pending = ask();
  await consent.answer(pending.id, { answer: 'allow', lasts: 'time', minutes: 10 });
  const answer = await pending.answer;
  if (answer.answer !== 'granted') throw new Error(answer.answer);
  expect(await outcome()).toBe('granted');
  vi.setSystemTime(Date.now() + 10 * 60_000);
  expect(answer.grant.isLive).toBe(false);
  expect(await outcome()).toBe('asked');
  await expect(consent.answer(ask().id, { answer: 'allow', lasts: 'time' })).rejects.toMatchObject({
    code: 'bad-input',
  });
});

test('a yes until quit is forgotten with the end of the core', async () => {
  await consent.answer(ask().id, { answer: 'allow', lasts: 'until-quit' });
  expect(rules.state.value).toMatchObject([{ isUntilQuit: true }]);
  expect(await outcome()).toBe('granted');
  await begin();
  expect(rules.state.value).toEqual([]);
  expect(await outcome()).toBe('asked');
});

test('“deny and never ask again” holds for every view, and nobody is asked', async () => {
  await consent.answer(ask().id, { answer: 'deny', lasts: 'always' });
  await begin();
  expect(await outcome()).toBe('denied');
  expect(await outcome({ view: 'native', launchDigest: 'b'.repeat(64) })).toBe('denied');
  expect(consent.requests.value).toEqual([]);
});

// CONFORMANCE 6.1: in RustDesk issue 2680 a permission could be got around.
test('the person can give less than was asked for, and nothing more', async () => {
  const powers = { ...noPowers, clipboardIn: true, timeLimitMin: 60 };
  const pending = ask({ powers });
  const wider = { ...once, powers: { ...powers, clipboardOut: true } };
  await expect(consent.answer(pending.id, wider)).rejects.toMatchObject({ code: 'bad-input' });
  const longer = { ...once, powers: { ...powers, timeLimitMin: null } };
  await expect(consent.answer(pending.id, longer)).rejects.toMatchObject({ code: 'bad-input' });
  await consent.answer(pending.id, { ...once, powers: { ...noPowers, isViewOnly: true, timeLimitMin: 5 } });
  expect(await pending.answer).toMatchObject({ grant: { terms: { powers: { isViewOnly: true, timeLimitMin: 5 } } } });
});

test('what nothing here could hold cannot be said to be taken away: native windows', async () => {
  const powers = { ...noPowers, clipboardIn: true, clipboardOut: true, network: 'internet' } as const;
  const pending = ask({ powers, view: 'native' });
  for (const less of [{ clipboardIn: false }, { clipboardOut: false }, { isViewOnly: true }])
    await expect(consent.answer(pending.id, { ...once, powers: { ...powers, ...less } })).rejects.toMatchObject({
      code: 'bad-input',
    });
  await consent.answer(pending.id, { ...once, powers: { ...powers, network: 'none', timeLimitMin: 5 } });
  expect(await pending.answer).toMatchObject({ grant: { terms: { powers: { network: 'none', timeLimitMin: 5 } } } });
});

test('of two answers at once one counts, and a rule that came too late is not left', async () => {
  const pending = ask();
  const both = await Promise.allSettled([
    consent.answer(pending.id, { answer: 'allow', lasts: 'until-quit' }),
    consent.answer(pending.id, deny),
  ]);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await pending.answer).toMatchObject({ answer: 'granted' });
  const late = ask({ offerId: 'app:xterm' as OfferId });
  const answering = consent.answer(late.id, { answer: 'deny', lasts: 'always' });
  consent.cancel(late.id, alice);
  await expect(answering).rejects.toMatchObject({ code: 'not-found' });
  expect(rules.state.value.map(({ offerId }) => offerId)).toEqual([xcalc]);
});

test('do not disturb and quiet hours ask nobody, and rules still answer', async () => {
  await consent.answer(ask().id, { answer: 'allow', lasts: 'until-quit' });
  settings.set({ ...settings.value, isDoNotDisturb: true });
  const other = { offerId: 'app:xterm' as OfferId };
  expect(() => ask(other)).toThrow(expect.objectContaining({ code: 'do-not-disturb' }));
  expect(await outcome()).toBe('granted');
  settings.set({ ...settings.value, isDoNotDisturb: false, quietHours: { isOn: true, from: '22:00', to: '07:00' } });
  vi.setSystemTime(new Date(2026, 0, 1, 23, 30));
  expect(() => ask(other)).toThrow(expect.objectContaining({ code: 'do-not-disturb' }));
  vi.setSystemTime(new Date(2026, 0, 1, 7, 0));
  expect(await outcome(other)).toBe('asked');
});

test('changes of rules at the same time are all kept', async () => {
  await book.update(alice, 'Alice', { verifiedAt: 1 });
  for (const offerId of ['app:a', 'app:b', 'app:c'] as OfferId[]) await consent.answer(ask({ offerId }).id, always);
  const [a, b] = rules.state.value;
  const added = consent.answer(ask({ offerId: 'app:d' as OfferId }).id, always);
  await Promise.all([rules.remove(a?.id as never), rules.remove(b?.id as never), added]);
  expect(rules.state.value.map((rule) => rule.offerId)).toEqual(['app:c', 'app:d']);
});

test('a removed rule asks again', async () => {
  await consent.answer(ask().id, { answer: 'allow', lasts: 'until-quit' });
  await rules.remove(rules.state.value[0]?.id as never);
  expect(await outcome()).toBe('asked');
});

test('only the peer that asked can take its request back', async () => {
  const pending = ask();
  consent.cancel(pending.id, mallory);
  expect(consent.requests.value).toHaveLength(1);
  consent.cancel(pending.id, alice);
  expect(await pending.answer).toEqual({ answer: 'cancelled' });
});

test('while sharing is paused nothing is queued and no rule answers', async () => {
  await consent.answer(ask().id, { answer: 'allow', lasts: 'until-quit' });
  settings.set({ ...settings.value, isPaused: true });
  expect(() => ask()).toThrow(expect.objectContaining({ code: 'peer-paused' }));
});

test('a flood of one peer leaves room for others, and many peers have a limit together', () => {
  for (let i = 0; i < MAX_WAITING_PER_PEER; i += 1) ask();
  expect(() => ask()).toThrow(expect.objectContaining({ code: 'too-many-requests' }));
  for (let i = MAX_WAITING_PER_PEER; i < MAX_WAITING; i += 1) {
    ask({ peerId: `SHA256:${String(i).padStart(43, '0')}` as PeerId });
  }
  expect(() => ask({ peerId: mallory })).toThrow(expect.objectContaining({ code: 'too-many-requests' }));
});

test('one address with many keys leaves room for others', () => {
  const from = (address: string, key: number) =>
    ask({ peerId: `SHA256:${String(key).padStart(43, '0')}` as PeerId, address });
  for (let key = 0; key < MAX_WAITING_PER_ADDRESS; key += 1) from('192.168.0.66', key);
  expect(() => from('192.168.0.66', 99)).toThrow(expect.objectContaining({ code: 'too-many-requests' }));
  from('192.168.0.7', 99);
  expect(consent.requests.value).toHaveLength(MAX_WAITING_PER_ADDRESS + 1);
});

test('a peer with a standing yes cannot fill the log: what rules give it in an hour has a limit', async () => {
  let now = 5_000_000;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const hourly: PersonsAnswer = { answer: 'allow', lasts: 'until-quit' };
  for (const peerId of [alice, mallory]) await consent.answer(ask({ peerId }).id, hourly);
  for (let i = 0; i < MAX_BY_RULES_PER_HOUR; i += 1) {
    now += 1000;
    expect(await outcome()).toBe('granted');
  }
  const before = recording.notes.length;
  for (let i = 0; i < 5; i += 1) expect(() => ask()).toThrow(expect.objectContaining({ code: 'too-many-requests' }));
  expect(recording.notes).toHaveLength(before);
  expect(await outcome({ peerId: mallory })).toBe('granted');
  now += 60 * 60_000;
  expect(await outcome()).toBe('granted');
});

test('a grant comes from consent only, and ends for ever', async () => {
  expect(() => new Grant({} as never, systemClocks, Symbol('grant') as never)).toThrow('consent only');
  const pending = ask();
  await consent.answer(pending.id, once);
  const answer = await pending.answer;
  if (answer.answer !== 'granted') throw new Error(answer.answer);
  answer.grant.end();
  expect(answer.grant.isLive).toBe(false);
  expect(answer.grant.signal.aborted).toBe(true);
});

test('each answer is in the log with who gave it, and a yes is there before it lets anything out', async () => {
  const ended = Promise.withResolvers<void>();
  const { record } = recording;
  recording.record = async (note) => {
    await record(note);
    if (note.event.kind === 'answered') await ended.promise;
  };
  const pending = ask();
  let isOut = false;
  void pending.answer.then(() => {
    isOut = true;
  });
  await consent.answer(pending.id, { answer: 'allow', lasts: 'until-quit' });
  await vi.advanceTimersByTimeAsync(1000);
  expect(isOut).toBe(false);
  expect(recording.said()).toEqual(['requested', 'rule-made', 'allowed by person']);
  ended.resolve();
  expect(await pending.answer).toMatchObject({ answer: 'granted', grant: { isLive: true } });
  await outcome();
  const late = ask({ offerId: 'app:other' as OfferId });
  await vi.advanceTimersByTimeAsync(5001);
  await late.answer;
  const back = ask({ offerId: 'app:other' as OfferId });
  consent.cancel(back.id, alice);
  await back.answer;
  ask({ offerId: 'app:other' as OfferId });
  consent.denyAll('pause');
  expect(
    recording
      .said()
      .filter((said) => said.includes(' by '))
      .slice(1),
  ).toEqual(['allowed by rule', 'expired by timeout', 'cancelled by peer', 'denied by pause']);
  expect(recording.notes[0]).toMatchObject({ role: 'host', peerId: alice, peerName: 'Alice', offerId: xcalc });
});

test('a yes that is taken back while it is being written down gives nothing', async () => {
  const takeBack: Record<string, () => unknown> = {
    block: () => consent.denyAllOf(alice, 'block'),
    pause: () => settings.set({ ...settings.value, isPaused: true }),
    quit: () => consent.denyAll('quit'),
    rule: () => rules.remove(rules.state.value[0]?.id as never),
  };
  for (const [how, take] of Object.entries(takeBack)) {
    const writing = Promise.withResolvers<void>();
    recording.record = () => writing.promise;
    const pending = ask();
    await consent.answer(pending.id, { answer: 'allow', lasts: how === 'rule' ? 'until-quit' : 'once' });
    await take();
    writing.resolve();
    const answer = await pending.answer;
    expect([how, answer.answer === 'granted' && answer.grant.isLive]).toEqual([how, false]);
    settings.set({ ...settings.value, isPaused: false });
  }
});

test('a rule that is removed answers nothing more, also while that cannot be written, and is gone when it can be', async () => {
  const question = { peerId: alice, offerId: xcalc, view: 'viewer', launchDigest: 'a'.repeat(64) } as const;
  const rule = { ...question, powers: noPowers, asked: noPowers, peerName: 'Alice', offerName: 'Calculator' };
  const more = { answer: 'allow', isUntilQuit: false, expiresAt: Date.now() + 3_600_000 } as const;
  const id = await rules.add({ ...rule, ...more });
  expect(await outcome()).toBe('granted');
  const path = join(folder, 'rules.json');
  await rm(path);
  // Nothing can be renamed to a folder that is not empty.
  await mkdir(join(path, 'in-the-way'), { recursive: true });
  await expect(rules.remove(id)).rejects.toThrow();
  expect(await outcome()).toBe('asked');
  await rm(path, { recursive: true });
  await rules.add({ ...rule, ...more, offerId: 'app:xclock' as OfferId });
  await begin();
  expect(rules.state.value).toMatchObject([{ offerId: 'app:xclock' }]);
});
