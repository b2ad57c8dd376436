// The channel `ssh-port`: the sandbox's sshd on a port of the host, for the visitor's own SSH client.
import type { Containers } from '../../container/container.ts';
import type { Channel } from '../channel.ts';
import { serveSshPort } from './serve-ssh-port.ts';

export function createSshPort({ containers }: { readonly containers: Pick<Containers, 'hostKeyOf'> }) {
  return {
    name: 'ssh-port',
    needs: null,
    holds: [],
    host: { open: (session, lead) => serveSshPort(session, lead, containers) },
  } as const satisfies Channel;
}
