// One line for each contract method: which part answers it.
import type { Handlers } from '../contract/contract.ts';
import { AppError } from '../contract/errors.ts';
import type { OfferId } from '../contract/ids.ts';
import { kindOf, rowOfKind } from '../contract/kinds.ts';
import type { Audience, OwnOffer } from '../contract/offers.ts';
import type { Settings } from '../contract/settings.ts';
import type { Parts } from './parts.ts';

export function createHandlers(parts: Parts): Handlers {
  const {
    settings,
    peers,
    consent,
    people,
    comparisons,
    containers,
    mounts,
    hostSessions,
    asks,
    visitorSessions,
    health,
    activity,
    logs,
  } = parts;
  return {
    'peers.open': ({ peerId }, client) => peers.open(peerId, client).then(done),
    'peers.close': ({ peerId }, client) => done(peers.close(peerId, client)),
    'peers.add': async ({ address }) => ({ peerId: await peers.add(address) }),
    'peers.forget': ({ peerId }) => people.forget(peerId).then(done),
    'peers.rename': ({ peerId, name }) => people.rename(peerId, name).then(done),
    'peers.block': ({ peerId, isBlocked }) => people.block(peerId, isBlocked).then(done),
    'peers.verifyKey': async ({ keyText }) => ({ peerId: await people.verifyKey(keyText) }),
    'peers.unverify': ({ peerId }) => people.unverify(peerId).then(done),
    'comparisons.start': ({ peerId }) => done(comparisons.start(peerId)),
    'comparisons.answer': ({ peerId, code, isSame }) => comparisons.answer(peerId, code, isSame).then(done),
    'comparisons.cancel': ({ peerId }) => done(comparisons.cancel(peerId)),
    'comparisons.watch': ({ peerId }, client) => done(comparisons.watch(peerId, client)),
    'offers.share': ({ offerIds, isShared }) => settings.update(sharing(parts, offerIds, isShared)).then(done),
    'offers.setAudience': ({ offerIds, audience }) => settings.update(showingTo(parts, offerIds, audience)).then(done),
    'offers.allowOwnSandbox': ({ offerIds, isAllowed }) =>
      settings.update(allowingOwnSandbox(parts, offerIds, isAllowed)).then(done),
    'asks.create': (input, client) => ({ askId: asks.create(input, client) }),
    'asks.watch': ({ askId }, client) => done(asks.watch(askId, client)),
    'asks.cancel': ({ askId }) => done(asks.cancel(askId)),
    'asks.dismiss': ({ askId }) => done(asks.dismiss(askId)),
    'requests.answer': ({ requestId, ...answer }) => consent.answer(requestId, answer).then(done),
    'sessions.end': ({ sessionId, isNow }) =>
      (hostSessions.has(sessionId)
        ? hostSessions.end(sessionId, 'host', null)
        : visitorSessions.end(sessionId, isNow === true)
      ).then(done),
    'sessions.keep': ({ sessionId }) => visitorSessions.keep(sessionId).then(done),
    'windows.activate': ({ sessionId, windowId }) =>
      visitorSessions.useWindow(sessionId, 'activate', windowId).then(done),
    'windows.close': ({ sessionId, windowId }) => visitorSessions.useWindow(sessionId, 'close', windowId).then(done),
    'sessions.endAll': () => hostSessions.endAll('host').then(done),
    'sessions.narrow': ({ sessionId, powers }) => hostSessions.narrow(sessionId, powers).then(done),
    'sessions.dismiss': ({ sessionId }) => done(visitorSessions.dismiss(sessionId)),
    'files.list': ({ sessionId }) => visitorSessions.channel(sessionId, 'files').exchange.list(),
    'files.remove': ({ sessionId, name }) =>
      visitorSessions.channel(sessionId, 'files').exchange.remove(name).then(done),
    'rules.remove': ({ ruleId }) => people.removeRule(ruleId).then(done),
    'settings.update': (patch) => settings.update(patch).then(done),
    'mounts.check': ({ path }) => mounts.check(path),
    'mounts.set': ({ path, mode }) => mounts.set(path, mode).then(done),
    'containers.reset': async ({ peerId }) => {
      await hostSessions.endAllOf(peerId, 'host');
      return containers.reset(peerId).then(done);
    },
    'health.check': () => Promise.all([health.check(), mounts.refresh()]).then(done),
    'logs.read': async ({ maxLines }) => ({ lines: [...(await logs.read(maxLines))] }),
    'activity.read': (query) => activity.read(query),
    'activity.check': () => activity.check(),
    'activity.export': (query) => activity.export(query),
    'core.stop': () => done(parts.requestStop()),
  };

  function done(_: unknown): Record<string, never> {
    return {};
  }
}

/** The settings that switch these offers. Switching all at once forgets what was switched by hand before. */
function sharing({ offers }: Parts, offerIds: 'all' | readonly string[], isShared: boolean) {
  if (offerIds === 'all')
    return (current: Settings) => ({ isSharedByDefault: isShared, sharedByOfferId: keptOf(current, isShared) });
  checkKnown(offers, offerIds);
  const switched = Object.fromEntries(offerIds.map((id) => [id, isShared]));
  // A function of the current settings, so that what was switched meanwhile stays.
  return (current: Settings) => ({ sharedByOfferId: { ...current.sharedByOfferId, ...switched } });
}

/** What stays switched by hand: offers of kinds that are never shared by default. Nothing, when sharing is switched off. */
function keptOf({ sharedByOfferId }: Settings, isShared: boolean): Settings['sharedByOfferId'] {
  const isKept = (id: string) => isShared && !rowOfKind(kindOf(id as OfferId)).canBeSharedByDefault;
  return Object.fromEntries(Object.entries(sharedByOfferId).filter(([id]) => isKept(id)));
}

/** The settings that show these offers to this audience. */
function showingTo({ offers }: Parts, offerIds: readonly string[], audience: Audience | null) {
  checkKnown(offers, offerIds);
  // Security: a function of the current settings, so that an offer that was hidden meanwhile stays hidden.
  return (current: Settings) => {
    const others = Object.entries(current.audienceByOfferId).filter(([id]) => !offerIds.includes(id));
    const chosen = audience === null ? [] : offerIds.map((id) => [id, audience] as const);
    return { audienceByOfferId: Object.fromEntries([...others, ...chosen]) };
  };
}

function allowingOwnSandbox({ offers }: Parts, offerIds: readonly OfferId[], isAllowed: boolean) {
  checkKnown(offers, offerIds, ({ details }) => details.kind === 'app');
  return ({ ownSandboxOfferIds }: Settings) => {
    const others = ownSandboxOfferIds.filter((id) => !offerIds.includes(id));
    return { ownSandboxOfferIds: isAllowed ? [...others, ...offerIds] : others };
  };
}

/** @throws AppError `not-found` for an offer that this computer does not have */
function checkKnown(
  offers: Parts['offers'],
  offerIds: readonly string[],
  isMeant: (offer: OwnOffer) => boolean = () => true,
): void {
  const known = new Set<string>(offers.own.value.offers.filter(isMeant).map((offer) => offer.id));
  const unknown = offerIds.find((id) => !known.has(id));
  if (unknown !== undefined) throw new AppError('not-found', { what: unknown });
}
