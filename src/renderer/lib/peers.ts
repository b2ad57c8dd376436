// Order and search of the list of peers.
import type { Peer } from '../../contract/peers.ts';
import { messages } from '../../messages/messages.ts';
import { type Party, peerLabel } from '../../messages/peer-label.ts';
import { shorten } from './format.ts';

/** Online first, blocked last, then by name; the id decides between equal names, so that rows never swap places. */
export function sortPeers(peers: readonly Peer[]): readonly Peer[] {
  const collator = new Intl.Collator(messages.language, { numeric: true, sensitivity: 'base' });
  return [...peers].sort(
    (a, b) =>
      Number(a.isBlocked) - Number(b.isBlocked) ||
      Number(b.presence === 'online') - Number(a.presence === 'online') ||
      collator.compare(a.name, b.name) ||
      (a.id < b.id ? -1 : 1),
  );
}

/** By name, address or fingerprint. */
export function searchPeers(peers: readonly Peer[], query: string): readonly Peer[] {
  const wanted = query.trim().toLocaleLowerCase(messages.language);
  if (wanted === '') return peers;
  return peers.filter((peer) =>
    [peer.name, peer.claimedName, peer.id, ...peer.addresses].some((text) =>
      text.toLocaleLowerCase(messages.language).includes(wanted),
    ),
  );
}

/**
 * The name in a sentence. Security: one as long as a page must not push what matters out of sight.
 * @param isMarked see `peerLabel`
 */
export function sayPeer(party: Party, { isMarked = false } = {}): string {
  return peerLabel({ ...party, peerName: shorten(party.peerName, 40) }, { isMarked });
}

/** The name beside its mark. */
export function markedName({ name, isVerified, warning }: Peer): string {
  return peerLabel({ peerName: name, isVerified, warning }, { isMarked: true });
}

/** Another key answered in its place, and its own has not since. */
export function isImpersonated(peer: Peer): boolean {
  return peer.problem?.code === 'fingerprint-mismatch';
}

/** Whether two states of a peer look the same in the list. */
export function looksSame(a: Peer, b: Peer): boolean {
  return (
    a.id === b.id &&
    a.name === b.name &&
    a.presence === b.presence &&
    a.connection === b.connection &&
    a.isVerified === b.isVerified &&
    a.isBlocked === b.isBlocked &&
    a.warning === b.warning &&
    a.addresses[0] === b.addresses[0] &&
    a.problem?.code === b.problem?.code
  );
}
