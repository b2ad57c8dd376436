// What this computer answers to a visitor: catalogue, icons, requests, sessions. The one place where a wish from the wire becomes a grant.
import { AppError, toProblem } from '../contract/errors.ts';
import type { Settings, Size } from '../contract/models.ts';
import type { Catalog, LaunchSpec } from './catalog/catalog.ts';
import type { Consent, PendingRequest } from './consent/consent.ts';
import type { Containers } from './container/container.ts';
import type { Health } from './health.ts';
import type { Log } from './lib/log.ts';
import { createRateLimit } from './lib/rate-limit.ts';
import type { Followable } from './lib/state.ts';
import { toShowable } from './lib/text.ts';
import type { HostSessions } from './session/host-sessions.ts';
import { checkVersion } from './tunnel/peer-client.ts';
import { MAX_OFFERS, OLDEST_PROTOCOL, PROTOCOL } from './tunnel/peer-protocol.ts';
import type { Host, Visitor } from './tunnel/peer-server.ts';

/** Requests of one key; keys cost nothing to make, so those of one address are limited as well. */
const REQUESTS_PER_MINUTE = 30;
const DEFAULT_SIZE: Size = { width: 1024, height: 720 };

export function createHost(parts: {
  readonly settings: Followable<Settings>;
  readonly catalog: Catalog;
  readonly consent: Consent;
  readonly containers: Containers;
  readonly host: HostSessions;
  readonly health: Health;
  readonly log: Log;
}): { readonly hostSide: Host; announceCatalogue(): void } {
  const { settings, catalog, consent, containers, host, health, log } = parts;
  // Each request costs a person's attention and a warm sandbox, also when it is taken back at once.
  const keyRate = createRateLimit(REQUESTS_PER_MINUTE);
  const addressRate = createRateLimit(2 * REQUESTS_PER_MINUTE);
  /** The name that each connected visitor said. */
  const visitors = new Map<Visitor, string>();

  async function answer(
    visitor: Visitor,
    pending: PendingRequest,
    spec: LaunchSpec,
    size: Size | undefined,
  ): Promise<void> {
    const answered = await pending.answer;
    const tell = (
      answer: 'granted' | 'denied' | 'expired' | 'failed',
      more: { session?: never; problem?: never } | object = {},
    ) => visitor.notify('request.answered', { requestId: pending.id, answer, session: null, problem: null, ...more });
    if (answered.answer !== 'granted') {
      containers.cool(visitor.peerId);
      if (answered.answer !== 'cancelled') tell(answered.answer);
      return;
    }
    const { grant } = answered;
    try {
      // Security: what runs is the offer as this computer knows it now; if it changed while the person read, it is asked for again.
      const current = catalog.find(spec.offer.id);
      if (current === undefined || current.digest !== spec.digest || !current.offer.isShared || settings.value.isPaused)
        throw new AppError('offer-gone');
      const session = await host.start({ grant, spec: current, offer: visibleOffer(current), visitor, size });
      tell('granted', { session });
    } catch (error) {
      grant.end();
      containers.cool(visitor.peerId);
      tell('failed', { problem: toProblem(error) });
    }
  }

  const calls: Host['calls'] = {
    hello: (hello, visitor) => {
      checkVersion(hello);
      visitors.set(visitor, toShowable(hello.name, 100) || visitor.peerId.slice(7, 19));
      visitor.onClose(() => visitors.delete(visitor));
      return {
        protocol: PROTOCOL,
        oldest: OLDEST_PROTOCOL,
        name: settings.value.name,
        capabilities: ['viewer', 'native', 'classic'],
      };
    },
    'catalogue.get': (_, visitor) => {
      nameOf(visitor);
      return { offers: [...catalog.shared.value].slice(0, MAX_OFFERS) };
    },
    'icon.get': async ({ hash }) => {
      const icon = await catalog.readSharedIcon(hash);
      if (icon === null) throw new AppError('not-found', { what: 'This icon' });
      return { data: Buffer.from(icon.bytes).toString('base64') };
    },
    'request.create': ({ offerId, view, powers, size }, visitor) => {
      const peerName = nameOf(visitor);
      if (!keyRate.take(visitor.peerId) || !addressRate.take(visitor.remoteAddress))
        throw new AppError('too-many-requests');
      if (settings.value.isPaused) throw new AppError('peer-paused');
      const spec = catalog.find(offerId);
      // An offer that is not shared does not exist for a peer.
      if (spec === undefined || !spec.offer.isShared) throw new AppError('offer-gone');
      // No engine here can give the network yet, and a power that is shown but not what it says must not be granted.
      if (powers.network) throw new AppError('not-allowed');
      if (!health.canShare()) throw new AppError('sharing-unavailable');
      if (!host.hasRoomFor(visitor.peerId)) throw new AppError('peer-busy');
      const wish = { peerId: visitor.peerId, peerName, offer: visibleOffer(spec), view, powers, size };
      const pending = consent.create(wish);
      const stopListening = visitor.onClose(() => consent.cancel(pending.id, visitor.peerId));
      void pending.answer.then(stopListening);
      if (settings.value.isWarmUp) {
        const display = view === 'viewer' ? { size: size ?? DEFAULT_SIZE, hasClipboard: powers.clipboard } : null;
        containers.warm(visitor.peerId, peerName, { display });
      }
      // After the reply: a rule may answer at once, and the visitor must know the request's id by then.
      setImmediate(() => {
        answer(visitor, pending, spec, size).catch((error) => log.error({ error: String(error) }, 'answering failed'));
      });
      return { requestId: pending.id, answerTimeoutMs: pending.answerTimeoutMs };
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
      nameOf(visitor);
      host.resume(visitor, sessionId);
      return {};
    },
  };

  /** @throws AppError for a visitor that has not said hello */
  function nameOf(visitor: Visitor): string {
    const name = visitors.get(visitor);
    if (name === undefined) throw new AppError('bad-input', { where: 'hello', why: 'must come first' });
    return name;
  }

  return {
    hostSide: { calls, openTunnel: host.openTunnel },
    announceCatalogue: () => {
      for (const visitor of visitors.keys()) visitor.notify('catalogue.changed', {});
    },
  };
}

/** An offer without what only its owner sees. */
function visibleOffer({ offer }: LaunchSpec) {
  const { id, kind, name, summary, categories, keywords, icon } = offer;
  return { id, kind, name, summary, categories, keywords, icon };
}
