// Who must notice nothing while a core is attacked: its own person, who asks for its status, and another peer, who has a session there.
// `node e2e/attacks/bystander.ts PROFILE CORE_PID FOLDER`, on the core's own computer; says `ready SESSION`, that of Mallory, who has one too.
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient, waitFor } from '../../bench/computers.ts';
import type { RequestId } from '../../src/contract/ids.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { openIdentity } from '../../src/core/identity/identity.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { connectPeer, type HostConnection } from '../../src/core/wire/peer-client.ts';
import { WorstWait } from './queued.ts';

/** SFTP packets (draft-ietf-secsh-filexfer-02): the version, and a question about a file that is not open, which is answered as well. */
const INIT = Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3]);
const FSTAT = Buffer.from([0, 0, 0, 10, 8, 0, 0, 0, 1, 0, 0, 0, 1, 46]);
/** It looks for programs and starts one. */
const STATUS_EVERY_MS = 100;
const ECHO_EVERY_MS = 25;

const [profileDir = '', corePid, folder = ''] = process.argv.slice(2);
const owner = await connectHere();
const port = await waitFor(owner, 'self', (self) => self.peerPort > 0 && self.peerPort, 'the peer port');
const { id: offerId } = await waitFor(
  owner,
  'offers',
  ({ offers }) => offers.find((offer) => offer.isShared && offer.name === 'Idle'),
  'the program',
);

function connectHere() {
  return connectClient(profileDir, (path) => connect(path));
}

/** A peer asks, and the person here says yes. */
async function haveSession(name: string): Promise<{ connection: HostConnection; sessionId: string }> {
  const granted = Promise.withResolvers<string>();
  const identity = await openIdentity(join(folder, `visitor-${name}`));
  const connection = await connectPeer({
    ...{ identity, log: silentLog, address: { host: '127.0.0.1', port }, expectedId: null, name },
    onNotice: (notice, value) => {
      if (notice === 'session.ended') console.log(`told ${name} ${JSON.stringify(value)}`);
      if (notice !== 'request.answered') return;
      const { session, problem } = value as { session: { sessionId: string } | null; problem: unknown };
      if (session === null) granted.reject(new Error(`no session: ${JSON.stringify(problem)}`));
      else granted.resolve(session.sessionId);
    },
  });
  connection.onClose(() => console.log(`left ${name}`));
  await connection.call('catalogue.get', {});
  await connection.call('request.create', { offerId, view: 'viewer', powers: { ...noPowers, files: true } });
  const isAsked = (requests: readonly { id: RequestId; peerId: string }[]) =>
    requests.find(({ peerId }) => peerId === identity.id)?.id;
  const requestId = await waitFor(owner, 'requests', isAsked, 'the request');
  await owner.call('requests.answer', { requestId, answer: 'allow' });
  return { connection, sessionId: await granted.promise };
}

/** As `ebp status` does. */
async function askStatus(): Promise<void> {
  const client = await connectHere();
  await client.call('health.check', {});
  client.close();
}

const both = [process.pid, Number(corePid)];
const status = new WorstWait(both);
const echo = new WorstWait(both);
/** Why somebody here is not served any more. */
let failure: unknown = null;

async function again(everyMs: number, work: () => Promise<unknown>): Promise<void> {
  try {
    for (;;) {
      await work();
      await sleep(everyMs);
    }
  } catch (error) {
    failure ??= error;
  }
}

const alice = await haveSession('alice');
const mallory = await haveSession('mallory');
const files = await alice.connection.openTunnel(alice.sessionId, 'files');
const lost = once(files, 'close').then(() => {
  throw new Error('the other peer lost its session');
});
lost.catch(() => {});
const answer = async (question: Buffer) => {
  files.write(question);
  await Promise.race([once(files, 'data'), lost]);
};
await answer(INIT);
void again(ECHO_EVERY_MS, () => echo.during(() => answer(FSTAT)));
void again(STATUS_EVERY_MS, () => status.during(askStatus));
console.log(`ready ${mallory.sessionId}`);

createInterface({ input: process.stdin }).on('line', async (line) => {
  if (line !== 'worst') return;
  const ms = Math.max(await echo.takeMs(), await status.takeMs(0));
  console.log(failure === null ? `worst ${ms}` : `failed ${String(failure)}`);
});
process.stdin.once('end', () => process.exit());
