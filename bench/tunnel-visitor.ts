// The visitor's end of the product's peer connection, with a Unix socket as the way in, as native windows have it.
// `node bench/tunnel-visitor.ts IDENTITY_FOLDER HOST PORT UNIX_SOCKET`
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { openIdentity } from '../src/core/identity/identity.ts';
import { silentLog } from '../src/core/lib/log.ts';
import { connectPeer } from '../src/core/wire/peer-client.ts';
import { joinStreams } from '../src/core/wire/ssh/ssh.ts';

const [identityFolder = '', host = '', port, socketPath = ''] = process.argv.slice(2);
const connection = await connectPeer({
  identity: await openIdentity(identityFolder),
  log: silentLog,
  address: { host, port: Number(port) },
  expectedId: null,
  name: 'bench',
  onNotice: () => {},
});
rmSync(socketPath, { force: true });
createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  connection.openTunnel('00000000-0000-4000-8000-000000000000', 'display').then(
    (stream) => joinStreams(socket, stream),
    () => socket.destroy(),
  );
}).listen(socketPath, () => console.log('ready'));
// An orderly end, so that a profile is written.
process.on('SIGTERM', () => process.exit(0));
