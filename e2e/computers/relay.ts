// Carries connections between a TCP port of 127.0.0.1 and a Unix socket, which reaches across the lab's network namespaces.
import { connect, createServer, type ListenOptions, type NetConnectOpts, type Server } from 'node:net';
import { pipeline } from 'node:stream';

export function startRelay(from: ListenOptions, to: NetConnectOpts): Promise<Server> {
  const server = createServer((incoming) => {
    const outgoing = connect(to);
    // An end that goes away takes its other end along; there is nobody to tell.
    pipeline(incoming, outgoing, () => incoming.destroy());
    pipeline(outgoing, incoming, () => outgoing.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(from, () => resolve(server));
  });
}
