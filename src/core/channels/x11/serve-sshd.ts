// The sandbox's sshd, made ready for the key of the visitor and for no other.
import type { Containers } from '../../container/container.ts';
import type { HostEnd, HostedSession } from '../channel.ts';
import { authorise, hostKeyOf } from './sshd-part.ts';

export async function serveSshd(
  { sandbox, peerId, publicKey }: HostedSession,
  containers: Pick<Containers, 'keep'>,
): Promise<Required<Pick<HostEnd, 'told'>>> {
  // Security: bound to the program of the grant, and to this session's sandbox.
  await authorise(sandbox, publicKey);
  return { told: { containerHostKey: await hostKeyOf((name, make) => containers.keep(peerId, name, make)) } };
}
