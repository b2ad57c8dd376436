// Carries connections between a TCP port of 127.0.0.1 and a Unix socket, which reaches across network namespaces.
// Called as: relay.mjs FROM TO, each of them a port or a path.
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const endOf = (text) => (/^\d+$/.test(text) ? { host: '127.0.0.1', port: Number(text) } : { path: text });

/** Listens at `from`, connects to `to` for each connection, and resolves to what ends the relay with all that it carries. */
export function startRelay(from, to) {
  const sockets = new Set();
  const keep = (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    const outgoing = connect({ ...endOf(to), allowHalfOpen: true });
    keep(incoming);
    keep(outgoing);
    // One side's end is passed on as an end; an error takes both away, and there is nobody to tell.
    const endBoth = (error) => {
      if (!error) return;
      incoming.destroy();
      outgoing.destroy();
    };
    pipeline(incoming, outgoing, endBoth);
    pipeline(outgoing, incoming, endBoth);
  });
  if (endOf(from).path) rmSync(from, { force: true });
  const end = () => {
    server.close();
    // A page that stays open would keep its half of a connection open, and so this process alive, for minutes.
    for (const socket of sockets) socket.destroy();
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(endOf(from), () => resolve({ end }));
  });
}

if (process.argv[1] === import.meta.filename) await startRelay(process.argv[2], process.argv[3]);
