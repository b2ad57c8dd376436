// Which visitors are let in: whoever proves an Ed25519 key that is not blocked here.
import ssh2, { type AuthContext } from 'ssh2';
import type { PeerId } from '../../contract/ids.ts';
import { fingerprintOf } from '../identity/identity.ts';

export interface ProvedKey {
  readonly peerId: PeerId;
  readonly publicKey: string;
}

/** Checks that the visitor holds the private key (RFC 4252 section 7). Every Ed25519 key that is not refused may connect: a stranger may ask. */
export function proveKey(
  context: AuthContext,
  isRefused: (peerId: PeerId) => boolean,
): { readonly isAccepted: boolean; readonly proved?: ProvedKey } {
  if (context.method !== 'publickey' || context.key.algo !== 'ssh-ed25519') return { isAccepted: false };
  // Without a signature it is only the question whether this key could be used.
  if (context.signature === undefined || context.blob === undefined) return { isAccepted: true };
  const publicKey = `ssh-ed25519 ${context.key.data.toString('base64')}`;
  const key = ssh2.utils.parseKey(publicKey);
  // Security: the signature covers this connection's session id, so it cannot be replayed.
  if (key instanceof Error || key.verify(context.blob, context.signature) !== true) return { isAccepted: false };
  const peerId = fingerprintOf(context.key.data);
  return { isAccepted: !isRefused(peerId), proved: { peerId, publicKey } };
}
