// The channel `ssh`: to the sandbox's sshd, by which the program's windows come to the visitor's own X display.
import type { Containers } from '../../container/container.ts';
import type { Channel } from '../channel.ts';
import { serveSshd } from './serve-sshd.ts';

export function createX11({ containers }: { readonly containers: Pick<Containers, 'hostKeyOf'> }) {
  return {
    name: 'ssh',
    needs: null,
    // sshd runs the program of the grant, whatever it is asked for; a program on the visitor's display cannot be held to anything.
    holds: [],
    host: {
      open: async (session) => ({
        ...(await serveSshd(session, containers)),
        tunnel: { connect: () => session.sandbox.connect('ssh') },
        [Symbol.dispose]: () => {},
      }),
    },
  } as const satisfies Channel;
}
