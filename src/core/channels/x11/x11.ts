// The channel `ssh`: to the sandbox's sshd, by which the program's windows come to the visitor's own X display.
import type { Containers } from '../../container/container.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Channel } from '../channel.ts';
import { serveSshd } from './serve-sshd.ts';
import { SSH_SOCKET, sshdPart, sshdPrograms } from './sshd-part.ts';
import { visitX11 } from './visit-x11.ts';

export function createX11(parts: {
  readonly containers: Pick<Containers, 'keep'>;
  readonly identity: Identity;
  readonly runtimeDir: string;
}) {
  return {
    name: 'ssh',
    needs: null,
    // Nothing, because a program on the visitor's display cannot be restricted. sshd only sees to it that it is the program of the grant.
    holds: [],
    programs: [
      ...sshdPrograms,
      { id: 'xauth', programs: ['xauth'], debian: 'xauth', level: 'warning' },
      { id: 'ssh', programs: ['ssh'], debian: 'openssh-client', level: 'warning' },
    ],
    host: {
      part: sshdPart,
      open: async (session) => ({
        ...(await serveSshd(session, parts.containers)),
        tunnel: { connect: () => session.sandbox.connect(SSH_SOCKET) },
        [Symbol.dispose]: () => {},
      }),
    },
    visitor: { open: (session) => visitX11(session, parts) },
  } as const satisfies Channel;
}
