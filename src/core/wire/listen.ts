// Ports of this computer that others connect to, and how their addresses are written.
import type { Server } from 'node:net';
import type { Log } from '../lib/log.ts';

/** An IPv4 address that arrived on a dual-stack socket, without its IPv6 wrapping. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/** Listens on every interface, at the first free port of twenty. @throws the listen error of Node when none is free */
export async function listenNear(server: Server, firstPort: number, log: Log): Promise<number> {
  for (let port = firstPort; ; port += 1) {
    try {
      return await listen(server, port, '::', log);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') {
        try {
          return await listen(server, port, '0.0.0.0', log);
        } catch (error4) {
          if ((error4 as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port >= firstPort + 19) throw error4;
        }
      } else if (code !== 'EADDRINUSE' || port >= firstPort + 19 || port >= 65535) {
        throw error;
      }
    }
  }
}

/** Listens, and resolves to the port (which matters when 0 was asked for). */
export function listen(server: Server, port: number, host: string, log: Log): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      // What fails later is one connection that could not be taken (too many open files, say), and no reason to end.
      server.on('error', (error) => log.warn({ port, error: error.message }, 'a connection could not be taken'));
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
