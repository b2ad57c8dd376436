// What this computer says of itself: to its windows, and to the network.
import type { Self } from '../contract/self.ts';
import type { Settings } from '../contract/settings.ts';
import { canShowNative } from './channels/x11/openssh.ts';
import type { Health } from './health/health.ts';
import { combine, type Followable, type State } from './lib/state.ts';
import type { OwnAdvert } from './peers/discovery/advert.ts';
import { isLinkLocal, type Link } from './peers/discovery/mdns-links.ts';
import { PROTOCOL } from './wire/peer-protocol.ts';

export async function describeSelf(
  fixed: Pick<Self, 'id' | 'version' | 'shell' | 'profileDir' | 'peerPort'>,
  parts: {
    readonly settings: Followable<Pick<Settings, 'name'>>;
    readonly health: Pick<Health, 'items' | 'allows'>;
    readonly links: Followable<readonly Link[]>;
  },
): Promise<State<Self> & Disposable> {
  const canNative = await canShowNative();
  return combine(
    [parts.settings, parts.health.items, parts.links],
    ([{ name }, , links]): Self => ({
      ...fixed,
      name,
      addresses: addressesOn(links),
      platform: process.platform,
      canShare: parts.health.allows('sharing'),
      canShowNative: canNative,
    }),
  );
}

/**
 * Null while the peer port is not open.
 * Security: the digest covers only what anybody may see, so that it gives away nothing of the rest. A pause hides the offers, but
 * not this computer's name.
 */
export function describeToNetwork(
  { id, peerPort }: Pick<Self, 'id' | 'peerPort'>,
  settings: Followable<Pick<Settings, 'name'>>,
  publicDigest: Followable<string>,
): State<OwnAdvert | null> & Disposable {
  return combine([settings, publicDigest], ([{ name }, catalogueDigest]): OwnAdvert | null =>
    peerPort === 0 ? null : { peerId: id, name, protocol: PROTOCOL, port: peerPort, catalogueDigest },
  );
}

/** Addresses under which others can reach this computer; link-local ones are of no use to type. */
function addressesOn(links: readonly Link[]): string[] {
  return links
    .filter((link) => !link.isLoopback)
    .flatMap((link) => [...link.addresses.ipv4, ...link.addresses.ipv6])
    .filter((address) => !isLinkLocal(address));
}
