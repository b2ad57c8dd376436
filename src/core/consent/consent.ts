// Requests that wait for a person, and the grants that their answers create.
import { randomUUID } from 'node:crypto';
import { AppError } from '../../contract/errors.ts';
import {
  type Offer,
  type PeerId,
  type Powers,
  type Request,
  type RequestId,
  requestIdSchema,
  type Settings,
  type Size,
  type View,
} from '../../contract/models.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { createGrant, type Grant } from './grant.ts';
import type { Rules } from './rules.ts';

/** What a peer wishes, after its offer was found to be shared. */
export interface Wish {
  readonly peerId: PeerId;
  readonly peerName: string;
  readonly offer: Offer;
  readonly view: View;
  readonly powers: Powers;
  readonly size: Size | undefined;
}

export type Answer =
  | { readonly answer: 'granted'; readonly grant: Grant }
  | { readonly answer: 'denied' | 'expired' | 'cancelled' };

export interface PendingRequest {
  readonly id: RequestId;
  readonly answerTimeoutMs: number;
  /** Settles once; never rejects. */
  readonly answer: Promise<Answer>;
}

export interface Consent {
  readonly requests: Followable<readonly Request[]>;
  /**
   * Queues a request for the person, or answers it at once by a rule.
   * @throws AppError `peer-paused` while sharing is paused, `too-many-requests` over the limits
   */
  create(wish: Wish): PendingRequest;
  /** The visitor took it back, or went away. */
  cancel(id: RequestId, peerId: PeerId): void;
  cancelAllOf(peerId: PeerId): void;
  /** The person's answer. @throws AppError `not-found` when it was answered, cancelled or expired before */
  answer(id: RequestId, answer: 'deny' | 'once' | 'always'): Promise<void>;
  /** Says no to everything that waits. */
  denyAll(): void;
}

/** Requests that may wait at a time. */
export const MAX_WAITING_PER_PEER = 3;
export const MAX_WAITING = 20;

interface Waiting {
  readonly wish: Wish;
  readonly settle: (answer: Answer) => void;
  readonly timer: NodeJS.Timeout;
}

export function createConsent(options: {
  readonly settings: Followable<Settings>;
  readonly rules: Rules;
  /** Whether a peer with another key is known by this name. */
  readonly isNameOfAnother: (peerId: PeerId, name: string) => boolean;
  readonly log: Log;
}): Consent {
  const { settings, rules, isNameOfAnother, log } = options;
  const requests = new State<readonly Request[]>([]);
  const waiting = new Map<RequestId, Waiting>();

  function settle(id: RequestId, answer: 'denied' | 'expired' | 'cancelled' | 'granted'): void {
    const request = waiting.get(id);
    if (request === undefined) return;
    clearTimeout(request.timer);
    waiting.delete(id);
    requests.update((list) => list.filter((other) => other.id !== id));
    log.info({ requestId: id, peerId: request.wish.peerId, offer: request.wish.offer.id, answer }, 'request answered');
    request.settle(answer === 'granted' ? { answer, grant: grantOf(id, request.wish) } : { answer });
  }

  return {
    requests,
    create: (wish) => {
      if (settings.value.isPaused) throw new AppError('peer-paused');
      const id = requestIdSchema.parse(randomUUID());
      const rule = rules.find({ ...wish, offerId: wish.offer.id });
      if (rule !== undefined) {
        log.info(
          { requestId: id, peerId: wish.peerId, offer: wish.offer.id, ruleId: rule.id },
          'request answered by a rule',
        );
        const answer: Answer =
          rule.answer === 'allow' ? { answer: 'granted', grant: grantOf(id, wish) } : { answer: 'denied' };
        return { id, answerTimeoutMs: 0, answer: Promise.resolve(answer) };
      }
      const ofPeer = [...waiting.values()].filter((other) => other.wish.peerId === wish.peerId).length;
      if (ofPeer >= MAX_WAITING_PER_PEER || waiting.size >= MAX_WAITING) throw new AppError('too-many-requests');
      const answerTimeoutMs = settings.value.answerTimeoutS * 1000;
      const { promise, resolve } = Promise.withResolvers<Answer>();
      // No answer within the limit is a no (RustDesk issue 4956 was the other way round).
      const timer = setTimeout(() => settle(id, 'expired'), answerTimeoutMs);
      waiting.set(id, { wish, settle: resolve, timer });
      const askedAt = Date.now();
      requests.update((list) => [
        ...list,
        {
          id,
          peerId: wish.peerId,
          peerName: wish.peerName,
          isVerified: false,
          offer: wish.offer,
          view: wish.view,
          powers: wish.powers,
          askedAt,
          expiresAt: askedAt + answerTimeoutMs,
          isNameOfAnother: isNameOfAnother(wish.peerId, wish.peerName),
          mounts: settings.value.mounts,
        },
      ]);
      return { id, answerTimeoutMs, answer: promise };
    },
    cancel: (id, peerId) => {
      if (waiting.get(id)?.wish.peerId === peerId) settle(id, 'cancelled');
    },
    cancelAllOf: (peerId) => {
      for (const [id, request] of waiting) if (request.wish.peerId === peerId) settle(id, 'cancelled');
    },
    answer: async (id, answer) => {
      const request = waiting.get(id);
      if (request === undefined) throw new AppError('not-found', { what: 'This request' });
      if (answer === 'deny') {
        settle(id, 'denied');
        return;
      }
      if (answer === 'always') {
        const { peerId, peerName, offer, view, powers } = request.wish;
        await rules.add({ peerId, peerName, offerId: offer.id, offerName: offer.name, view, powers, answer: 'allow' });
      }
      settle(id, 'granted');
    },
    denyAll: () => {
      for (const id of [...waiting.keys()]) settle(id, 'denied');
    },
  };
}

function grantOf(requestId: RequestId, wish: Wish): Grant {
  const { peerId, peerName, offer, view, powers } = wish;
  return createGrant({ requestId, peerId, peerName, offerId: offer.id, view, powers });
}
