// Real peers over loopback: each side has its own key, peer port, peer book and comparisons.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientId } from '../../../contract/contract.ts';
import { AppError } from '../../../contract/errors.ts';
import type { PeerId } from '../../../contract/ids.ts';
import type { Peer } from '../../../contract/peers.ts';
import type { Settings } from '../../../contract/settings.ts';
import { type Identity, openIdentity } from '../../identity/identity.ts';
import { silentLog } from '../../lib/log.ts';
import { State } from '../../lib/state.ts';
import { CAPABILITIES } from '../../wire/capabilities.ts';
import { createNotices } from '../../wire/notices.ts';
import { connectPeer, type HostConnection } from '../../wire/peer-client.ts';
import { PROTOCOL } from '../../wire/peer-protocol.ts';
import { type PeerServer, startPeerServer } from '../../wire/peer-server.ts';
import type { Answers, Visitor } from '../../wire/visitor.ts';
import { openPeerBook, type PeerBook } from '../peer-book.ts';
import { codeOf, commitmentTo, makeNonce } from './comparison.ts';
import { type Comparisons, createComparisons } from './comparisons.ts';

interface Side {
  readonly name: string;
  readonly identity: Identity;
  readonly server: PeerServer;
  readonly book: PeerBook;
  readonly comparisons: Comparisons;
  readonly settings: State<Pick<Settings, 'isDoNotDisturb' | 'quietHours'>>;
  readonly peers: State<readonly Peer[]>;
  readonly visitors: Set<Visitor>;
  /** Where it thinks that a peer is. */
  readonly ports: Map<PeerId, number>;
}

let folder: string;
let nowMs: number;
let stack: AsyncDisposableStack;
/** What each side says that it can do. */
let capabilities: readonly string[];

/** What a host has besides comparisons does not matter here. */
function callsOf(name: string, verify: Pick<Answers['calls'], `verify.${'begin' | 'reveal' | 'answer' | 'cancel'}`>) {
  const never = () => {
    throw new AppError('not-allowed');
  };
  return {
    hello: () => ({ protocol: PROTOCOL, oldest: PROTOCOL, name, capabilities: [...capabilities] }),
    'catalogue.get': never,
    'icon.get': never,
    'request.create': never,
    'request.cancel': never,
    'session.end': never,
    'session.close': never,
    'session.keep': never,
    'window.activate': never,
    'window.close': never,
    'session.resume': never,
    ...verify,
  } satisfies Answers['calls'];
}

async function serve(identity: Identity, calls: Answers['calls'], isRefused: Answers['isRefused'] = () => false) {
  const openTunnel = () => Promise.reject(new AppError('not-allowed'));
  const answers: Answers = { calls, isRefused, onRefused: () => {}, openTunnel };
  return stack.use(await startPeerServer({ identity, log: silentLog, port: 0, answers }));
}

async function connect(identity: Identity, name: string, expectedId: PeerId, port: number, notices = createNotices()) {
  const connection = await connectPeer({
    identity,
    log: silentLog,
    address: { host: '127.0.0.1', port },
    expectedId,
    name,
    onNotice: (notice, value, from) => setImmediate(() => notices.take(notice, value, from)),
  });
  stack.defer(() => connection.close());
  return connection;
}

let sideCount = 0;
async function startSide(name: string): Promise<Side> {
  sideCount += 1;
  const profileDir = join(folder, `${name}-${sideCount}`);
  const identity = await openIdentity(join(profileDir, 'identity'));
  const book = await openPeerBook({ profileDir, log: silentLog });
  const settings = new State<Side['settings']['value']>({
    isDoNotDisturb: false,
    quietHours: { isOn: false, from: '00:00', to: '00:01' },
  });
  const peers = new State<readonly Peer[]>([]);
  const ports = new Map<PeerId, number>();
  const connections = new Map<PeerId, HostConnection>();
  const notices = createNotices();
  const comparisons: Comparisons = stack.use(
    createComparisons({
      ...{ selfId: identity.id, settings, book, notices, log: silentLog },
      now: () => nowMs,
      peers: {
        state: peers,
        hold: async (id) => {
          let connection = connections.get(id);
          if (!connection?.isOpen) connection = await connect(identity, name, id, ports.get(id) ?? 0, notices);
          connections.set(id, connection);
          return { connection, release: () => {} };
        },
      },
      people: {
        verify: (id, claimedName) => book.update(id, claimedName, { verifiedAt: 1 }),
        differ: async (id, claimedName) => {
          if (book.isVerified(id)) await book.update(id, claimedName, { verifiedAt: null });
        },
      },
    }),
  );
  const visitors = new Set<Visitor>();
  const calls = callsOf(name, {
    'verify.begin': (input, visitor) => {
      visitors.add(visitor);
      return comparisons.takeBegin(visitor, 'Somebody', input);
    },
    'verify.reveal': (input, visitor) => {
      comparisons.takeReveal(visitor, input);
      return {};
    },
    'verify.answer': (input, visitor) => {
      comparisons.takeVisitorsAnswer(visitor, input);
      return {};
    },
    'verify.cancel': (input, visitor) => {
      comparisons.takeVisitorsCancel(visitor, input);
      return {};
    },
  });
  const server = await serve(identity, calls, book.isBlocked);
  return { name, identity, server, book, comparisons, settings, peers, visitors, ports };
}

/** `side` finds `id` at this port. */
function introduce(side: Side, id: PeerId, name: string, port: number): void {
  side.ports.set(id, port);
  const peer = { id, claimedName: name, name } as Peer;
  side.peers.update((list) => [...list.filter((other) => other.id !== id), peer]);
}

const shownAt = (side: Side, id: PeerId) => side.comparisons.state.value.find(({ peerId }) => peerId === id);
const stateAt = (side: Side, id: PeerId) => shownAt(side, id)?.state;
const soon = (read: () => unknown) => expect.poll(read, { interval: 5, timeout: 5000 });

async function codeAt(side: Side, id: PeerId): Promise<string> {
  await soon(() => shownAt(side, id)?.code).toMatch(/^\d{6}$/);
  return shownAt(side, id)?.code ?? '';
}

let alice: Side;
let bob: Side;
let aliceId: PeerId;
let bobId: PeerId;

async function compare(): Promise<string> {
  alice.comparisons.start(bobId);
  const code = await codeAt(alice, bobId);
  expect(await codeAt(bob, aliceId)).toBe(code);
  return code;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-compare-'));
  stack = new AsyncDisposableStack();
  capabilities = CAPABILITIES;
  nowMs = 0;
  alice = await startSide('Alice');
  bob = await startSide('Bob');
  aliceId = alice.identity.id;
  bobId = bob.identity.id;
  introduce(alice, bobId, 'Bob', bob.server.port);
});
afterEach(async () => {
  vi.useRealTimers();
  await stack.disposeAsync();
  await rm(folder, { recursive: true });
});

describe('two people', () => {
  test('see the same code, and are verified when both say so', async () => {
    const code = await compare();
    expect(shownAt(alice, bobId)).toMatchObject({ role: 'asking', claimedName: 'Bob' });
    expect(shownAt(bob, aliceId)).toMatchObject({ role: 'asked', claimedName: 'Somebody' });
    await alice.comparisons.answer(bobId, code, true);
    expect(stateAt(alice, bobId)).toBe('waiting');
    // One yes is no verification, and does not tell the other person what to say.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stateAt(bob, aliceId)).toBe('comparing');
    expect([alice.book.isVerified(bobId), bob.book.isVerified(aliceId)]).toEqual([false, false]);
    await bob.comparisons.answer(aliceId, code, true);
    expect(stateAt(bob, aliceId)).toBe('verified');
    await soon(() => stateAt(alice, bobId)).toBe('verified');
    expect([alice.book.isVerified(bobId), bob.book.isVerified(aliceId)]).toEqual([true, true]);
    expect(shownAt(alice, bobId)?.code).toBeNull();
    alice.comparisons.cancel(bobId);
    expect(shownAt(alice, bobId)).toBeUndefined();
  });

  test('verify this one key and no other (Sunshine issue 2305)', async () => {
    const carol = await startSide('Carol');
    for (const side of [alice, bob]) introduce(side, carol.identity.id, 'Carol', carol.server.port);
    const code = await compare();
    await bob.comparisons.answer(aliceId, code, true);
    await alice.comparisons.answer(bobId, code, true);
    await soon(() => [stateAt(alice, bobId), stateAt(bob, aliceId)]).toEqual(['verified', 'verified']);
    expect([alice, bob].map(({ book }) => book.isVerified(carol.identity.id))).toEqual([false, false]);
    expect(alice.book.state.value.map(({ id }) => id)).toEqual([bobId]);
  });

  test.each(['asking', 'asked'] as const)(
    '“different” by the %s one ends it on both sides and verifies nobody',
    async (role) => {
      const code = await compare();
      const [[one, otherId], [other, oneId]] =
        role === 'asking'
          ? ([
              [alice, bobId],
              [bob, aliceId],
            ] as const)
          : ([
              [bob, aliceId],
              [alice, bobId],
            ] as const);
      await other.comparisons.answer(oneId, code, true);
      await one.comparisons.answer(otherId, code, false);
      await soon(() => [stateAt(alice, bobId), stateAt(bob, aliceId)]).toEqual(['different', 'different']);
      expect([alice.book.isVerified(bobId), bob.book.isVerified(aliceId)]).toEqual([false, false]);
      // The warning stays until it was read, whatever the peer does.
      await expect(rawBegin(alice, bob)).rejects.toMatchObject({ code: 'comparison-busy' });
      expect(stateAt(bob, aliceId)).toBe('different');
    },
  );

  test('“different” takes an earlier verification back', async () => {
    const first = await compare();
    await bob.comparisons.answer(aliceId, first, true);
    await alice.comparisons.answer(bobId, first, true);
    await soon(() => alice.book.isVerified(bobId) && bob.book.isVerified(aliceId)).toBe(true);
    const second = await compare();
    await bob.comparisons.answer(aliceId, second, false);
    await soon(() => [alice.book.isVerified(bobId), bob.book.isVerified(aliceId)]).toEqual([false, false]);
  });

  test('an answer is to the code that is shown, and given once (Sunshine issue 3944)', async () => {
    const code = await compare();
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    await expect(alice.comparisons.answer(bobId, wrong, true)).rejects.toMatchObject({ code: 'not-found' });
    await expect(alice.comparisons.answer(aliceId, code, true)).rejects.toMatchObject({ code: 'not-found' });
    await alice.comparisons.answer(bobId, code, true);
    await expect(alice.comparisons.answer(bobId, code, false)).rejects.toMatchObject({ code: 'not-found' });
    expect(stateAt(alice, bobId)).toBe('waiting');
    bob.comparisons.cancel(aliceId);
    await soon(() => shownAt(alice, bobId)).toMatchObject({ state: 'failed', problem: { code: 'cancelled' } });
    await expect(bob.comparisons.answer(aliceId, code, true)).rejects.toMatchObject({ code: 'not-found' });
    expect([alice.book.isVerified(bobId), bob.book.isVerified(aliceId)]).toEqual([false, false]);
  });

  test('can both begin at once, and see one code', async () => {
    introduce(bob, aliceId, 'Alice', alice.server.port);
    for (let run = 0; run < 3; run += 1) {
      nowMs += 600_000;
      alice.comparisons.start(bobId);
      bob.comparisons.start(aliceId);
      const code = await codeAt(alice, bobId);
      await soon(() => shownAt(bob, aliceId)?.code).toBe(code);
      expect(shownAt(aliceId < bobId ? alice : bob, aliceId < bobId ? bobId : aliceId)?.role).toBe('asking');
      expect(shownAt(aliceId < bobId ? bob : alice, aliceId < bobId ? aliceId : bobId)?.role).toBe('asked');
      alice.comparisons.cancel(bobId);
      await soon(() => stateAt(bob, aliceId)).toBe('failed');
      bob.comparisons.cancel(aliceId);
    }
  });

  test('who are cut off or take too long verify nothing', async () => {
    const code = await compare();
    await alice.comparisons.answer(bobId, code, true);
    for (const visitor of bob.visitors) visitor.close();
    await soon(() => [stateAt(alice, bobId), stateAt(bob, aliceId)]).toEqual(['failed', 'failed']);
    expect(shownAt(alice, bobId)?.problem?.code).toBe('peer-unreachable');

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    await compare();
    vi.advanceTimersByTime(119_000);
    expect(stateAt(bob, aliceId)).toBe('comparing');
    vi.advanceTimersByTime(1500);
    expect(shownAt(bob, aliceId)).toMatchObject({ state: 'failed', problem: { code: 'timeout' }, code: null });
    expect(stateAt(alice, bobId)).toBe('failed');
  });

  test('who close the last window that shows it break it off, and a reload does not', async () => {
    const [main, popup, reloaded] = [1, 2, 3] as ClientId[] as [ClientId, ClientId, ClientId];
    await compare();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    for (const client of [main, popup]) alice.comparisons.watch(bobId, client);
    alice.comparisons.unwatchAllOf(popup);
    vi.advanceTimersByTime(10_000);
    expect(stateAt(alice, bobId)).toBe('comparing');
    alice.comparisons.unwatchAllOf(main);
    vi.advanceTimersByTime(1000);
    alice.comparisons.watch(bobId, reloaded);
    vi.advanceTimersByTime(10_000);
    expect(stateAt(alice, bobId)).toBe('comparing');
    alice.comparisons.unwatchAllOf(reloaded);
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    expect(shownAt(alice, bobId)).toBeUndefined();
    await soon(() => shownAt(bob, aliceId)?.problem?.code).toBe('cancelled');
  });

  test('who have answered need no window to wait for the other, nor does whoever uses the command line', async () => {
    const code = await compare();
    // A command that ends has shown it in no window.
    alice.comparisons.unwatchAllOf(7 as ClientId);
    alice.comparisons.watch(bobId, 1 as ClientId);
    await alice.comparisons.answer(bobId, code, true);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    alice.comparisons.unwatchAllOf(1 as ClientId);
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await bob.comparisons.answer(aliceId, code, true);
    await soon(() => [stateAt(alice, bobId), stateAt(bob, aliceId)]).toEqual(['verified', 'verified']);
  });

  test('are told when the other one cannot be reached or does not know this', async () => {
    introduce(alice, aliceId, 'Nobody', 1);
    alice.comparisons.start(aliceId);
    await soon(() => stateAt(alice, aliceId)).toBe('failed');
    expect(() => alice.comparisons.start(`SHA256:${'z'.repeat(43)}` as PeerId)).toThrow(AppError);
    capabilities = ['view.viewer'];
    alice.comparisons.start(bobId);
    await soon(() => shownAt(alice, bobId)?.problem?.code).toBe('protocol-older');
  });

  test('need none of the words of version 0.1 for it', async () => {
    capabilities = CAPABILITIES.filter((word) => word.startsWith('call.'));
    await compare();
  });
});

/** A client that follows no rules. */
function rawConnection(from: Side, to: Side): Promise<HostConnection> {
  return connect(from.identity, from.name, to.identity.id, to.server.port);
}
const rawConnections = new WeakMap<Side, Promise<HostConnection>>();
async function rawBegin(from: Side, to: Side, nonce = makeNonce()) {
  const opened = rawConnections.get(from) ?? rawConnection(from, to);
  rawConnections.set(from, opened);
  const connection = await opened;
  const pair = { asking: from.identity.id, asked: to.identity.id };
  const commitment = commitmentTo(pair, nonce);
  const answer = await connection.call('verify.begin', { commitment });
  return { connection, pair, commitment, nonce, othersNonce: answer.nonce };
}

describe('a peer that does not keep to the order', () => {
  test('shows nothing before it has revealed what it committed to', async () => {
    const { connection, commitment } = await rawBegin(alice, bob);
    expect(shownAt(bob, aliceId)).toBeUndefined();
    const wrong = connection.call('verify.reveal', { commitment, nonce: makeNonce() });
    await expect(wrong).rejects.toMatchObject({ code: 'comparison-broken' });
    expect(shownAt(bob, aliceId)).toBeUndefined();
    // It is gone: the right nonce comes too late.
    await expect(connection.call('verify.reveal', { commitment, nonce: makeNonce() })).rejects.toMatchObject({
      code: 'not-allowed',
    });
  });

  test('breaks its comparison with an answer before the code, a second reveal and a second answer', async () => {
    const early = await rawBegin(alice, bob);
    const answered = early.connection.call('verify.answer', { commitment: early.commitment, isSame: true });
    await expect(answered).rejects.toMatchObject({ code: 'comparison-broken' });
    expect(shownAt(bob, aliceId)).toBeUndefined();

    const { connection, commitment, nonce } = await rawBegin(alice, bob);
    await connection.call('verify.reveal', { commitment, nonce });
    await codeAt(bob, aliceId);
    await expect(connection.call('verify.reveal', { commitment, nonce })).rejects.toMatchObject({
      code: 'comparison-broken',
    });
    expect(stateAt(bob, aliceId)).toBe('failed');

    const twice = await rawBegin(alice, bob);
    await twice.connection.call('verify.reveal', twice);
    const code = await codeAt(bob, aliceId);
    await twice.connection.call('verify.answer', { commitment: twice.commitment, isSame: true });
    const again = twice.connection.call('verify.answer', { commitment: twice.commitment, isSame: true });
    await expect(again).rejects.toMatchObject({ code: 'comparison-broken' });
    await expect(bob.comparisons.answer(aliceId, code, true)).rejects.toMatchObject({ code: 'not-found' });
    expect(bob.book.isVerified(aliceId)).toBe(false);
  });

  test('cannot speak for another comparison, or from another connection', async () => {
    const first = await rawBegin(alice, bob);
    await first.connection.call('verify.reveal', first);
    await codeAt(bob, aliceId);
    const elsewhere = await rawConnection(alice, bob);
    for (const call of ['verify.answer', 'verify.cancel'] as const) {
      const { commitment } = first;
      await expect(elsewhere.call(call, { commitment, isSame: true })).rejects.toMatchObject({ code: 'not-allowed' });
      const other = { commitment: commitmentTo(first.pair, makeNonce()), isSame: true };
      await expect(first.connection.call(call, other)).rejects.toMatchObject({ code: 'not-allowed' });
    }
    expect(stateAt(bob, aliceId)).toBe('comparing');
    // A second one replaces nothing that a person looks at.
    await expect(rawBegin(alice, bob)).rejects.toMatchObject({ code: 'comparison-busy' });
    expect(stateAt(bob, aliceId)).toBe('comparing');
  });

  test('gets a new nonce each time, also for a commitment that it used before', async () => {
    const nonce = makeNonce();
    const nonces = new Set<string>();
    for (let run = 0; run < 3; run += 1) {
      const { connection, commitment, othersNonce } = await rawBegin(alice, bob, nonce);
      nonces.add(othersNonce);
      await connection.call('verify.cancel', { commitment });
    }
    expect(nonces.size).toBe(3);
  });

  test('begins three in ten minutes, and none while nobody wants to be disturbed', async () => {
    bob.settings.update((settings) => ({ ...settings, isDoNotDisturb: true }));
    await expect(rawBegin(alice, bob)).rejects.toMatchObject({ code: 'do-not-disturb' });
    bob.settings.set({ isDoNotDisturb: false, quietHours: { isOn: true, from: '00:00', to: '23:59' } });
    await expect(rawBegin(alice, bob)).rejects.toMatchObject({ code: 'do-not-disturb' });
    bob.settings.set({ isDoNotDisturb: false, quietHours: { isOn: false, from: '00:00', to: '23:59' } });
    const { connection, commitment } = await rawBegin(alice, bob);
    await connection.call('verify.cancel', { commitment });
    await expect(rawBegin(alice, bob)).rejects.toMatchObject({ code: 'too-many-comparisons' });
    nowMs += 599_000;
    await expect(rawBegin(alice, bob)).rejects.toMatchObject({ code: 'too-many-comparisons' });
    nowMs += 2000;
    await rawBegin(alice, bob);
    expect(bob.comparisons.state.value).toEqual([]);
  });

  test('cannot push its code in front of the one that is compared, and a blocked one cannot begin', async () => {
    await compare();
    const mallory = await startSide('Alice');
    await expect(rawBegin(mallory, bob)).rejects.toMatchObject({ code: 'comparison-busy' });
    expect(bob.comparisons.state.value.map(({ peerId }) => peerId)).toEqual([aliceId]);
    const blocked = await rawConnection(mallory, bob);
    await bob.book.update(mallory.identity.id, 'Alice', { isBlocked: true });
    const call = blocked.call('verify.begin', {
      commitment: commitmentTo({ asking: aliceId, asked: bobId }, makeNonce()),
    });
    await expect(call).rejects.toMatchObject({ code: 'peer-refuses' });
    await bob.book.update(aliceId, 'Alice', { isBlocked: true });
    introduce(bob, aliceId, 'Alice', alice.server.port);
    expect(() => bob.comparisons.start(aliceId)).toThrow(AppError);
  });
});

describe('somebody in between', () => {
  /** Has a key of its own, tells Alice that it is Bob and Bob that it is Alice, and passes on what both say. */
  async function startRelay() {
    const identity = await openIdentity(join(folder, `relay-${sideCount++}`));
    const toBob = await connect(identity, 'Alice', bobId, bob.server.port);
    let own = { commitment: '', nonce: '' };
    const seen = { begun: 0 };
    const calls = callsOf('Bob', {
      'verify.begin': async () => {
        seen.begun += 1;
        const nonce = makeNonce();
        own = { nonce, commitment: commitmentTo({ asking: identity.id, asked: bobId }, nonce) };
        // The best that it can do: give Alice the very nonce that Bob gave.
        return toBob.call('verify.begin', { commitment: own.commitment });
      },
      'verify.reveal': () => toBob.call('verify.reveal', own),
      'verify.answer': ({ isSame }) => toBob.call('verify.answer', { commitment: own.commitment, isSame }),
      'verify.cancel': () => toBob.call('verify.cancel', { commitment: own.commitment }),
    });
    const server = await serve(identity, calls);
    introduce(alice, identity.id, 'Bob', server.port);
    return { id: identity.id, seen };
  }

  test('gives two different codes, each time', async () => {
    const relay = await startRelay();
    const runs = 40;
    for (let run = 0; run < runs; run += 1) {
      nowMs += 600_001;
      alice.comparisons.start(relay.id);
      const codes = [await codeAt(alice, relay.id), await codeAt(bob, relay.id)];
      expect(codes[0]).not.toBe(codes[1]);
      alice.comparisons.cancel(relay.id);
      await soon(() => stateAt(bob, relay.id)).toBe('failed');
      bob.comparisons.cancel(relay.id);
    }
    expect(relay.seen.begun).toBe(runs);
    nowMs += 600_001;
    alice.comparisons.start(relay.id);
    const code = await codeAt(alice, relay.id);
    await codeAt(bob, relay.id);
    await alice.comparisons.answer(relay.id, code, false);
    await soon(() => [stateAt(alice, relay.id), stateAt(bob, relay.id)]).toEqual(['different', 'different']);
    expect([alice.book.state.value, bob.book.state.value]).toEqual([[], []]);
  });

  test('cannot choose its nonce when it knows Bob’s, though one that fits is found', async () => {
    const mallory = await startSide('Alice');
    const { connection, pair, commitment, othersNonce } = await rawBegin(mallory, bob);
    // What the commitment is for: without it this search would win. Three digits take a thousand tries, all six a million.
    let nonce = '';
    for (let tries = 0; tries < 50_000 && nonce === ''; tries += 1) {
      const candidate = tries.toString(16).padStart(64, '0');
      if (codeOf(pair, { asking: candidate, asked: othersNonce }).endsWith('456')) nonce = candidate;
    }
    expect(codeOf(pair, { asking: nonce, asked: othersNonce })).toMatch(/456$/);
    const reveal = connection.call('verify.reveal', { commitment, nonce });
    await expect(reveal).rejects.toMatchObject({ code: 'comparison-broken' });
    expect(bob.comparisons.state.value).toEqual([]);
  });

  test('cannot try codes with many keys: twenty in ten minutes are all that there are', async () => {
    let begun = 0;
    for (let key = 0; key < 60; key += 1) {
      const letter = String.fromCharCode(97 + (key % 26));
      const peerId = `SHA256:${letter.repeat(40)}${String(key).padStart(3, '0')}` as PeerId;
      const visitor: Visitor = {
        peerId,
        publicKey: '',
        remoteAddress: `10.0.0.${key}`,
        notify: () => {},
        onClose: () => () => {},
        close: () => {},
      };
      const pair = { asking: peerId, asked: bobId };
      const commitment = commitmentTo(pair, makeNonce());
      try {
        bob.comparisons.takeBegin(visitor, 'Alice', { commitment });
        begun += 1;
        bob.comparisons.takeVisitorsCancel(visitor, { commitment });
      } catch (error) {
        expect(error).toMatchObject({ code: 'too-many-comparisons' });
      }
    }
    expect(begun).toBe(20);
    expect(bob.comparisons.state.value).toEqual([]);
  });
});
