// A peer asks this computer to compare: it is answered with a nonce, within limits, and shown when it has revealed what it had committed to.
import { AppError } from '../../../contract/errors.ts';
import type { PeerId } from '../../../contract/ids.ts';
import { isQuietAt } from '../../../contract/quiet-hours.ts';
import type { Settings } from '../../../contract/settings.ts';
import type { Log } from '../../lib/log.ts';
import { createRateLimit } from '../../lib/rate-limit.ts';
import type { Followable } from '../../lib/state.ts';
import type { CallInput, CallOutput } from '../../wire/peer-protocol.ts';
import type { Visitor } from '../../wire/visitor.ts';
import type { PeerBook } from '../peer-book.ts';
import { codeOf, isCommitmentTo, type Pair } from './comparison.ts';
import type { Item, Items } from './comparison-items.ts';

/** The visitor's calls. @throws AppError, told to the visitor */
export interface VisitorsWords {
  takeBegin(visitor: Visitor, claimedName: string, input: CallInput<'verify.begin'>): CallOutput<'verify.begin'>;
  takeReveal(visitor: Visitor, input: CallInput<'verify.reveal'>): void;
  takeVisitorsAnswer(visitor: Visitor, input: CallInput<'verify.answer'>): void;
  takeVisitorsCancel(visitor: Visitor, input: CallInput<'verify.cancel'>): void;
}

/** From a visitor's commitment until it must have revealed. */
const REVEAL_MS = 10_000;

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

export function createAsked(options: {
  readonly selfId: PeerId;
  readonly items: Items;
  readonly settings: Followable<Pick<Settings, 'isDoNotDisturb' | 'quietHours'>>;
  readonly book: Pick<PeerBook, 'isBlocked'>;
  readonly log: Log;
  /** Milliseconds of a clock that only goes on. */
  readonly now?: () => number;
}): VisitorsWords {
  const { selfId, items, settings, book, log } = options;
  const rate = (times: number) => createRateLimit(times, options.now, BEGIN_WINDOW_MS);
  const [keyRate, addressRate, totalRate] = [rate(BEGUN_PER_PEER), rate(BEGUN_PER_ADDRESS), rate(BEGUN_IN_ALL)];

  function need(source: Visitor, commitment: string): Item {
    const item = items.find(source, commitment);
    if (item === undefined) throw new AppError('not-allowed');
    return item;
  }

  /** Makes room for what a visitor begins; true when the person here began one as well and sees it. @throws AppError where it must wait */
  function giveWay(peerId: PeerId): boolean {
    let isWanted = false;
    for (const item of items.all()) {
      const { comparison } = item;
      if (item.isOver) {
        // Security: a warning stays until it was read.
        if (comparison.peerId === peerId && comparison.state === 'different') throw new AppError('comparison-busy');
        continue;
      }
      // Security: a person looks at one code at a time, so that nobody can push theirs in front of it.
      if (comparison.peerId !== peerId || comparison.code !== null) throw new AppError('comparison-busy');
      if (comparison.role === 'asked') {
        items.breakOff(item, 'comparison-broken');
        throw new AppError('comparison-broken');
      }
      // Both began at once: the one of the smaller key stays, on both sides.
      if (selfId < peerId) throw new AppError('comparison-busy');
      items.close(item);
      isWanted = true;
    }
    return isWanted;
  }

  return {
    takeBegin: (visitor, claimedName, { commitment }) => {
      const { peerId, remoteAddress } = visitor;
      if (book.isBlocked(peerId)) throw new AppError('not-allowed');
      // Security: each counts, also one that is refused or broken off.
      if (!keyRate.take(peerId) || !addressRate.take(remoteAddress) || !totalRate.take(''))
        throw new AppError('too-many-comparisons');
      if (isQuietAt(settings.value, new Date())) throw new AppError('do-not-disturb');
      const isWanted = giveWay(peerId);
      const item = items.add(peerId, 'asked', claimedName);
      if (isWanted) items.reveal(item);
      item.source = visitor;
      item.commitment = commitment;
      item.tellCancel = () => visitor.notify('verify.cancelled', { commitment });
      item.tellAnswer = (isSame) => visitor.notify('verify.answered', { commitment, isSame });
      item.stack.defer(visitor.onClose(() => items.fail(item, { code: 'peer-unreachable', params: {} })));
      items.limit(item, REVEAL_MS);
      return { nonce: item.ownNonce };
    },
    takeReveal: (visitor, { commitment, nonce }) => {
      const item = need(visitor, commitment);
      const pair: Pair = { asking: visitor.peerId, asked: selfId };
      // Security: nothing is shown before the nonce is the one that was committed to, before ours was known.
      if (item.comparison.code !== null || !isCommitmentTo(commitment, pair, nonce)) {
        log.warn({ peerId: visitor.peerId }, 'a comparison was revealed twice, or not as committed');
        items.breakOff(item, 'comparison-broken');
        throw new AppError('comparison-broken');
      }
      items.showCode(item, codeOf(pair, { asking: nonce, asked: item.ownNonce }));
    },
    takeVisitorsAnswer: (visitor, { commitment, isSame }) => items.takeAnswer(need(visitor, commitment), isSame),
    takeVisitorsCancel: (visitor, { commitment }) =>
      items.fail(need(visitor, commitment), { code: 'cancelled', params: {} }),
  };
}
