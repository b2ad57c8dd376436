// What windows see: the parts' states put together, each with how its peer is shown now.
import type { TopicSources } from '../contract/client.ts';
import type { PeerId } from '../contract/ids.ts';
import { combine } from './lib/state.ts';
import type { Parts } from './parts.ts';
import type { Claimed, Shown } from './peers/claimed.ts';
import type { PeerFace } from './peers/peer-book.ts';

/** Of each part what its topics are made of. */
export type TopicParts = Pick<Parts, 'self'> & {
  readonly [P in
    | 'settings'
    | 'asks'
    | 'hostSessions'
    | 'visitorSessions'
    | 'rules'
    | 'containers'
    | 'mounts'
    | 'comparisons'
    | 'activity']: Pick<Parts[P], 'state'>;
} & {
  readonly health: Pick<Parts['health'], 'items'>;
  readonly offers: Pick<Parts['offers'], 'own'>;
  readonly consent: Pick<Parts['consent'], 'requests'>;
  readonly peers: Pick<Parts['peers'], 'state' | 'catalogues' | 'faceOf'>;
  readonly book: Pick<Parts['book'], 'state' | 'faceOf'>;
};

export function createTopics(parts: TopicParts): TopicSources & Disposable {
  const { book, peers, consent, hostSessions, visitorSessions, asks, comparisons } = parts;
  using stack = new DisposableStack();

  // A peer that asks or compares keeps the name that the person was shown. A peer that this computer asked has its newest name.
  const asItSaid = <T extends ClaimedOne>(one: T) =>
    withFace(one, book.faceOf(one.peerId, one.claimedName, one.address));
  const asItIsNow = <T extends ClaimedOne>(one: T) => withFace(one, peers.faceOf(one.peerId, one.claimedName));

  const sources: TopicSources = {
    self: parts.self,
    settings: parts.settings.state,
    health: parts.health.items,
    offers: parts.offers.own,
    peers: peers.state,
    catalogues: peers.catalogues,
    requests: stack.use(combine([consent.requests, book.state], ([list]) => list.map(asItSaid))),
    asks: stack.use(combine([asks.state, peers.state, book.state], ([list]) => list.map(asItIsNow))),
    sessions: stack.use(
      combine([hostSessions.state, visitorSessions.state, peers.state, book.state], ([ofHost, ofVisitor]) => [
        ...ofHost.map(asItSaid),
        ...ofVisitor.map(asItIsNow),
      ]),
    ),
    rules: parts.rules.state,
    containers: parts.containers.state,
    mounts: parts.mounts.state,
    comparisons: stack.use(combine([comparisons.state, book.state], ([list]) => list.map(asItSaid))),
    activity: parts.activity.state,
  };
  const kept = stack.move();
  return Object.assign(sources, { [Symbol.dispose]: () => kept.dispose() });
}

type ClaimedOne = Claimed<Shown & { readonly peerId: PeerId }>;

function withFace<T extends ClaimedOne>(one: T, face: PeerFace): Omit<T, 'claimedName' | 'address'> & Shown {
  const { claimedName: _, address: __, ...rest } = one;
  return { ...rest, peerName: face.name, isVerified: face.isVerified, warning: face.warning };
}
