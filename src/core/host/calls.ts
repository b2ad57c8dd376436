// What this computer answers to a visitor: one line for each call.

import { AppError } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import { noteOf } from '../activity/notes.ts';
import { createRateLimit } from '../lib/rate-limit.ts';
import { shortName } from '../peers/peer-book.ts';
import type { Comparisons } from '../peers/verification/comparisons.ts';
import type { Answers, Visitor } from '../wire/visitor.ts';
import { createGuests } from './guests.ts';
import { createRequests, type RequestParts } from './requests.ts';

/** How many calls of one key may change its sessions in the owner's windows: each change makes every window draw again. */
const CHANGES = { times: 50, windowMs: 5000 };

export interface HostCalls {
  /** For the peer port. */
  readonly answers: Answers;
  /** Tells each visitor whose view of the catalogue has changed, and nobody else. */
  announceCatalogue(): void;
  /** Tells visitors that eBrainPool quits here: refuses all requests, ends all sessions. Resolves when every visitor was told. */
  quit(): Promise<void>;
}

export function createHostCalls(parts: RequestParts & { readonly comparisons: Comparisons }): HostCalls {
  const { settings, offers, consent, hostSessions, book, comparisons, activity, log } = parts;
  const changeRate = createRateLimit(CHANGES.times, undefined, CHANGES.windowMs);
  const guests = createGuests({ settings, book, offers });
  const requests = createRequests({ ...parts, guests });

  const calls: Answers['calls'] = {
    hello: guests.hello,
    'catalogue.get': (_, visitor) => guests.catalogueFor(visitor),
    'icon.get': async ({ hash }, visitor) => {
      guests.of(visitor);
      const icon = await offers.readVisibleIcon(hash, guests.readerOf(visitor));
      if (icon === null) throw new AppError('not-found', { what: 'This icon' });
      return { data: Buffer.from(icon.bytes).toString('base64') };
    },
    'request.create': requests.create,
    'request.cancel': ({ requestId }, visitor) => {
      consent.cancel(requestId, visitor.peerId);
      return {};
    },
    'session.end': async ({ sessionId }, visitor) => {
      await hostSessions.end(sessionId, 'visitor', visitor.peerId);
      return {};
    },
    'session.resume': ({ sessionId }, visitor) => {
      const { capabilities } = guests.of(visitor);
      takeChange(visitor);
      hostSessions.resume(visitor, sessionId, capabilities);
      return {};
    },
    'session.close': ({ sessionId }, visitor) => {
      takeChange(visitor);
      hostSessions.close(sessionId, visitor.peerId);
      return {};
    },
    'session.keep': ({ sessionId }, visitor) => {
      takeChange(visitor);
      hostSessions.keep(sessionId, visitor.peerId);
      return {};
    },
    'window.activate': ({ sessionId, windowId }, visitor) => {
      hostSessions.useWindow(sessionId, visitor.peerId, 'activate', windowId);
      return {};
    },
    'window.close': ({ sessionId, windowId }, visitor) => {
      hostSessions.useWindow(sessionId, visitor.peerId, 'close', windowId);
      return {};
    },
    'verify.begin': (input, visitor) => comparisons.takeBegin(visitor, guests.of(visitor).claimedName, input),
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

  /** Security: a visitor must not keep the owner's windows so busy that its session cannot be ended there. */
  function takeChange({ peerId }: Visitor): void {
    if (!changeRate.take(peerId)) throw new AppError('too-many-requests');
  }

  function recordRefused(peerId: PeerId, address: string): void {
    const face = book.faceOf(peerId, book.find(peerId)?.name ?? shortName(peerId));
    const event = { kind: 'connection-refused', address } as const;
    void activity.recordFromOutside(noteOf({ role: 'host', peerId, face }, event));
  }

  return {
    answers: { calls, openTunnel: hostSessions.openTunnel, isRefused: book.isBlocked, onRefused: recordRefused },
    announceCatalogue: guests.announceCatalogue,
    quit: async () => {
      requests.refuseAll();
      // Each visitor is told at once. Stopping the sandboxes may take as long as the core's own end does.
      void hostSessions.endAll('quit').catch((error) => log.error({ error: String(error) }, 'a session did not end'));
      await requests.settle();
    },
  };
}
