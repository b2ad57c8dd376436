// Nouns of the contract with defaults, for tests.
import { type Ask, askSchema } from '../contract/asks.ts';
import { type Offer, offerSchema } from '../contract/offers.ts';
import { type Peer, peerSchema } from '../contract/peers.ts';
import { noPowers } from '../contract/powers.ts';
import { type Session, sessionSchema } from '../contract/sessions.ts';

const peerId = `SHA256:${'a'.repeat(43)}`;

export function getDefaultOffer(over: Partial<Record<keyof Offer, unknown>> = {}): Offer {
  return offerSchema.parse({
    id: 'app:xcalc',
    kind: 'app',
    name: 'Calculator',
    summary: 'Scientific calculator',
    categories: ['Utility'],
    keywords: [],
    icon: null,
    ...over,
  });
}

export function getDefaultPeer(over: Partial<Record<keyof Peer, unknown>> = {}): Peer {
  return peerSchema.parse({
    id: peerId,
    name: 'Bob',
    claimedName: 'Bob',
    isRenamed: false,
    addresses: ['192.168.0.13:4321'],
    presence: 'online',
    connection: 'none',
    problem: null,
    isVerified: false,
    isBlocked: false,
    isKnown: false,
    warning: null,
    isAddedByAddress: false,
    isCatalogueCut: false,
    views: null,
    lastSeenAt: 0,
    ...over,
  });
}

export function getDefaultAsk(over: Partial<Record<keyof Ask, unknown>> = {}): Ask {
  return askSchema.parse({
    id: crypto.randomUUID(),
    peerId,
    peerName: 'Bob',
    isVerified: false,
    warning: null,
    offer: getDefaultOffer(),
    view: 'viewer',
    powers: noPowers,
    state: 'waiting',
    askedAt: 1,
    expiresAt: null,
    sessionId: null,
    problem: null,
    ...over,
  });
}

export function getDefaultSession(over: Partial<Record<keyof Session, unknown>> = {}): Session {
  return sessionSchema.parse({
    id: crypto.randomUUID(),
    peerId,
    peerName: 'Bob',
    isVerified: false,
    warning: null,
    offer: getDefaultOffer(),
    role: 'visitor',
    view: 'viewer',
    state: 'running',
    startedAt: 1,
    endedAt: null,
    endReason: null,
    exitCode: null,
    bytesToHost: 0,
    bytesToVisitor: 0,
    sshCommand: null,
    problem: null,
    lastWords: [],
    powers: noPowers,
    endsAt: null,
    windows: [],
    closing: 'no',
    maxUploadBytes: null,
    ...over,
  });
}
