// Requests that wait for a person, and the grants that their answers create.

import { randomUUID } from 'node:crypto';
import type { AnsweredBy } from '../../contract/activity.ts';
import type { Request } from '../../contract/consent.ts';
import { AppError } from '../../contract/errors.ts';
import { type PeerId, type RequestId, type RuleId, requestIdSchema } from '../../contract/ids.ts';
import { narrowest } from '../../contract/powers.ts';
import { isQuietAt } from '../../contract/quiet-hours.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Recorder } from '../activity/activity.ts';
import type { Log } from '../lib/log.ts';
import { createRateLimit } from '../lib/rate-limit.ts';
import { type Followable, State } from '../lib/state.ts';
import type { Claimed } from '../peers/claimed.ts';
import type { PeerBook } from '../peers/peer-book.ts';
import { type Answer, createDelivery, type How } from './delivery.ts';
import { createGrant, type Grant, type GrantTerms } from './grant.ts';
import { checkAnswer, expiryOf, type PersonsAnswer, ruleFrom } from './persons-answer.ts';
import type { Rules } from './rules.ts';
import type { Wish } from './wish.ts';

export interface PendingRequest {
  readonly id: RequestId;
  readonly answerTimeoutMs: number;
  /** Settles once; never rejects. */
  readonly answer: Promise<Answer>;
}

export interface Consent {
  readonly requests: Followable<readonly Claimed<Request>[]>;
  /**
   * Queues a request for the person, or answers it at once by a rule.
   * @throws AppError `peer-paused` while sharing is paused, `do-not-disturb` when nobody may be asked now,
   *   `too-many-requests` over the limits, which also count what rules allow
   */
  create(wish: Wish): PendingRequest;
  /** The visitor took it back, or went away. */
  cancel(id: RequestId, peerId: PeerId): void;
  /**
   * The person's answer.
   * @throws AppError `not-found` when it was answered, cancelled or expired before; `not-verified` for a yes for ever to a peer
   *   whose key nobody compared; `bad-input` for more powers than were asked for
   */
  answer(id: RequestId, answer: PersonsAnswer): Promise<void>;
  /** Says no to what a peer asks; a yes that is on its way comes to nothing. */
  denyAllOf(peerId: PeerId, by: AnsweredBy): void;
  /** The same for everything that waits. */
  denyAll(by: AnsweredBy): void;
}

/** Requests that may wait at a time. */
export const MAX_WAITING_PER_PEER = 3;
export const MAX_WAITING = 20;
/** Keys cost nothing to make: with a few of them, one computer must not take all the places. */
export const MAX_WAITING_PER_ADDRESS = 8;

/** Starts that rules may allow one peer. Each writes several lines to the log, which a peer must not fill at will. */
export const MAX_BY_RULES_PER_HOUR = 60;
const HOUR_MS = 60 * 60_000;

interface Waiting {
  readonly wish: Wish;
  readonly settle: (answer: Answer) => void;
  readonly timer: NodeJS.Timeout;
}

export function createConsent(options: {
  readonly settings: Followable<Settings>;
  readonly rules: Rules;
  readonly book: Pick<PeerBook, 'faceOf' | 'isVerified'>;
  readonly activity: Recorder;
  readonly log: Log;
}): Consent {
  const { settings, rules, book, activity, log } = options;
  const requests = new State<readonly Claimed<Request>[]>([]);
  const waiting = new Map<RequestId, Waiting>();
  /** Those whose rule is being written. */
  const answering = new Set<RequestId>();
  const { deliver, note, endAllOf } = createDelivery(options);
  const startsByRules = createRateLimit(MAX_BY_RULES_PER_HOUR, undefined, HOUR_MS);

  function settle(id: RequestId, answer: 'denied' | 'expired' | 'cancelled' | Grant, how: How): void {
    const request = waiting.get(id);
    if (request === undefined) return;
    clearTimeout(request.timer);
    waiting.delete(id);
    requests.update((list) => list.filter((other) => other.id !== id));
    const said = typeof answer === 'string' ? answer : 'granted';
    log.info(
      { requestId: id, peerId: request.wish.peerId, offer: request.wish.offer.id, answer: said },
      'request answered',
    );
    const whole: Answer = typeof answer === 'string' ? { answer } : { answer: 'granted', grant: answer };
    void deliver(request.wish, id, whole, how).then(request.settle);
  }

  function grantOf(requestId: RequestId, wish: Wish, more: Pick<GrantTerms, 'powers' | 'ruleId' | 'expiresAt'>): Grant {
    const { peerId, claimedName, offer, view } = wish;
    return createGrant({ requestId, peerId, claimedName, offerId: offer.id, view, ...more });
  }

  function recordAsked(wish: Wish): void {
    void activity.recordFromOutside(note(wish, { kind: 'requested', view: wish.view, powers: wish.powers }));
  }

  async function keep(wish: Wish, persons: PersonsAnswer): Promise<RuleId | null> {
    const { answer, lasts, minutes = null } = persons;
    if (lasts === 'once') return null;
    const { peerId, claimedName, address } = wish;
    const rule = ruleFrom(wish, persons, book.faceOf(peerId, claimedName, address).name);
    const ruleId = await rules.add(rule);
    const { view, powers } = rule;
    void activity.record(note(wish, { kind: 'rule-made', ruleId, answer, lasts, minutes, view, powers }));
    return ruleId;
  }

  return {
    requests,
    create: (wish) => {
      if (settings.value.isPaused) throw new AppError('peer-paused');
      const id = requestIdSchema.parse(randomUUID());
      const { rule, note: ruleNote } = rules.find({ ...wish, offerId: wish.offer.id });
      if (rule !== null) {
        const { peerId, offer } = wish;
        // Security: starts that a rule allows are always logged, whatever the log already holds, so their number is limited here.
        if (rule.answer === 'allow' && !startsByRules.take(peerId)) throw new AppError('too-many-requests');
        const powers = narrowest(wish.powers, rule.powers);
        log.info({ requestId: id, peerId, offer: offer.id, ruleId: rule.id }, 'request answered by a rule');
        recordAsked(wish);
        const answer: Answer =
          rule.answer === 'allow'
            ? { answer: 'granted', grant: grantOf(id, wish, { powers, ruleId: rule.id, expiresAt: rule.expiresAt }) }
            : { answer: 'denied' };
        return { id, answerTimeoutMs: 0, answer: deliver(wish, id, answer, { by: 'rule', ruleId: rule.id }) };
      }
      if (isQuietAt(settings.value, new Date())) throw new AppError('do-not-disturb');
      const ofPeer = [...waiting.values()].filter((other) => other.wish.peerId === wish.peerId).length;
      const ofAddress = [...waiting.values()].filter(
        (other) => wish.address !== undefined && other.wish.address === wish.address,
      ).length;
      if (ofPeer >= MAX_WAITING_PER_PEER || ofAddress >= MAX_WAITING_PER_ADDRESS || waiting.size >= MAX_WAITING)
        throw new AppError('too-many-requests');
      const answerTimeoutMs = settings.value.answerTimeoutS * 1000;
      const { promise, resolve } = Promise.withResolvers<Answer>();
      // No answer in time is a no (in RustDesk issue 4956 it was a yes).
      const timer = setTimeout(() => settle(id, 'expired', { by: 'timeout' }), answerTimeoutMs);
      recordAsked(wish);
      waiting.set(id, { wish, settle: resolve, timer });
      const askedAt = Date.now();
      requests.update((list) => [
        ...list,
        {
          id,
          peerId: wish.peerId,
          claimedName: wish.claimedName,
          address: wish.address,
          ruleNote,
          offer: wish.offer,
          view: wish.view,
          powers: wish.powers,
          askedAt,
          expiresAt: askedAt + answerTimeoutMs,
          mounts: settings.value.mounts,
          ownSandbox: wish.ownSandbox,
        },
      ]);
      return { id, answerTimeoutMs, answer: promise };
    },
    cancel: (id, peerId) => {
      if (waiting.get(id)?.wish.peerId === peerId) settle(id, 'cancelled', { by: 'peer' });
    },
    denyAllOf: (peerId, by) => {
      for (const [id, request] of waiting) if (request.wish.peerId === peerId) settle(id, 'denied', { by });
      endAllOf(peerId);
    },
    answer: async (id, persons) => {
      const request = waiting.get(id);
      if (request === undefined) throw new AppError('not-found', { what: 'This request' });
      const { wish } = request;
      const { answer, lasts, minutes, powers = wish.powers } = persons;
      checkAnswer(wish, persons, book.isVerified(wish.peerId));
      // Only the first answer counts: two windows may answer at once, and the time may run out while a rule is written.
      if (answering.has(id)) throw new AppError('not-found', { what: 'This request' });
      answering.add(id);
      const ruleId = await keep(wish, persons).finally(() => answering.delete(id));
      if (!waiting.has(id)) {
        if (ruleId !== null) await rules.remove(ruleId);
        throw new AppError('not-found', { what: 'This request' });
      }
      const isAllowed = answer === 'allow' && !settings.value.isPaused;
      const grant = isAllowed && grantOf(id, wish, { powers, ruleId, expiresAt: expiryOf({ lasts, minutes }) });
      const by = answer === 'allow' && !isAllowed ? 'pause' : 'person';
      settle(id, grant || 'denied', { by, lasts, minutes: minutes ?? null, ruleId });
    },
    denyAll: (by) => {
      for (const id of [...waiting.keys()]) settle(id, 'denied', { by });
      endAllOf(null);
    },
  };
}
