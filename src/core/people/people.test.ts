// People with a real peer book and real rules. What runs is faked by a list of what was ended.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Rule } from '../../contract/consent.ts';
import { AppError } from '../../contract/errors.ts';
import type { OfferId, PeerId, RuleId } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import { createRecording, type Recording } from '../activity/activity.test-support.ts';
import { openRules, type Rules } from '../consent/rules.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import { openPeerBook, type PeerBook } from '../peers/peer-book.ts';
import { createPeople } from './people.ts';

const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const carol = `SHA256:${'C'.repeat(43)}` as PeerId;
let folder: string;
let book: PeerBook;
let rules: Rules;
let recording: Recording;
let ended: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-people-'));
  book = await openPeerBook({ profileDir: folder, log: silentLog });
  rules = await openRules({ profileDir: folder, isVerified: book.isVerified, log: silentLog });
  recording = createRecording();
  ended = [];
});
afterEach(async () => {
  await rules[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function start(onDisk: Partial<Pick<PeerBook, 'update' | 'remove'>> = {}, slowRules: Partial<Rules> = {}) {
  const end = (what: string) => async () => void ended.push(what);
  const container = { peerId: alice, peerName: 'Alice', homePath: '', homeSizeBytes: 0, mounts: [] };
  return createPeople({
    selfId: carol,
    book: { ...book, ...onDisk },
    peers: { claimedNameOf: () => 'Alice', drop: () => void ended.push('peer') },
    consent: { requests: new State([]), denyAllOf: () => void ended.push('requests') },
    rules: { ...rules, ...slowRules },
    containers: { state: new State([{ ...container, state: 'stopped' as const }]), reset: end('container') },
    hostSessions: {
      state: new State([]),
      endAllOf: end('host'),
      endAllUnder: async (ruleId) => void ended.push(`under ${ruleId}`),
    },
    visitorSessions: { endAllOf: end('visitor') },
    disconnect: () => void ended.push('connections'),
    activity: recording,
  });
}

function addRule(part: Partial<Rule> = {}): Promise<RuleId> {
  return rules.add({
    ...{ peerId: alice, peerName: 'Alice', offerId: 'app:xcalc' as OfferId, offerName: 'Calculator', view: 'viewer' },
    ...{ asked: noPowers, powers: noPowers, answer: 'allow', launchDigest: 'a'.repeat(64) },
    ...{ expiresAt: null, isUntilQuit: false },
    ...part,
  });
}

const diskFull = async () => {
  throw new AppError('disk-full', { path: '/home' });
};
/** What block and forget end. */
const all = ['requests', 'host', 'visitor', 'connections', 'peer'];

test('blocking ends what runs, also where the disk is full and the decision cannot be kept', async () => {
  const people = start({ update: diskFull });
  await expect(people.block(alice, true)).rejects.toMatchObject({ code: 'disk-full' });
  // Ended at once, and again for what began while the decision was written.
  expect(ended).toEqual([...all, ...all]);
});

test('forgetting on a full disk forgets what it can, and makes room', async () => {
  await addRule();
  const people = start({ remove: diskFull });
  await expect(people.forget(alice)).rejects.toMatchObject({ code: 'disk-full' });
  expect(rules.state.value).toEqual([]);
  expect(ended).toEqual([...all, ...all, 'container']);
});

test('blocking and removing a rule end what runs without waiting for the disk', async () => {
  const ruleId = await addRule();
  const slow = Promise.withResolvers<void>();
  const people = start({ update: () => slow.promise }, { remove: () => slow.promise });
  const done = [people.block(alice, true), people.removeRule(ruleId)];
  expect(ended).toEqual([...all, `under ${ruleId}`]);
  slow.resolve();
  await Promise.all(done);
  expect(ended.toSorted()).toEqual([...all, ...all, `under ${ruleId}`, `under ${ruleId}`].toSorted());
});

test('what was allowed always ends with the verification, and nothing else does', async () => {
  const ruleId = await addRule();
  await addRule({ offerId: 'app:an-hour' as OfferId, expiresAt: Date.now() + 3_600_000 });
  await addRule({ offerId: 'app:until-quit' as OfferId, isUntilQuit: true });
  await addRule({ peerId: carol, peerName: 'Carol' });
  const people = start({ update: diskFull });
  await expect(people.unverify(alice)).rejects.toMatchObject({ code: 'disk-full' });
  expect(ended).toEqual([`under ${ruleId}`, `under ${ruleId}`]);
});

test('the log has each decision with the name and the mark that the peer had then', async () => {
  const people = start();
  await people.verify(alice, 'Alice');
  await people.rename(alice, 'My sister');
  await people.unverify(alice);
  expect(recording.notes.map(({ peerName, isVerified, event }) => [event.kind, peerName, isVerified])).toEqual([
    ['peer-verified', 'Alice', true],
    ['peer-renamed', 'Alice', true],
    ['peer-unverified', 'My sister', false],
  ]);
});
