import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PeerId } from '../contract/ids.ts';
import { silentLog } from './lib/log.ts';
import { State } from './lib/state.ts';
import type { Claimed, Shown } from './peers/claimed.ts';
import { openPeerBook, type PeerBook } from './peers/peer-book.ts';
import { createTopics } from './topics.ts';

const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const mallory = `SHA256:${'M'.repeat(43)}` as PeerId;
const facedTopics = ['requests', 'asks', 'sessions', 'comparisons'] as const;
type One = Claimed<Shown & { peerId: PeerId; role?: string }>;

let folder: string;
let book: PeerBook;
/** What each part knows of one peer. */
let lists: Record<'requests' | 'asks' | 'host' | 'visitor' | 'comparisons', State<readonly One[]>>;
/** What the peer calls itself now. */
let newestName: string | undefined;
let peersState: State<readonly never[]>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-topics-'));
  book = await openPeerBook({ profileDir: folder, log: silentLog });
  newestName = undefined;
  peersState = new State<readonly never[]>([]);
  const about = (one: Partial<One> = {}) =>
    new State<readonly One[]>([{ peerId: alice, claimedName: 'Alice', ...one }]);
  lists = { requests: about(), asks: about(), host: about({ role: 'host' }), visitor: about(), comparisons: about() };
});
afterEach(() => rm(folder, { recursive: true }));

function start() {
  const none = { state: new State([]) };
  return createTopics({
    self: new State({}),
    ...{ settings: none, rules: none, containers: none, mounts: none, activity: none },
    ...{ health: { items: new State([]) }, offers: { own: new State({}) }, book },
    peers: {
      state: peersState,
      catalogues: new State({}),
      faceOf: (id: PeerId, claimedName: string) => book.faceOf(id, newestName ?? claimedName),
    },
    consent: { requests: lists.requests },
    asks: { state: lists.asks },
    hostSessions: { state: lists.host },
    visitorSessions: { state: lists.visitor },
    comparisons: { state: lists.comparisons },
  } as never);
}

/** How each topic shows its peer. */
const faces = (topics: ReturnType<typeof start>) =>
  facedTopics.flatMap((topic) =>
    topics[topic].value.map(({ peerName, isVerified, warning }) => [peerName, isVerified, warning]),
  );
const all = (face: readonly unknown[]) => [face, face, face, face, face];

test('a peer that is renamed or verified meanwhile is shown so everywhere, on either side', async () => {
  using topics = start();
  expect(faces(topics)).toEqual(all(['Alice', false, null]));
  await book.update(alice, 'Alice', { localName: 'My sister', verifiedAt: 1 });
  await expect.poll(() => faces(topics)).toEqual(all(['My sister', true, null]));
  await book.update(alice, 'Alice', { verifiedAt: null });
  await expect.poll(() => faces(topics)).toEqual(all(['My sister', false, null]));
});

test('a known name with another key is a warning everywhere, and so is a known address on the host’s side', async () => {
  await book.update(alice, 'Alice', { address: '192.0.2.9', verifiedAt: 1 });
  for (const list of Object.values(lists)) list.set([{ peerId: mallory, claimedName: 'Alice' }]);
  using topics = start();
  expect(faces(topics)).toEqual(all(['Alice', false, 'name-of-another']));
  lists.host.set([{ peerId: mallory, claimedName: 'Mallory', address: '192.0.2.9' }]);
  lists.visitor.set([]);
  await expect
    .poll(() => topics.sessions.value)
    .toEqual([{ peerId: mallory, peerName: 'Mallory', isVerified: false, warning: 'address-of-another' }]);
});

test('who asks or compares keeps the name that the person saw; who was asked has its newest', async () => {
  using topics = start();
  newestName = 'Alice’s new laptop';
  peersState.set([...peersState.value]);
  await expect
    .poll(() => faces(topics).map(([name]) => name))
    .toEqual(['Alice', newestName, 'Alice', newestName, 'Alice']);
});
