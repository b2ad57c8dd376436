// One end of the peer connection, real and alone in a process, so that what an attack does to it can be measured.
// `node e2e/attacks/peer-end.ts host FOLDER`: a peer port; `… visitor FOLDER GOOD_PORT GOOD_PID`: visits each port that it is given a line of.
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { AppError } from '../../src/contract/errors.ts';
import { openIdentity } from '../../src/core/identity/identity.ts';
import { type Log, silentLog } from '../../src/core/lib/log.ts';
import { CAPABILITIES } from '../../src/core/wire/capabilities.ts';
import { connectPeer } from '../../src/core/wire/peer-client.ts';
import { OLDEST_PROTOCOL, PROTOCOL } from '../../src/core/wire/peer-protocol.ts';
import { startPeerServer } from '../../src/core/wire/peer-server.ts';
import type { Answers } from '../../src/core/wire/visitor.ts';
import { WorstWait } from './queued.ts';

/** The session that every visitor of such a host has. */
export const SESSION = '3b241101-e2bb-4255-8caf-4136c566a962';
/** For whoever wants to know why a connection ended: `PEER_END_LOG=1`. */
const tell = (fields: object, text: string) => console.error(process.argv[2], text, JSON.stringify(fields));
const log: Log = process.env['PEER_END_LOG'] ? { ...silentLog, debug: tell, warn: tell, error: tell } : silentLog;
const input = createInterface({ input: process.stdin });
const PIECE = Buffer.alloc(64 * 1024, 'x');

const answers: Answers = {
  calls: {
    hello: () => ({ protocol: PROTOCOL, oldest: OLDEST_PROTOCOL, name: 'Bob', capabilities: [...CAPABILITIES] }),
    // As large as that of a computer with many programs.
    'catalogue.get': () => ({
      offers: Array.from({ length: 500 }, (_, id) => ({ id, text: 'x'.repeat(1000) })),
      isCut: false,
    }),
    'icon.get': () => {
      throw new AppError('not-found', { what: 'This icon' });
    },
    'request.create': () => ({ requestId: crypto.randomUUID() as never, answerTimeoutMs: 0 }),
    'request.cancel': () => ({}),
    'session.end': () => ({}),
    'session.close': () => ({}),
    'session.keep': () => ({}),
    'window.activate': () => ({}),
    'window.close': () => ({}),
    'session.resume': () => ({}),
    'verify.begin': () => ({ nonce: '0'.repeat(64) }),
    'verify.reveal': () => ({}),
    'verify.answer': () => ({}),
    'verify.cancel': () => ({}),
  },
  isRefused: () => false,
  onRefused: () => {},
  openTunnel: async (_, sessionId, end) => {
    if (sessionId !== SESSION) throw new AppError('not-allowed');
    return (channel) => {
      if (end === 'display') pour(channel);
      if (end === 'files') channel.pipe(channel);
      // What comes by `ssh` is not read.
    };
  },
};

/** Sends without end, as fast as the other side takes it. */
function pour(channel: Duplex): void {
  channel.resume();
  const go = () => {
    while (!channel.destroyed && channel.writable && channel.write(PIECE));
  };
  channel.on('drain', go);
  go();
}

async function serve(folder: string): Promise<void> {
  const { port } = await startPeerServer({ identity: await openIdentity(folder), log, port: 0, answers });
  console.log(`ready ${port}`);
}

/** Visits a good host all the time and measures how long its answers take, and visits whoever it is told of besides. */
async function visit(folder: string, goodPort: number, goodPid: number): Promise<void> {
  const identity = await openIdentity(folder);
  const connect = (port: number) =>
    connectPeer({
      ...{ identity, log, address: { host: '127.0.0.1', port }, expectedId: null, name: 'Alice' },
      onNotice: () => {},
    });
  const good = await connect(goodPort);
  const session = await good.openTunnel(SESSION, 'files');
  const wait = new WorstWait([process.pid, goodPid]);
  const ask = async () => {
    await wait.during(() => {
      const echo = new Promise((resolve) => session.once('data', resolve));
      session.write('x');
      return Promise.all([echo, good.call('session.resume', { sessionId: SESSION as never })]);
    });
    setTimeout(ask, 25);
  };
  await ask();
  console.log('ready');
  input.on('line', async (line) => {
    if (line === 'kept') return;
    if (line === 'worst') {
      console.log(`worst ${await wait.takeMs()}`);
      return;
    }
    try {
      const bad = await connect(Number(line));
      await bad.call('catalogue.get', {}).catch(() => {});
      const tunnel = await bad.openTunnel(SESSION, 'display');
      // Longer than one packet; what comes back is not read.
      tunnel.write(Buffer.alloc(100_000));
      await bad.call('catalogue.get', {});
    } catch {
      // The connection was ended, as it should be.
    }
  });
}

if (import.meta.main) {
  input.on('line', (line) => {
    if (line !== 'kept') return;
    // Twice: what a first round frees may have held other things.
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    console.log(`kept ${(heapUsed + external) / 2 ** 20}`);
  });
  const [kind, folder = '', port, pid] = process.argv.slice(2);
  await (kind === 'host' ? serve(folder) : visit(folder, Number(port), Number(pid)));
}
