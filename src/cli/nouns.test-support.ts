// Nouns of the contract for the tests of the CLI: each function makes a sound one, with what a test cares about in place.

import { type Ask, askSchema } from '../contract/asks.ts';
import { type Comparison, comparisonSchema } from '../contract/comparisons.ts';
import { type Request, type Rule, requestSchema, ruleSchema } from '../contract/consent.ts';
import type { TopicName, TopicValue } from '../contract/contract.ts';
import { type OwnOffer, ownOfferSchema } from '../contract/offers.ts';
import { type Peer, peerSchema } from '../contract/peers.ts';
import { noPowers } from '../contract/powers.ts';
import { type Session, sessionSchema } from '../contract/sessions.ts';

/** An id made of one letter. */
export const peerIdOf = (letter: string) => `SHA256:${letter.repeat(43)}`;
/** A UUID that begins with the eight digits. */
export const uuidOf = (digits: string) => `${digits}-0000-4000-8000-000000000000`;

export function getPeer(part: Record<string, unknown> = {}): Peer {
  return peerSchema.parse({
    id: peerIdOf('b'),
    name: 'Bob’s desktop',
    addresses: ['192.168.0.7:20101'],
    presence: 'online',
    connection: 'none',
    problem: null,
    claimedName: 'Bob’s desktop',
    isRenamed: false,
    isVerified: true,
    isBlocked: false,
    isKnown: true,
    warning: null,
    isAddedByAddress: false,
    isCatalogueCut: false,
    views: null,
    lastSeenAt: 1,
    ...part,
  });
}

export function getOffer(part: Record<string, unknown> = {}): OwnOffer {
  return ownOfferSchema.parse({
    id: 'app:xcalc',
    kind: 'app',
    name: 'Calculator',
    summary: 'Reckons',
    categories: ['Utility'],
    keywords: [],
    icon: null,
    isShared: true,
    audience: null,
    obstacle: null,
    source: '/usr/share/applications/xcalc.desktop',
    details: { kind: 'app', ownSandbox: 'off', command: 'xcalc' },
    ...part,
  });
}

const getParty = () => ({
  peerId: peerIdOf('b'),
  peerName: 'Bob’s desktop',
  isVerified: true,
  warning: null,
  offer: getOffer(),
});

export function getRequest(part: Record<string, unknown> = {}): Request {
  return requestSchema.parse({
    ...getParty(),
    id: uuidOf('aaaaaaaa'),
    view: 'viewer',
    powers: { ...noPowers, clipboardIn: true, clipboardOut: true },
    askedAt: 1,
    expiresAt: Date.now() + 60_000,
    ruleNote: null,
    mounts: [],
    ownSandbox: 'off',
    ...part,
  });
}

export function getAsk(part: Record<string, unknown> = {}): Ask {
  return askSchema.parse({
    ...getParty(),
    id: uuidOf('cccccccc'),
    view: 'viewer',
    powers: noPowers,
    state: 'waiting',
    askedAt: 1,
    expiresAt: null,
    sessionId: null,
    problem: null,
    ...part,
  });
}

export function getSession(part: Record<string, unknown> = {}): Session {
  return sessionSchema.parse({
    ...getParty(),
    id: uuidOf('dddddddd'),
    role: 'visitor',
    view: 'viewer',
    state: 'running',
    startedAt: 1,
    endedAt: null,
    endReason: null,
    exitCode: null,
    bytesToHost: 500,
    bytesToVisitor: 1_500_000,
    sshCommand: null,
    problem: null,
    lastWords: [],
    powers: noPowers,
    endsAt: null,
    windows: [],
    closing: 'no',
    maxUploadBytes: null,
    ...part,
  });
}

export function getComparison(part: Record<string, unknown> = {}): Comparison {
  return comparisonSchema.parse({
    peerId: peerIdOf('c'),
    peerName: 'Carol',
    isVerified: false,
    warning: null,
    role: 'asking',
    state: 'comparing',
    code: '001002',
    expiresAt: Date.now() + 120_000,
    problem: null,
    ...part,
  });
}

export function getRule(part: Record<string, unknown> = {}): Rule {
  return ruleSchema.parse({
    id: uuidOf('ffffffff'),
    peerId: peerIdOf('b'),
    peerName: 'Bob’s old name',
    offerId: 'app:xcalc',
    offerName: 'Calculator',
    view: 'viewer',
    asked: noPowers,
    powers: noPowers,
    answer: 'allow',
    launchDigest: '0'.repeat(64),
    createdAt: 1,
    expiresAt: null,
    isUntilQuit: false,
    ...part,
  });
}

export function getTopics(): { [T in TopicName]: TopicValue<T> } {
  return {
    self: {
      id: getPeer({ id: peerIdOf('a') }).id,
      name: 'Alice’s laptop',
      version: '0.1.0',
      peerPort: 20101,
      addresses: ['192.168.0.6:20101'],
      shell: 'browser',
      platform: 'linux',
      canShare: true,
      canShowNative: true,
      profileDir: '/profile',
    },
    settings: {
      name: 'Alice’s laptop',
      isSetUp: true,
      isPaused: false,
      isSharedByDefault: false,
      sharedByOfferId: {},
      audience: { who: 'everybody' },
      audienceByOfferId: {},
      ownSandboxOfferIds: [],
      isDoNotDisturb: false,
      quietHours: { isOn: false, from: '22:00', to: '07:00' },
      mounts: [],
      maxUploadMib: 2048,
      isWarmUp: true,
      isStartedAtLogin: false,
      isKeySealed: true,
      hasNotifications: true,
      logLevel: 'info',
      peerPort: 20101,
      answerTimeoutS: 60,
    },
    health: [{ id: 'bubblewrap', level: 'ok', params: {}, command: null }],
    offers: {
      offers: [getOffer(), getOffer({ id: 'app:xterm', name: 'Terminal', isShared: false })],
      broken: [],
      leftOut: 0,
    },
    peers: [
      getPeer(),
      getPeer({ id: peerIdOf('c'), name: 'Carol', addresses: ['[fe80::1]:20101'], isVerified: false }),
    ],
    catalogues: {},
    requests: [],
    asks: [],
    sessions: [],
    rules: [],
    containers: [],
    mounts: [],
    comparisons: [],
    activity: { lastSeq: 0, count: 0, problem: null },
  };
}
