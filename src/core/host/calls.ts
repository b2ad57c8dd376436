// What this computer answers to a visitor: catalogue, icons, requests, sessions. The one place where a wish from the wire becomes a grant.

import type { AnsweredBy } from '../../contract/activity.ts';
import { AppError, type ErrorCode, type Problem, toProblem } from '../../contract/errors.ts';
import type { OfferId, PeerId } from '../../contract/ids.ts';
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
import { toShowable } from '../lib/text.ts';
import { digestOffers, type FoundOffer, type Offers, type Reader } from '../offers/offers.ts';
import { type PeerBook, shortName } from '../peers/peer-book.ts';
import type { Comparisons } from '../peers/verification/comparisons.ts';
import { checkVersion } from '../wire/peer-client.ts';
import { CAPABILITIES, type CallInput, MAX_OFFERS, OLDEST_PROTOCOL, PROTOCOL } from '../wire/peer-protocol.ts';
import type { Host, Visitor } from '../wire/visitor.ts';
import { sandboxWish } from './sandbox-wish.ts';
import type { HostSessions } from './sessions.ts';

/** Requests of one key; keys cost nothing to make, so those of one address are limited as well. */
const REQUESTS_PER_MINUTE = 30;
/** Calls of one key that change what the owner's windows show of its sessions: each of them draws that anew. */
const CHANGES = { times: 50, windowMs: 5000 };

export interface HostSide {
  readonly hostSide: Host;
  /** Tells each visitor whose view of the catalogue has changed, and nobody else. */
  announceCatalogue(): void;
  /** Refuses what waits and what still comes, and ends what runs, for the reason that this computer's eBrainPool quits. Resolves when all of it is said. */
  quit(): Promise<void>;
}

/** A visitor that has said hello. */
interface Guest {
  /** The name that it claims. */
  readonly claimedName: string;
  readonly capabilities: readonly string[];
  /** Of what it last saw of the catalogue, or was told of; undefined before it looked. */
  seenDigest: string | undefined;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export function createHost(parts: {
  readonly channels: readonly Channel[];
  readonly settings: Followable<Settings>;
  readonly offers: Offers;
  readonly consent: Consent;
  readonly containers: Containers;
  readonly host: HostSessions;
  readonly book: PeerBook;
  readonly comparisons: Comparisons;
  readonly health: Health;
  readonly activity: Recorder;
  readonly log: Log;
}): HostSide {
  const { channels, settings, offers, consent, containers, host, book, comparisons, health, activity, log } = parts;
  // Each request costs a person's attention and a warm sandbox, also when it is taken back at once.
  const keyRate = createRateLimit(REQUESTS_PER_MINUTE);
  const addressRate = createRateLimit(2 * REQUESTS_PER_MINUTE);
  const changeRate = createRateLimit(CHANGES.times, undefined, CHANGES.windowMs);
  const guests = new Map<Visitor, Guest>();
  const answering = new Set<Promise<void>>();
  let isQuitting = false;

  async function answer(
    visitor: Visitor,
    pending: PendingRequest,
    found: FoundOffer,
    size: Size | undefined,
  ): Promise<void> {
    const answered = await pending.answer;
    const tell = (
      answer: 'granted' | 'denied' | 'expired' | 'failed',
      more: { session?: never; problem?: never } | object = {},
    ) => visitor.notify('request.answered', { requestId: pending.id, answer, session: null, problem: null, ...more });
    // The problem is what an older visitor understands of it.
    const tellQuit = () => tell('failed', { problem: { code: 'peer-paused', params: {} }, isQuit: true });
    if (answered.answer !== 'granted') {
      containers.cool(visitor.peerId);
      if (isQuitting && answered.answer === 'denied') tellQuit();
      else if (answered.answer !== 'cancelled') tell(answered.answer);
      return;
    }
    const { grant } = answered;
    try {
      // Security: what runs is the offer as this computer knows it now; if it changed while the person read, it is asked for again.
      const current = offers.find(found.offer.id, readerOf(visitor));
      if (current === undefined || current.digest !== found.digest) throw new AppError('offer-gone');
      // Security: a block that came in between ends what is not there yet, too.
      if (book.isBlocked(visitor.peerId)) throw new AppError('not-allowed');
      const session = await host.start({
        grant,
        offer: current.visible,
        launch: current.launch(grant.terms.view),
        explainEnd: current.explainEnd,
        visitor,
        capabilities: guests.get(visitor)?.capabilities ?? [],
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

  const calls: Host['calls'] = {
    hello: (hello, visitor) => {
      checkVersion(hello);
      // Security: one name for each connection, and nothing that grows with the number of hellos.
      if (guests.has(visitor)) throw new AppError('bad-input', { where: 'hello', why: 'was said before' });
      const claimedName = toShowable(hello.name, 100) || shortName(visitor.peerId);
      guests.set(visitor, { claimedName, capabilities: hello.capabilities, seenDigest: undefined });
      visitor.onClose(() => guests.delete(visitor));
      return {
        protocol: PROTOCOL,
        oldest: OLDEST_PROTOCOL,
        name: settings.value.name,
        capabilities: [...CAPABILITIES],
      };
    },
    'catalogue.get': (_, visitor) => {
      const guest = guestOf(visitor);
      const visible = offers.visibleTo(readerOf(visitor));
      guest.seenDigest = digestOffers(visible);
      const isCut = visible.length > MAX_OFFERS;
      // By name, so that what is left out is not a matter of chance; the visitor is told.
      const byName = isCut ? visible.toSorted((a, b) => collator.compare(a.name, b.name)) : visible;
      return { offers: byName.slice(0, MAX_OFFERS), isCut };
    },
    'icon.get': async ({ hash }, visitor) => {
      guestOf(visitor);
      const icon = await offers.readVisibleIcon(hash, readerOf(visitor));
      if (icon === null) throw new AppError('not-found', { what: 'This icon' });
      return { data: Buffer.from(icon.bytes).toString('base64') };
    },
    'request.create': (wish, visitor) => {
      guestOf(visitor);
      try {
        return createRequest(wish, visitor);
      } catch (error) {
        recordRefusal(wish, visitor, error);
        throw error;
      }
    },
    'request.cancel': ({ requestId }, visitor) => {
      consent.cancel(requestId, visitor.peerId);
      return {};
    },
    'session.end': async ({ sessionId }, visitor) => {
      await host.end(sessionId, 'visitor', visitor.peerId);
      return {};
    },
    'session.resume': ({ sessionId }, visitor) => {
      const { capabilities } = guestOf(visitor);
      takeChange(visitor);
      host.resume(visitor, sessionId, capabilities);
      return {};
    },
    'session.close': ({ sessionId }, visitor) => {
      takeChange(visitor);
      host.close(sessionId, visitor.peerId);
      return {};
    },
    'session.keep': ({ sessionId }, visitor) => {
      takeChange(visitor);
      host.keep(sessionId, visitor.peerId);
      return {};
    },
    'window.activate': ({ sessionId, windowId }, visitor) => {
      host.useWindow(sessionId, visitor.peerId, 'activate', windowId);
      return {};
    },
    'window.close': ({ sessionId, windowId }, visitor) => {
      host.useWindow(sessionId, visitor.peerId, 'close', windowId);
      return {};
    },
    'verify.begin': (input, visitor) => comparisons.takeBegin(visitor, guestOf(visitor).claimedName, input),
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
  };

  /** Security: no visitor keeps the windows busy in which its session could be ended. */
  function takeChange({ peerId }: Visitor): void {
    if (!changeRate.take(peerId)) throw new AppError('too-many-requests');
  }

  function createRequest({ offerId, view, powers: asked, size }: CallInput<'request.create'>, visitor: Visitor) {
    const { claimedName } = guestOf(visitor);
    if (isQuitting) throw new AppError('peer-quit');
    if (!isView(view)) throw new AppError('view-unknown');
    if (!keyRate.take(visitor.peerId) || !addressRate.take(visitor.remoteAddress))
      throw new AppError('too-many-requests');
    if (settings.value.isPaused) throw new AppError('peer-paused');
    // An offer that is not shared with this peer does not exist for it.
    const found = offers.find(offerId, readerOf(visitor));
    if (found === undefined) throw new AppError('offer-gone');
    // Security: a power that is shown but is not what it says must not be granted.
    if (asked.network !== 'none' && !health.allows('internet')) throw new AppError('network-unavailable');
    // Security: a program on the visitor's own X display can be clicked, whatever is said.
    if (asked.isViewOnly && rowOf(view).isViewOnly !== 'held') throw new AppError('not-allowed');
    const launch = found.launch(view);
    const powers = withView(asked, view);
    if (!health.allows('sharing')) throw new AppError('sharing-unavailable');
    if (!host.hasRoomFor(visitor.peerId)) throw new AppError('peer-busy');
    const { peerId, remoteAddress: address } = visitor;
    const wish = { peerId, claimedName, address, offer: found.visible, view, powers, size };
    const pending = consent.create({ ...wish, ownSandbox: launch.ownSandbox, launchDigest: found.digest });
    const stopListening = visitor.onClose(() => consent.cancel(pending.id, visitor.peerId));
    void pending.answer.then(stopListening);
    if (settings.value.isWarmUp) {
      const wanted = sandboxWish(channels, { view, powers, launch, size });
      containers.warm(peerId, book.faceOf(peerId, claimedName).name, wanted);
    }
    // After the reply: a rule may answer at once, and the visitor must know the request's id by then.
    setImmediate(() => {
      const answered = answer(visitor, pending, found, size)
        .catch((error) => log.error({ error: String(error) }, 'answering failed'))
        .finally(() => answering.delete(answered));
      answering.add(answered);
    });
    return { requestId: pending.id, answerTimeoutMs: pending.answerTimeoutMs };
  }

  function aboutWish(visitor: Visitor, offer: { readonly id: OfferId; readonly name: string | null }): About {
    const { peerId } = visitor;
    const face = book.faceOf(peerId, guests.get(visitor)?.claimedName ?? shortName(peerId));
    return { role: 'host', peerId, face, offer };
  }

  /** What never came before the person is in their log all the same. */
  function recordRefusal(
    { offerId, view, powers }: CallInput<'request.create'>,
    visitor: Visitor,
    error: unknown,
  ): void {
    const problem = toProblem(error).code;
    // The log is its owner's: in it an offer has its name, whether or not the visitor may know of it.
    const name = offers.own.value.offers.find(({ id }) => id === offerId)?.name ?? null;
    const about = aboutWish(visitor, { id: offerId, name });
    void activity.recordFromOutside(noteOf(about, { kind: 'requested', view, powers }));
    const by = refusedBy(problem, settings.value);
    const unknown = { requestId: null, ruleId: null, lasts: null, minutes: null, powers: null };
    void activity.recordFromOutside(noteOf(about, { kind: 'answered', answer: 'denied', by, ...unknown, problem }));
  }

  /** @throws AppError for a visitor that has not said hello */
  function guestOf(visitor: Visitor): Guest {
    const guest = guests.get(visitor);
    if (guest === undefined) throw new AppError('bad-input', { where: 'hello', why: 'must come first' });
    return guest;
  }

  function recordRefused(peerId: PeerId, address: string): void {
    const face = book.faceOf(peerId, book.find(peerId)?.name ?? shortName(peerId));
    const event = { kind: 'connection-refused', address } as const;
    void activity.recordFromOutside(noteOf({ role: 'host', peerId, face }, event));
  }

  function readerOf({ peerId }: Visitor): Reader {
    return { peerId, isVerified: book.isVerified(peerId) };
  }

  return {
    quit: async () => {
      isQuitting = true;
      consent.denyAll('quit');
      // Each visitor is told at once; what ends after that has the time of the core's own end.
      void host.endAll('quit').catch((error) => log.error({ error: String(error) }, 'a session did not end'));
      await Promise.all(answering);
    },
    hostSide: { calls, openTunnel: host.openTunnel, isRefused: book.isBlocked, onRefused: recordRefused },
    announceCatalogue: () => {
      for (const [visitor, guest] of guests) {
        if (guest.seenDigest === undefined) continue;
        const digest = digestOffers(offers.visibleTo(readerOf(visitor)));
        // Security: a change of what it may not see is nothing that happened, for a peer.
        if (digest === guest.seenDigest) continue;
        guest.seenDigest = digest;
        visitor.notify('catalogue.changed', {});
      }
    },
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
