// The host's end of the product's peer connection, whose tunnel channels all lead to one Unix socket.
// `node bench/tunnel-host.ts IDENTITY_FOLDER UNIX_SOCKET`
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { openIdentity } from '../src/core/identity/identity.ts';
import { silentLog } from '../src/core/lib/log.ts';
import { CAPABILITIES } from '../src/core/wire/capabilities.ts';
import { OLDEST_PROTOCOL, PROTOCOL } from '../src/core/wire/peer-protocol.ts';
import { startPeerServer } from '../src/core/wire/peer-server.ts';
import { joinStreams } from '../src/core/wire/ssh/ssh.ts';
import type { Answers } from '../src/core/wire/visitor.ts';

const [identityFolder = '', socketPath = ''] = process.argv.slice(2);
const hello = { protocol: PROTOCOL, oldest: OLDEST_PROTOCOL, name: 'bench', capabilities: [...CAPABILITIES] };
const answers = {
  calls: { hello: () => hello },
  isRefused: () => false,
  openTunnel: async () => {
    // As Sandbox.connect and HostSessions do it.
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    await once(socket, 'connect');
    return (channel: Duplex) => void joinStreams(channel, socket, { toHost: 0, toVisitor: 0 });
  },
} as unknown as Answers;
const identity = await openIdentity(identityFolder);
const server = await startPeerServer({ identity, log: silentLog, port: 4300, answers });
console.log(`ready ${server.port}`);
// An orderly end, so that a profile is written.
process.on('SIGTERM', () => process.exit(0));
