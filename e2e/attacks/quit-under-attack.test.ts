// Whoever quits while strangers attack: the core ends as it always does, and tells a peer that has a session.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type AttackedCore, startAttackedCore } from './attacked-core.ts';
import { startWait } from './queued.ts';
import { call, openControl } from './ssh-dialogue.ts';
import { MAX_UINT32, message, PACKET, type RawPeer, visitRaw, WINDOW } from './ssh-messages.ts';

/** The word must be there by then. */
const TOLD_MS = 1000;
/** The shell gives up after so long, and ends with a failure. */
const ENDED_MS = 5000;
/** How long the attack lasts before the core is told to end. */
const ATTACK_MS = 700;

interface Strangers {
  /** One more connection, with a key that has proved itself. */
  visit(): Promise<RawPeer>;
  readonly isOver: () => boolean;
}

/** Again and again, until the core is gone. */
async function repeat({ visit, isOver }: Strangers, attack: (peer: RawPeer) => Promise<void>): Promise<void> {
  while (!isOver()) {
    try {
      using peer = await visit();
      await attack(peer);
    } catch {
      // Not let in for now.
      await sleep(20);
    }
  }
}

async function flood(peer: RawPeer, payload: Buffer, isOver: () => boolean): Promise<void> {
  for (let sent = 0; peer.isOpen && !isOver(); sent += 1) {
    peer.send(payload);
    if (sent % 64 === 0) await peer.flush(100);
  }
}

/** Calls that are well-formed, as many as a packet carries. */
function manyCalls(): Buffer {
  const line = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'catalogue.get', params: {} })}\n`);
  return Buffer.concat(Array.from({ length: Math.floor(PACKET / line.length) }, () => line));
}

const attacks: Readonly<Record<string, (strangers: Strangers) => Promise<unknown>>> = {
  'open channels with packets of 0 bytes': (strangers) =>
    repeat(strangers, async (peer) => {
      await openControl(peer, WINDOW, 0);
      call(peer, 'catalogue.get');
      await peer.closed(1000);
    }),
  'send beyond the window': (strangers) =>
    repeat(strangers, async (peer) => {
      await flood(peer, message.data(await openControl(peer), manyCalls()), strangers.isOver);
    }),
  'send small packets without end': (strangers) =>
    Promise.all(
      Array.from({ length: 4 }, () =>
        repeat(strangers, (peer) => flood(peer, message.ignore(Buffer.alloc(1)), strangers.isOver)),
      ),
    ),
  'ask for much, and never read or answer': async (strangers) => {
    const peer = await strangers.visit();
    await openControl(peer, MAX_UINT32);
    peer.socket.pause();
    for (let asked = 0; asked < 2000 && peer.isOpen; asked += 1) call(peer, 'catalogue.get');
    while (!strangers.isOver()) await sleep(20);
  },
};

async function quit(core: AttackedCore): Promise<void> {
  const { core: child, pid } = core.host;
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
  const waitedMs = startWait([pid]);
  child.kill('SIGTERM');
  const told = core.toldAlice.then((text) => ({ end: JSON.parse(text), ms: waitedMs() }));
  const [code] = await ended;
  const endedMs = waitedMs();
  const { end, ms } = await Promise.race([told, sleep(1000, { end: 'nothing', ms: Number.NaN })]);
  console.log(`    told after ${ms.toFixed(0)} ms, ended after ${endedMs.toFixed(0)} ms`);
  expect(end).toMatchObject({ reason: 'host', isQuit: true, problem: null });
  expect(ms).toBeLessThan(TOLD_MS);
  expect(code).toBe(0);
  expect(endedMs).toBeLessThan(ENDED_MS);
}

test.each(Object.entries(attacks))(
  'SIGTERM while strangers %s',
  async (_what, attack) => {
    await using core = await startAttackedCore();
    const { host, mallory } = core;
    const over = new AbortController();
    let visits = 0;
    const attacking = attack({
      visit: () => {
        visits += 1;
        return visitRaw(host.connect(`127.0.0.${2 + (visits % 3)}`), mallory.privateKey);
      },
      isOver: () => over.signal.aborted,
    });
    try {
      await sleep(ATTACK_MS);
      expect(visits).toBeGreaterThan(0);
      await quit(core);
    } finally {
      over.abort();
      await attacking;
    }
  },
  60_000,
);
