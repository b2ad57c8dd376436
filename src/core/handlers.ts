// One line for each contract method: which part answers it.
import type { Handlers } from '../contract/contract.ts';
import { AppError } from '../contract/errors.ts';
import type { Settings } from '../contract/models.ts';
import type { Parts } from './core.ts';

export function createHandlers(parts: Parts): Handlers {
  const { settings, peers, consent, rules, containers, host, asks, visitor, health, logs } = parts;
  return {
    'peers.open': ({ peerId }, client) => peers.open(peerId, client).then(done),
    'peers.close': ({ peerId }, client) => done(peers.close(peerId, client)),
    'peers.add': async ({ address }) => ({ peerId: await peers.add(address) }),
    'peers.remove': ({ peerId }) => peers.remove(peerId).then(done),
    'offers.share': ({ offerIds, isShared }) => settings.update(sharing(parts, offerIds, isShared)).then(done),
    'asks.create': (input, client) => ({ askId: asks.create(input, client) }),
    'asks.watch': ({ askId }, client) => done(asks.watch(askId, client)),
    'asks.cancel': ({ askId }) => done(asks.cancel(askId)),
    'asks.dismiss': ({ askId }) => done(asks.dismiss(askId)),
    'requests.answer': ({ requestId, answer }) => consent.answer(requestId, answer).then(done),
    'sessions.end': ({ sessionId }) =>
      (host.has(sessionId) ? host.end(sessionId, 'host', null) : visitor.end(sessionId)).then(done),
    'sessions.endAll': () => host.endAll('host').then(done),
    'sessions.dismiss': ({ sessionId }) => done(visitor.dismiss(sessionId)),
    'rules.remove': ({ ruleId }) => rules.remove(ruleId).then(done),
    'settings.update': (patch) => settings.update(patch).then(done),
    'containers.reset': async ({ peerId }) => {
      await host.endAllOf(peerId, 'host');
      return containers.reset(peerId).then(done);
    },
    'health.check': () => health.check().then(done),
    'logs.read': async ({ maxLines }) => ({ lines: [...(await logs.read(maxLines))] }),
    'core.stop': () => done(parts.requestStop()),
  };

  function done(_: unknown): Record<string, never> {
    return {};
  }
}

/** The settings that switch these offers. For all at once, what was switched by hand before is forgotten. */
function sharing({ catalog }: Parts, offerIds: 'all' | readonly string[], isShared: boolean) {
  if (offerIds === 'all') return { isSharedByDefault: isShared, sharedByOfferId: {} };
  const known = new Set<string>(catalog.offers.value.offers.map((offer) => offer.id));
  const unknown = offerIds.find((id) => !known.has(id));
  if (unknown !== undefined) throw new AppError('not-found', { what: unknown });
  const switched = Object.fromEntries(offerIds.map((id) => [id, isShared]));
  // On top of what was switched meanwhile.
  return (current: Settings) => ({ sharedByOfferId: { ...current.sharedByOfferId, ...switched } });
}
