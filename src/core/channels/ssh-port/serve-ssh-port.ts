// The host's end of `ssh-port`, as the original eBrainPool did: a TCP port into the container's sshd, for one visitor, until the session ends.
import { createServer } from 'node:net';
import type { Containers } from '../../container/container.ts';
import { listen, plainAddress } from '../../wire/listen.ts';
import type { HostEnd, HostedSession, Lead } from '../channel.ts';
import { serveSshd } from '../x11/serve-sshd.ts';
import { SSH_SOCKET } from '../x11/sshd-part.ts';

const MAX_CONNECTIONS = 8;

export async function serveSshPort(
  session: HostedSession,
  lead: Lead,
  containers: Pick<Containers, 'keep'>,
): Promise<HostEnd> {
  const { sandbox, log } = session;
  const { told } = await serveSshd(session, containers);
  const server = createServer({ noDelay: true, allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => socket.destroy());
    // Security: only from the granted peer's addresses. The container's sshd then asks for its key.
    if (!session.isLive || !session.addresses.has(plainAddress(socket.remoteAddress ?? ''))) {
      log.warn(
        { from: socket.remoteAddress, peerId: session.peerId },
        'connection to the port of an SSH command refused',
      );
      socket.destroy();
      return;
    }
    try {
      lead(socket, await sandbox.connect(SSH_SOCKET));
    } catch {
      socket.destroy();
    }
  });
  server.maxConnections = MAX_CONNECTIONS;
  // The same address family as the peer connection, so that both addresses have one form when they are compared.
  const port = await listen(server, 0, session.address.includes(':') ? '::' : '0.0.0.0', log);
  return {
    told: { ...told, classicPort: port },
    shown: { sshCommand: { port, command: '' } },
    [Symbol.dispose]: () => void server.close(),
  };
}
