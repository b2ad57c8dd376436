// A host that keeps every rule of SSH, and tells its visitor of things without end.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openIdentity } from '../../src/core/identity/identity.ts';
import { startHostEnd, startVisitorEnd } from './peer-ends.ts';
import { playHost } from './ssh-dialogue.ts';
import { hostRaw, message, type RawPeer, WINDOW } from './ssh-messages.ts';

const ADJUST = 93;
/** What was sent on the control channel before, at the most. */
const GREETINGS_BYTES = 5000;
const notices = Buffer.from('{"jsonrpc":"2.0","method":"session.changed","params":{}}\n'.repeat(250));

/** As much as its visitor has room for, until the connection ends. */
async function tellWithoutEnd(peer: RawPeer, control: number): Promise<void> {
  const before = peer.onMessage;
  let roomBytes = WINDOW - GREETINGS_BYTES;
  peer.onMessage = (payload) => {
    if (payload[0] === ADJUST && payload.readUInt32BE(1) === control) roomBytes += payload.readUInt32BE(5);
    else before(payload);
  };
  while (peer.isOpen) {
    if (roomBytes < notices.length) {
      await sleep(2);
      continue;
    }
    peer.send(message.data(control, notices));
    roomBytes -= notices.length;
    await peer.flush();
  }
}

test('a host tells its visitor of what is no session, without end, and takes a part of its time', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'ebp-notices-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const good = stack.use(await startHostEnd(folder));
  const visitor = stack.use(await startVisitorEnd(folder, good));
  const bad = stack.use(
    await hostRaw((await openIdentity(join(folder, 'liar'))).privateKey, (peer) =>
      playHost(peer, { attack: (_peer, _tunnel, control) => tellWithoutEnd(peer, control) }),
    ),
  );
  visitor.visit(bad.port);
  await sleep(1500);
  await visitor.worstMs();
  const [startedAt, cpuMs] = [performance.now(), await visitor.cpuMs()];
  await sleep(4000);
  const share = ((await visitor.cpuMs()) - cpuMs) / (performance.now() - startedAt);
  const worstMs = await visitor.worstMs();
  console.log(`    ${Math.round(100 * share)} % of a processor, and others were answered in ${worstMs.toFixed(0)} ms`);
  expect(worstMs).toBeLessThan(1000);
  // 27 %; 95 % where all of it was read at once.
  expect(share).toBeLessThan(0.6);
}, 40_000);
