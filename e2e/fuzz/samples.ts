// Good values of what crosses the boundaries, for seeds and for the answers of made-up sides.
import type { Rule } from '../../src/contract/consent.ts';
import type { OfferId, PeerId } from '../../src/contract/ids.ts';
import type { Offer } from '../../src/contract/offers.ts';
import type { Peer } from '../../src/contract/peers.ts';
import type { Powers } from '../../src/contract/powers.ts';
import { noPowers } from '../../src/contract/powers.ts';
import type { GrantedSession, Hello } from '../../src/core/wire/peer-protocol.ts';

export const uuid = '0b2f1c9e-6d0a-4e0e-9b62-3f1d2a7c5e88';
export const peerId = `SHA256:${'dGhpcyBpcyBub3QgYSBrZXkgYnV0IGxvb2tzIGxpa2Ug'.slice(0, 43)}` as PeerId;
export const iconHash = 'ab'.repeat(32);

export const offer = {
  id: 'app:org.gimp.GIMP' as OfferId,
  kind: 'app',
  name: 'GNU Image Manipulation Program',
  summary: 'Create images and edit photographs',
  categories: ['Graphics'],
  keywords: ['photo'],
  icon: iconHash,
} as Offer;

export const powers: Powers = { ...noPowers, clipboardIn: true };

export const hello: Hello = { protocol: 1, oldest: 1, name: 'Bob’s laptop', capabilities: ['viewer', 'native'] };

export const grantedSession = {
  sessionId: uuid,
  containerHostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHRoaXMgaXMgbm90IGEga2V5IGJ1dCBsb29rcyBsaWtl',
  classicPort: 4321,
} as GrantedSession;

export const rule = {
  id: uuid,
  peerId,
  peerName: 'Bob',
  offerId: offer.id,
  offerName: offer.name,
  view: 'viewer',
  asked: powers,
  powers,
  answer: 'allow',
  launchDigest: 'cd'.repeat(32),
  expiresAt: null,
  isUntilQuit: false,
  createdAt: 1_700_000_000_000,
} as unknown as Rule;

export const peer: Peer = {
  id: peerId,
  name: 'Bob',
  addresses: ['10.7.0.2', '[fe80::2%eth0]:4322'],
  presence: 'online',
  connection: 'none',
  problem: null,
  claimedName: 'Bob',
  isRenamed: false,
  isBlocked: false,
  isKnown: false,
  warning: null,
  isVerified: false,
  isAddedByAddress: false,
  isCatalogueCut: false,
  views: null,
  lastSeenAt: 1,
};
