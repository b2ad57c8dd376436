// Requests of visitors, from the wish to the answer. The one place where a wish from the wire becomes a grant.
import type { AnsweredBy } from '../../contract/activity.ts';
import { AppError, type ErrorCode, type Problem, toProblem } from '../../contract/errors.ts';
import type { OfferId } from '../../contract/ids.ts';
import { withView } from '../../contract/powers.ts';
import type { Size } from '../../contract/sessions.ts';
import type { Settings } from '../../contract/settings.ts';
import { isView, rowOf } from '../../contract/views.ts';
import type { Recorder } from '../activity/activity.ts';
import { type About, noteOf } from '../activity/notes.ts';
import type { Channel } from '../channels/channel.ts';
import type { Consent, PendingRequest } from '../consent/consent.ts';
import type { Containers } from '../container/container.ts';
import type { Health } from '../health/health.ts';
import type { Log } from '../lib/log.ts';
import { createRateLimit } from '../lib/rate-limit.ts';
import type { Followable } from '../lib/state.ts';
import type { FoundOffer, Offers } from '../offers/offers.ts';
import type { PeerBook } from '../peers/peer-book.ts';
import type { CallInput, CallOutput } from '../wire/peer-protocol.ts';
import type { Visitor } from '../wire/visitor.ts';
import type { Guests } from './guests.ts';
import { sandboxWish } from './sandbox-wish.ts';
import type { HostSessions } from './sessions.ts';

/** For one key, and for one address as well, because keys cost nothing to make. */
const REQUESTS_PER_MINUTE = 30;

export interface Requests {
  /** @throws AppError with the reason why nobody was asked; the refusal is in the activity log */
  create(wish: CallInput<'request.create'>, visitor: Visitor): CallOutput<'request.create'>;
  /** Refuses what waits and what still comes, because eBrainPool quits on this computer. */
  refuseAll(): void;
  /** Resolves when every answer that is on its way was sent. */
  settle(): Promise<unknown>;
}

export interface RequestParts {
  readonly channels: readonly Channel[];
  readonly settings: Followable<Settings>;
  readonly offers: Offers;
  readonly consent: Consent;
  readonly containers: Containers;
  readonly hostSessions: HostSessions;
  readonly book: PeerBook;
  readonly health: Health;
  readonly activity: Recorder;
  readonly log: Log;
}

export function createRequests(parts: RequestParts & { readonly guests: Guests }): Requests {
  const { channels, settings, offers, consent, containers, hostSessions, book, health, activity, log, guests } = parts;
  // Each request costs a person's attention and a warm sandbox, even when it is taken back at once.
  const keyRate = createRateLimit(REQUESTS_PER_MINUTE);
  const addressRate = createRateLimit(2 * REQUESTS_PER_MINUTE);
  const answering = new Set<Promise<void>>();
  let isQuitting = false;

  async function answer(
    visitor: Visitor,
    pending: PendingRequest,
    found: FoundOffer,
    size: Size | undefined,
    gone: AbortSignal,
  ): Promise<void> {
    const answered = await pending.answer;
    const tell = (
      answer: 'granted' | 'denied' | 'expired' | 'failed',
      more: { session?: never; problem?: never } | object = {},
    ) => visitor.notify('request.answered', { requestId: pending.id, answer, session: null, problem: null, ...more });
    // An older visitor does not know `isQuit`; it understands the problem.
    const tellQuit = () => tell('failed', { problem: { code: 'peer-paused', params: {} }, isQuit: true });
    if (answered.answer !== 'granted') {
      containers.cool(visitor.peerId);
      if (isQuitting && answered.answer === 'denied') tellQuit();
      else if (answered.answer !== 'cancelled') tell(answered.answer);
      return;
    }
    const { grant } = answered;
    gone.addEventListener('abort', () => grant.end());
    try {
      // The visitor's connection is gone, so nobody would know of the session. It may ask again on another one.
      if (gone.aborted) throw new AppError('cancelled');
      // Security: the offer must still be what the person read. If it changed meanwhile, the visitor has to ask again.
      const current = offers.find(found.offer.id, guests.readerOf(visitor));
      if (current === undefined || current.digest !== found.digest) throw new AppError('offer-gone');
      // Security: a block that came meanwhile keeps the session from starting.
      if (book.isBlocked(visitor.peerId)) throw new AppError('not-allowed');
      const session = await hostSessions.start({
        grant,
        offer: current.visible,
        launch: current.launch(grant.terms.view),
        explainEnd: current.explainEnd,
        visitor,
        capabilities: guests.capabilitiesOf(visitor),
        size,
      });
      tell('granted', { session });
    } catch (error) {
      grant.end();
      containers.cool(visitor.peerId);
      const { code } = toProblem(error);
      void activity.record(
        noteOf(aboutWish(visitor, found.offer), { kind: 'not-started', requestId: pending.id, problem: code }),
      );
      if (isQuitting) tellQuit();
      else tell('failed', { problem: problemForVisitor(error) });
    }
  }

  function createRequest({ offerId, view, powers: asked, size }: CallInput<'request.create'>, visitor: Visitor) {
    const { claimedName } = guests.of(visitor);
    if (isQuitting) throw new AppError('peer-quit');
    if (!isView(view)) throw new AppError('view-unknown');
    if (!keyRate.take(visitor.peerId) || !addressRate.take(visitor.remoteAddress))
      throw new AppError('too-many-requests');
    if (settings.value.isPaused) throw new AppError('peer-paused');
    // An offer that is not shared with this peer does not exist for it.
    const found = offers.find(offerId, guests.readerOf(visitor));
    if (found === undefined) throw new AppError('offer-gone');
    // Security: a power that this computer cannot keep in bounds must not be granted.
    if (asked.network !== 'none' && !health.allows('internet')) throw new AppError('network-unavailable');
    // Security: nothing stops a visitor from clicking a program on its own X display, so "only watch" must not be promised there.
    if (asked.isViewOnly && rowOf(view).isViewOnly !== 'held') throw new AppError('not-allowed');
    const launch = found.launch(view);
    const powers = withView(asked, view);
    if (!health.allows('sharing')) throw new AppError('sharing-unavailable');
    if (!hostSessions.hasRoomFor(visitor.peerId)) throw new AppError('peer-busy');
    const { peerId, remoteAddress: address } = visitor;
    const wish = { peerId, claimedName, address, offer: found.visible, view, powers, size };
    const pending = consent.create({ ...wish, ownSandbox: launch.ownSandbox, launchDigest: found.digest });
    const gone = new AbortController();
    const stopListening = visitor.onClose(() => {
      consent.cancel(pending.id, peerId);
      gone.abort();
    });
    if (settings.value.isWarmUp) {
      const wanted = sandboxWish(channels, { view, powers, launch, size });
      containers.warm(peerId, book.faceOf(peerId, claimedName).name, wanted);
    }
    // After the reply: a rule may answer at once, and the visitor must know the request's id by then.
    setImmediate(() => {
      const answered = answer(visitor, pending, found, size, gone.signal)
        .catch((error) => log.error({ error: String(error) }, 'answering failed'))
        .finally(() => {
          stopListening();
          answering.delete(answered);
        });
      answering.add(answered);
    });
    return { requestId: pending.id, answerTimeoutMs: pending.answerTimeoutMs };
  }

  function aboutWish(visitor: Visitor, offer: { readonly id: OfferId; readonly name: string | null }): About {
    const { peerId } = visitor;
    const face = book.faceOf(peerId, guests.claimedNameOf(visitor));
    return { role: 'host', peerId, face, offer };
  }

  /** Requests that the person never saw are in their log too. */
  function recordRefusal(
    { offerId, view, powers }: CallInput<'request.create'>,
    visitor: Visitor,
    error: unknown,
  ): void {
    const problem = toProblem(error).code;
    // Only the owner reads the log, so it names an offer even when the visitor may not know of it.
    const name = offers.own.value.offers.find(({ id }) => id === offerId)?.name ?? null;
    const about = aboutWish(visitor, { id: offerId, name });
    void activity.recordFromOutside(noteOf(about, { kind: 'requested', view, powers }));
    const by = refusedBy(problem, settings.value);
    const unknown = { requestId: null, ruleId: null, lasts: null, minutes: null, powers: null };
    void activity.recordFromOutside(noteOf(about, { kind: 'answered', answer: 'denied', by, ...unknown, problem }));
  }

  return {
    create: (wish, visitor) => {
      guests.of(visitor);
      try {
        return createRequest(wish, visitor);
      } catch (error) {
        recordRefusal(wish, visitor, error);
        throw error;
      }
    },
    refuseAll: () => {
      isQuitting = true;
      consent.denyAll('quit');
    },
    settle: () => Promise.all(answering),
  };
}

/**
 * What a visitor is told of what went wrong here.
 * Security: paths and commands of this computer are its owner's business, and no help to anybody else.
 */
function problemForVisitor(error: unknown): Problem {
  const problem = toProblem(error);
  switch (problem.code) {
    case 'disk-full':
      return { code: 'peer-disk-full', params: {} };
    case 'container-failed':
    case 'missing-program':
    case 'namespaces-forbidden':
      return { code: 'peer-container-failed', params: {} };
    default:
      return problem;
  }
}

/** Why nobody was asked. */
function refusedBy(problem: ErrorCode, settings: Settings): AnsweredBy {
  switch (problem) {
    case 'peer-paused':
      return 'pause';
    case 'do-not-disturb':
      return settings.isDoNotDisturb ? 'do-not-disturb' : 'quiet-hours';
    case 'too-many-requests':
    case 'peer-busy':
      return 'limit';
    case 'offer-gone':
      return 'not-shared';
    default:
      return 'unavailable';
  }
}
