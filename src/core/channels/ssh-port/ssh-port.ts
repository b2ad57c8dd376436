// The channel `ssh-port`: the sandbox's sshd on a port of the host, for the visitor's own SSH client.
import type { Containers } from '../../container/container.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Channel } from '../channel.ts';
import { sshdPart, sshdPrograms } from '../x11/sshd-part.ts';
import { serveSshPort } from './serve-ssh-port.ts';
import { visitSshPort } from './visit-ssh-port.ts';

export function createSshPort(parts: {
  readonly containers: Pick<Containers, 'keep'>;
  readonly identity: Identity;
  readonly runtimeDir: string;
}) {
  return {
    name: 'ssh-port',
    needs: null,
    holds: [],
    programs: sshdPrograms,
    host: { part: sshdPart, open: (session, lead) => serveSshPort(session, lead, parts.containers) },
    visitor: { open: (session) => visitSshPort(session, parts) },
  } as const satisfies Channel;
}
