// Comparisons under way: who began, what each person said, and what ends them. Only two people who both say "the same" verify a peer.

import type { Comparison } from '../../../contract/comparisons.ts';
import type { ClientId } from '../../../contract/contract.ts';
import { AppError, type ErrorCode, type Problem, toProblem } from '../../../contract/errors.ts';
import type { PeerId } from '../../../contract/ids.ts';
import { isQuietAt } from '../../../contract/quiet-hours.ts';
import type { Settings } from '../../../contract/settings.ts';
import { dropOldest } from '../../lib/drop-oldest.ts';
import type { Log } from '../../lib/log.ts';
import { createRateLimit } from '../../lib/rate-limit.ts';
import { type Followable, State } from '../../lib/state.ts';
import type { Notices } from '../../wire/notices.ts';
import type { HostConnection } from '../../wire/peer-client.ts';
import { namedProblem } from '../../wire/peer-problem.ts';
import type { CallInput, CallOutput } from '../../wire/peer-protocol.ts';
import type { Visitor } from '../../wire/visitor.ts';
import type { Claimed } from '../claimed.ts';
import type { PeerBook } from '../peer-book.ts';
import type { Peers } from '../peers.ts';
import { codeOf, commitmentTo, isCommitmentTo, makeNonce, type Pair } from './comparison.ts';

export interface Comparisons extends Disposable {
  readonly state: Followable<readonly Claimed<Comparison>[]>;
  /** Begins one, unless one with this peer is under way. @throws AppError `not-found` for a peer that is not here */
  start(peerId: PeerId): void;
  /**
   * What this person says of the code that they were shown.
   * @throws AppError `not-found` when that code is not shown, or was answered
   */
  answer(peerId: PeerId, code: string, isSame: boolean): Promise<void>;
  /** Breaks it off, or dismisses one that is over. */
  cancel(peerId: PeerId): void;
  /** A window of this client shows it: when the last one that did is gone, nobody compares any more. */
  watch(peerId: PeerId, client: ClientId): void;
  unwatchAllOf(client: ClientId): void;
  /** The visitor's calls. @throws AppError, told to the visitor */
  takeBegin(visitor: Visitor, claimedName: string, input: CallInput<'verify.begin'>): CallOutput<'verify.begin'>;
  takeReveal(visitor: Visitor, input: CallInput<'verify.reveal'>): void;
  takeVisitorsAnswer(visitor: Visitor, input: CallInput<'verify.answer'>): void;
  takeVisitorsCancel(visitor: Visitor, input: CallInput<'verify.cancel'>): void;
}

/** From the code on the screen until both people must have answered. */
const COMPARE_MS = 120_000;
/** From a visitor's commitment until it must have revealed. */
const REVEAL_MS = 10_000;

/** A window that is reloaded is back within this. */
const WATCHER_GONE_MS = 4000;

/**
 * How many comparisons others may begin here in ten minutes: one key, one address, and all together.
 * Security: whoever stands between two people may begin, look at the code that would come and break off, until one fits. Keys
 * and addresses cost them nothing, so the total is what holds: within the two minutes of the other side's code, 20 tries
 * are one chance in 50,000.
 */
const BEGIN_WINDOW_MS = 600_000;
const BEGUN_PER_PEER = 3;
const BEGUN_PER_ADDRESS = 6;
const BEGUN_IN_ALL = 20;

interface Item {
  comparison: Claimed<Comparison>;
  /** Whether the person here sees it. One that a visitor has begun is seen when it has revealed. */
  isShown: boolean;
  isOver: boolean;
  /** The connection that it belongs to: a message from another one is none of its. */
  source: Visitor | HostConnection | undefined;
  commitment: string;
  /** Of the host, while the visitor has not revealed. */
  ownNonce: string;
  /** What was said of the code, here and there. */
  own: boolean | null;
  others: boolean | null;
  tellAnswer: (isSame: boolean) => void;
  tellCancel: () => void;
  readonly watchers: Set<ClientId>;
  readonly abort: AbortController;
  timer: NodeJS.Timeout | undefined;
  /** Undone when it is over. */
  readonly stack: DisposableStack;
}

export function createComparisons(options: {
  readonly selfId: PeerId;
  readonly settings: Followable<Pick<Settings, 'isDoNotDisturb' | 'quietHours'>>;
  readonly book: Pick<PeerBook, 'faceOf' | 'isVerified' | 'isBlocked'>;
  readonly peers: Pick<Peers, 'state' | 'hold'>;
  readonly notices: Notices;
  readonly log: Log;
  readonly people: {
    /** This person compared the key. */
    verify(peerId: PeerId, claimedName: string): Promise<void>;
    /** One of the two said that the codes are not the same. */
    differ(peerId: PeerId, claimedName: string): Promise<void>;
  };
  /** Milliseconds of a clock that only goes on. */
  readonly now?: () => number;
}): Comparisons {
  const { selfId, settings, book, peers, log } = options;
  const items = new Map<PeerId, Item>();
  const state = new State<readonly Claimed<Comparison>[]>([]);
  const [keyRate, addressRate, totalRate] = [BEGUN_PER_PEER, BEGUN_PER_ADDRESS, BEGUN_IN_ALL].map((times) =>
    createRateLimit(times, options.now, BEGIN_WINDOW_MS),
  ) as [ReturnType<typeof createRateLimit>, ReturnType<typeof createRateLimit>, ReturnType<typeof createRateLimit>];

  function show(): void {
    state.set([...items.values()].filter(({ isShown }) => isShown).map(({ comparison }) => comparison));
  }

  function change(item: Item, part: Partial<Comparison>): void {
    item.comparison = { ...item.comparison, ...part };
    show();
  }

  function add(peerId: PeerId, role: Comparison['role'], claimedName: string): Item {
    const item: Item = {
      comparison: {
        peerId,
        claimedName,
        role,
        state: 'connecting',
        code: null,
        expiresAt: null,
        problem: null,
      },
      isShown: role === 'asking',
      isOver: false,
      source: undefined,
      commitment: '',
      ownNonce: makeNonce(),
      own: null,
      others: null,
      tellAnswer: () => {},
      tellCancel: () => {},
      // Who showed the one before shows this one too.
      watchers: items.get(peerId)?.watchers ?? new Set(),
      abort: new AbortController(),
      timer: undefined,
      stack: new DisposableStack(),
    };
    item.stack.defer(() => clearTimeout(item.timer));
    // What was over before is behind the new one.
    items.delete(peerId);
    items.set(peerId, item);
    dropOldest(items, ({ isOver }) => isOver);
    show();
    return item;
  }

  /** Lets go of everything that it held. */
  function close(item: Item): void {
    item.isOver = true;
    item.abort.abort();
    item.stack.dispose();
  }

  function end(item: Item, outcome: 'verified' | 'different' | 'failed', problem: Problem | null = null): void {
    if (!item.isOver) close(item);
    const { peerId, claimedName } = item.comparison;
    log.info({ peerId, outcome, problem: problem?.code }, 'comparison ended');
    // Nobody has seen it, so there is nothing to read.
    if (!item.isShown && items.get(peerId) === item) items.delete(peerId);
    const named = problem && namedProblem(problem, book.faceOf(peerId, claimedName).name);
    change(item, { state: outcome, code: null, expiresAt: null, problem: named });
  }

  function fail(item: Item, code: ErrorCode): void {
    if (!item.isOver) end(item, 'failed', { code, params: {} });
  }

  /** Fails it, and tells the other side. */
  function breakOff(item: Item, code: ErrorCode): void {
    if (item.isOver) return;
    item.tellCancel();
    fail(item, code);
  }

  function limit(item: Item, timeoutMs: number): void {
    clearTimeout(item.timer);
    item.timer = setTimeout(() => breakOff(item, 'timeout'), timeoutMs);
    item.timer.unref();
  }

  function showCode(item: Item, code: string): void {
    limit(item, COMPARE_MS);
    item.isShown = true;
    change(item, { state: 'comparing', code, expiresAt: Date.now() + COMPARE_MS });
  }

  /** Ends it once both have said the same, or one of them that they are not. */
  async function settle(item: Item): Promise<void> {
    const { peerId, claimedName } = item.comparison;
    if (item.own === null && item.others !== false) return;
    if (item.own === true && item.others === null) {
      change(item, { state: 'waiting' });
      return;
    }
    // From here on nothing else can end it.
    close(item);
    try {
      // Security: what is verified hangs on what this person said; the other one can only prevent it.
      if (item.own === true && item.others === true) {
        await options.people.verify(peerId, claimedName);
        end(item, 'verified');
        return;
      }
      end(item, 'different');
      await options.people.differ(peerId, claimedName);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'internal')
        log.error({ error: String((error as Error)?.stack ?? error) }, 'verifying failed');
      end(item, item.own === false || item.others === false ? 'different' : 'failed', problem);
    }
  }

  function takeAnswer(item: Item, isSame: boolean): void {
    // Security: an answer before there is a code, and a second one, are no answers of a person.
    if (item.comparison.code === null || item.others !== null) {
      breakOff(item, 'comparison-broken');
      throw new AppError('comparison-broken');
    }
    item.others = isSame;
    void settle(item);
  }

  /** The one that this message belongs to. Security: the same peer may have other connections, and had other comparisons. */
  function find(source: Visitor | HostConnection, commitment: string): Item | undefined {
    const item = items.get(source.peerId);
    return item !== undefined && !item.isOver && item.source === source && item.commitment === commitment
      ? item
      : undefined;
  }

  function need(source: Visitor, commitment: string): Item {
    const item = find(source, commitment);
    if (item === undefined) throw new AppError('not-allowed');
    return item;
  }

  async function pursue(item: Item): Promise<void> {
    const { peerId } = item.comparison;
    const { signal } = item.abort;
    const pair: Pair = { asking: selfId, asked: peerId };
    try {
      const { connection, release } = await peers.hold(peerId, signal);
      if (item.isOver) {
        release();
        return;
      }
      item.stack.defer(release);
      if (!connection.hello.capabilities.includes('verify')) throw new AppError('protocol-older');
      item.source = connection;
      item.commitment = commitmentTo(pair, item.ownNonce);
      item.stack.defer(connection.onClose(() => fail(item, 'peer-unreachable')));
      const { commitment } = item;
      item.tellCancel = () => void connection.call('verify.cancel', { commitment }).catch(() => {});
      item.tellAnswer = (isSame) =>
        void connection.call('verify.answer', { commitment, isSame }).catch((error) =>
          // Notices are taken in after the answer to a call: one that came before this refusal says why it is over there.
          setImmediate(() => fail(item, toProblem(error).code)),
        );
      const { nonce } = await connection.call('verify.begin', { commitment }, signal);
      if (item.isOver) return;
      await connection.call('verify.reveal', { commitment, nonce: item.ownNonce }, signal);
      if (item.isOver) return;
      showCode(item, codeOf(pair, { asking: item.ownNonce, asked: nonce }));
    } catch (error) {
      if (item.isOver) return;
      const problem = toProblem(error);
      if (problem.code === 'internal')
        log.error({ error: String((error as Error)?.stack ?? error) }, 'comparing failed');
      item.tellCancel();
      end(item, 'failed', problem);
    }
  }

  /** Makes room for what a visitor begins; true when the person here began one as well and sees it. @throws AppError where it must wait */
  function giveWay(peerId: PeerId): boolean {
    let isWanted = false;
    for (const item of [...items.values()]) {
      const { comparison } = item;
      if (item.isOver) {
        // Security: a warning stays until it was read.
        if (comparison.peerId === peerId && comparison.state === 'different') throw new AppError('comparison-busy');
        continue;
      }
      // Security: a person looks at one code at a time, so that nobody can push theirs in front of it.
      if (comparison.peerId !== peerId || comparison.code !== null) throw new AppError('comparison-busy');
      if (comparison.role === 'asked') {
        breakOff(item, 'comparison-broken');
        throw new AppError('comparison-broken');
      }
      // Both began at once: the one of the smaller key stays, on both sides.
      if (selfId < peerId) throw new AppError('comparison-busy');
      close(item);
      isWanted = true;
    }
    return isWanted;
  }

  function cancel(peerId: PeerId): void {
    const item = items.get(peerId);
    if (item === undefined) return;
    if (!item.isOver) {
      item.tellCancel();
      close(item);
    }
    items.delete(peerId);
    show();
  }

  /** Whoever closed the window does not compare; who has answered waits for the other all the same. */
  function isLeft(item: Item): boolean {
    return item.watchers.size === 0 && !item.isOver && item.own === null;
  }

  options.notices.on('verify.answered', ({ commitment, isSame }, connection) => {
    const item = find(connection, commitment);
    try {
      if (item !== undefined) takeAnswer(item, isSame);
    } catch (error) {
      log.warn({ peerId: connection.peerId, error: String(error) }, 'an answer out of order');
    }
  });
  options.notices.on('verify.cancelled', ({ commitment }, connection) => {
    const item = find(connection, commitment);
    if (item !== undefined) fail(item, 'cancelled');
  });

  return {
    state,
    start: (peerId) => {
      const peer = peers.state.value.find((other) => other.id === peerId);
      if (peer === undefined) throw new AppError('not-found', { what: 'This computer' });
      if (book.isBlocked(peerId)) throw new AppError('peer-blocked');
      const before = items.get(peerId);
      if (before !== undefined && !before.isOver) {
        if (before.isShown || peerId < selfId) {
          // It is on its way here already.
          before.isShown = true;
          show();
          return;
        }
        close(before);
      }
      void pursue(add(peerId, 'asking', peer.claimedName));
    },
    answer: async (peerId, code, isSame) => {
      const item = items.get(peerId);
      // Security: an answer is to the code that was on the screen, and to no other.
      if (item === undefined || item.isOver || item.own !== null || item.comparison.code !== code)
        throw new AppError('not-found', { what: 'This comparison' });
      item.own = isSame;
      item.tellAnswer(isSame);
      await settle(item);
    },
    cancel,
    watch: (peerId, client) => {
      items.get(peerId)?.watchers.add(client);
    },
    unwatchAllOf: (client) => {
      for (const item of items.values()) {
        if (!item.watchers.delete(client) || !isLeft(item)) continue;
        setTimeout(() => isLeft(item) && cancel(item.comparison.peerId), WATCHER_GONE_MS).unref();
      }
    },
    takeBegin: (visitor, claimedName, { commitment }) => {
      const { peerId, remoteAddress } = visitor;
      if (book.isBlocked(peerId)) throw new AppError('not-allowed');
      // Security: each counts, also one that is refused or broken off.
      if (!keyRate.take(peerId) || !addressRate.take(remoteAddress) || !totalRate.take(''))
        throw new AppError('too-many-comparisons');
      if (isQuietAt(settings.value, new Date())) throw new AppError('do-not-disturb');
      const isWanted = giveWay(peerId);
      const item = add(peerId, 'asked', claimedName);
      if (isWanted) {
        item.isShown = true;
        show();
      }
      item.source = visitor;
      item.commitment = commitment;
      item.tellCancel = () => visitor.notify('verify.cancelled', { commitment });
      item.tellAnswer = (isSame) => visitor.notify('verify.answered', { commitment, isSame });
      item.stack.defer(visitor.onClose(() => fail(item, 'peer-unreachable')));
      limit(item, REVEAL_MS);
      return { nonce: item.ownNonce };
    },
    takeReveal: (visitor, { commitment, nonce }) => {
      const item = need(visitor, commitment);
      const pair: Pair = { asking: visitor.peerId, asked: selfId };
      // Security: nothing is shown before the nonce is the one that was committed to, before ours was known.
      if (item.comparison.code !== null || !isCommitmentTo(commitment, pair, nonce)) {
        log.warn({ peerId: visitor.peerId }, 'a comparison was revealed twice, or not as committed');
        breakOff(item, 'comparison-broken');
        throw new AppError('comparison-broken');
      }
      showCode(item, codeOf(pair, { asking: nonce, asked: item.ownNonce }));
    },
    takeVisitorsAnswer: (visitor, { commitment, isSame }) => takeAnswer(need(visitor, commitment), isSame),
    takeVisitorsCancel: (visitor, { commitment }) => fail(need(visitor, commitment), 'cancelled'),
    [Symbol.dispose]: () => {
      for (const item of items.values()) if (!item.isOver) close(item);
    },
  };
}
