// Advertises somebody else's fingerprint, answers there with a key of its own, and says what each caller gave away.
// `node e2e/attacks/impostor.ts FINGERPRINT NAME FOLDER`, on a computer of its own; ends when its input ends.
import { type AddressInfo, createServer } from 'node:net';
import ssh2 from 'ssh2';
import { peerIdSchema } from '../../src/contract/ids.ts';
import { openIdentity } from '../../src/core/identity/identity.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { State } from '../../src/core/lib/state.ts';
import type { OwnAdvert } from '../../src/core/peers/discovery/advert.ts';
import { startDiscovery } from '../../src/core/peers/discovery/discovery.ts';
import { PROTOCOL } from '../../src/core/wire/peer-protocol.ts';

const [fingerprint = '', name = '', folder = ''] = process.argv.slice(2);
const say = (event: string) => console.log(event);

const identity = await openIdentity(folder);
const sshServer = new ssh2.Server({ hostKeys: [identity.privateKey], ident: 'eBrainPool' }, (connection) => {
  say('connection');
  connection.on('error', () => {});
  connection.on('handshake', () => say('handshake'));
  connection.on('authentication', (context) => {
    say(`authentication ${context.method}`);
    context.accept();
  });
  connection.on('session', () => say('session'));
});
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('close', () => say('closed'));
  sshServer.injectSocket(socket);
});
server.listen(0, '::', async () => {
  const { port } = server.address() as AddressInfo;
  const peerId = peerIdSchema.parse(fingerprint);
  const own = new State<OwnAdvert | null>({ peerId, name, protocol: PROTOCOL, port, catalogueDigest: '0'.repeat(16) });
  await startDiscovery({ log: silentLog, own, onSeen: () => {}, onGone: () => {} });
  say('ready');
});
process.stdin.resume().once('end', () => process.exit(0));
