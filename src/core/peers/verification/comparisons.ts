// Two people compare a code: the person here begins, answers and breaks off; asking.ts and asked.ts speak with the other computer.
import type { Comparison } from '../../../contract/comparisons.ts';
import type { ClientId } from '../../../contract/contract.ts';
import { AppError } from '../../../contract/errors.ts';
import type { PeerId } from '../../../contract/ids.ts';
import type { Settings } from '../../../contract/settings.ts';
import type { Log } from '../../lib/log.ts';
import type { Followable } from '../../lib/state.ts';
import type { Notices } from '../../wire/notices.ts';
import type { Claimed } from '../claimed.ts';
import type { PeerBook } from '../peer-book.ts';
import type { Peers } from '../peers.ts';
import { createAsked, type VisitorsWords } from './asked.ts';
import { askForComparison, takeHostsWords } from './asking.ts';
import { createItems, type Item, type Outcomes } from './comparison-items.ts';

export interface Comparisons extends VisitorsWords, Disposable {
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
}

/** A window that is reloaded is back within this. */
const WATCHER_GONE_MS = 4000;

export function createComparisons(options: {
  readonly selfId: PeerId;
  readonly settings: Followable<Pick<Settings, 'isDoNotDisturb' | 'quietHours'>>;
  readonly book: Pick<PeerBook, 'faceOf' | 'isVerified' | 'isBlocked'>;
  readonly peers: Pick<Peers, 'state' | 'hold'>;
  readonly notices: Notices;
  readonly people: Outcomes;
  readonly log: Log;
  /** Milliseconds of a clock that only goes on. */
  readonly now?: () => number;
}): Comparisons {
  const { selfId, book, peers, notices } = options;
  const items = createItems(options);
  const parts = { ...options, items };
  takeHostsWords(notices, parts);

  /** Whoever closed the window compares no more, unless they have answered: then the other answer is still awaited. */
  function isLeft(item: Item): boolean {
    return item.watchers.size === 0 && !item.isOver && item.own === null;
  }

  return {
    ...createAsked(parts),
    state: items.state,
    start: (peerId) => {
      const peer = peers.state.value.find((other) => other.id === peerId);
      if (peer === undefined) throw new AppError('not-found', { what: 'This computer' });
      if (book.isBlocked(peerId)) throw new AppError('peer-blocked');
      const before = items.of(peerId);
      if (before !== undefined && !before.isOver) {
        if (before.isShown || peerId < selfId) {
          // One is under way already: it is shown.
          items.reveal(before);
          return;
        }
        items.close(before);
      }
      void askForComparison(items.add(peerId, 'asking', peer.claimedName), parts);
    },
    answer: async (peerId, code, isSame) => {
      const item = items.of(peerId);
      // Security: an answer is to the code that was on the screen, and to no other.
      if (item === undefined || item.isOver || item.own !== null || item.comparison.code !== code)
        throw new AppError('not-found', { what: 'This comparison' });
      await items.answer(item, isSame);
    },
    cancel: items.drop,
    watch: (peerId, client) => {
      items.of(peerId)?.watchers.add(client);
    },
    unwatchAllOf: (client) => {
      for (const item of items.all()) {
        if (!item.watchers.delete(client) || !isLeft(item)) continue;
        setTimeout(() => isLeft(item) && items.drop(item.comparison.peerId), WATCHER_GONE_MS).unref();
      }
    },
    [Symbol.dispose]: () => items[Symbol.dispose](),
  };
}
