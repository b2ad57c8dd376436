// Comparisons under way: what each holds, what both people said of its code, and what ends it. Only two who both say "the same" verify a peer.
import type { Comparison } from '../../../contract/comparisons.ts';
import type { ClientId } from '../../../contract/contract.ts';
import { AppError, type ErrorCode, type Problem, toProblem } from '../../../contract/errors.ts';
import type { PeerId } from '../../../contract/ids.ts';
import { dropOldest } from '../../lib/drop-oldest.ts';
import type { Log } from '../../lib/log.ts';
import { type Followable, State } from '../../lib/state.ts';
import type { HostConnection } from '../../wire/peer-client.ts';
import { namedProblem } from '../../wire/peer-problem.ts';
import type { Visitor } from '../../wire/visitor.ts';
import type { Claimed } from '../claimed.ts';
import type { PeerBook } from '../peer-book.ts';
import { makeNonce } from './comparison.ts';

export interface Item {
  comparison: Claimed<Comparison>;
  /** Whether the person here sees it. One that a visitor has begun is seen when it has revealed. */
  isShown: boolean;
  isOver: boolean;
  /** The connection that it belongs to. Messages on any other are not about it. */
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

/** What comes of one. */
export interface Outcomes {
  /** This person compared the key. */
  verify(peerId: PeerId, claimedName: string): Promise<void>;
  /** One of the two said that the codes are not the same. */
  differ(peerId: PeerId, claimedName: string): Promise<void>;
}

export interface Items extends Disposable {
  readonly state: Followable<readonly Claimed<Comparison>[]>;
  all(): readonly Item[];
  of(peerId: PeerId): Item | undefined;
  /** The one that this message belongs to. Security: the same peer may have other connections, and had other comparisons. */
  find(source: Visitor | HostConnection, commitment: string): Item | undefined;
  /** Takes the place of an older one with this peer. */
  add(peerId: PeerId, role: Comparison['role'], claimedName: string): Item;
  /** Lets the person see it, also while there is no code yet. */
  reveal(item: Item): void;
  /** Lets both compare, for as long as that may take. */
  showCode(item: Item, code: string): void;
  /** Breaks it off after this time. */
  limit(item: Item, timeoutMs: number): void;
  /** What this person said. */
  answer(item: Item, isSame: boolean): Promise<void>;
  /** What the other person said. @throws AppError `comparison-broken` when that was no answer of a person */
  takeAnswer(item: Item, isSame: boolean): void;
  /** Lets go of everything that it held. */
  close(item: Item): void;
  fail(item: Item, problem: Problem): void;
  /** Fails it, and tells the other side. */
  breakOff(item: Item, code: ErrorCode): void;
  /** Breaks it off without a word to the person here, or dismisses one that is over. */
  drop(peerId: PeerId): void;
}

/** From the code on the screen until both people must have answered. */
const COMPARE_MS = 120_000;

export function createItems(options: {
  readonly book: Pick<PeerBook, 'faceOf'>;
  readonly people: Outcomes;
  readonly log: Log;
}): Items {
  const { book, people, log } = options;
  const items = new Map<PeerId, Item>();
  const state = new State<readonly Claimed<Comparison>[]>([]);

  function show(): void {
    state.set([...items.values()].filter(({ isShown }) => isShown).map(({ comparison }) => comparison));
  }

  function change(item: Item, part: Partial<Comparison>): void {
    item.comparison = { ...item.comparison, ...part };
    show();
  }

  function add(peerId: PeerId, role: Comparison['role'], claimedName: string): Item {
    // The clients that showed the one before show this one too.
    const item = newItem(peerId, role, claimedName, items.get(peerId)?.watchers ?? new Set());
    // Deleted first, so that the new one comes last in the order.
    items.delete(peerId);
    items.set(peerId, item);
    dropOldest(items, ({ isOver }) => isOver);
    show();
    return item;
  }

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

  function fail(item: Item, problem: Problem): void {
    if (!item.isOver) end(item, 'failed', problem);
  }

  function breakOff(item: Item, code: ErrorCode): void {
    if (item.isOver) return;
    item.tellCancel();
    fail(item, { code, params: {} });
  }

  function limit(item: Item, timeoutMs: number): void {
    clearTimeout(item.timer);
    item.timer = setTimeout(() => breakOff(item, 'timeout'), timeoutMs);
    item.timer.unref();
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
        await people.verify(peerId, claimedName);
        end(item, 'verified');
        return;
      }
      end(item, 'different');
      await people.differ(peerId, claimedName);
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

  return {
    state,
    all: () => [...items.values()],
    of: (peerId) => items.get(peerId),
    find: (source, commitment) => {
      const item = items.get(source.peerId);
      const isMeant = item?.source === source && item.commitment === commitment && !item.isOver;
      return isMeant ? item : undefined;
    },
    add,
    reveal: (item) => {
      item.isShown = true;
      show();
    },
    showCode: (item, code) => {
      limit(item, COMPARE_MS);
      item.isShown = true;
      change(item, { state: 'comparing', code, expiresAt: Date.now() + COMPARE_MS });
    },
    limit,
    answer: (item, isSame) => {
      item.own = isSame;
      item.tellAnswer(isSame);
      return settle(item);
    },
    takeAnswer,
    close,
    fail,
    breakOff,
    drop: (peerId) => {
      const item = items.get(peerId);
      if (item === undefined) return;
      if (!item.isOver) {
        item.tellCancel();
        close(item);
      }
      items.delete(peerId);
      show();
    },
    [Symbol.dispose]: () => {
      for (const item of items.values()) if (!item.isOver) close(item);
    },
  };
}

function newItem(peerId: PeerId, role: Comparison['role'], claimedName: string, watchers: Set<ClientId>): Item {
  const item: Item = {
    comparison: { peerId, claimedName, role, state: 'connecting', code: null, expiresAt: null, problem: null },
    isShown: role === 'asking',
    isOver: false,
    source: undefined,
    commitment: '',
    ownNonce: makeNonce(),
    own: null,
    others: null,
    tellAnswer: () => {},
    tellCancel: () => {},
    watchers,
    abort: new AbortController(),
    timer: undefined,
    stack: new DisposableStack(),
  };
  item.stack.defer(() => clearTimeout(item.timer));
  return item;
}
