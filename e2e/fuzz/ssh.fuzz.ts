// The channel layer of SSH: messages of any kind, number, size and order, at whole cores and at lone ends, as their visitor and as their host.
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endChild, waitFor } from '../../bench/computers.ts';
import type { Client } from '../../src/contract/client.ts';
import { AppError } from '../../src/contract/errors.ts';
import type { PeerId } from '../../src/contract/ids.ts';
import { noPowers } from '../../src/contract/powers.ts';
import type { Session } from '../../src/contract/sessions.ts';
import { openIdentity } from '../../src/core/identity/identity.ts';
import { type AttackedCore, startAttackedCore } from '../attacks/attacked-core.ts';
import { SESSION } from '../attacks/peer-end.ts';
import { type AttackedEnd, startHostEnd, startVisitorEnd } from '../attacks/peer-ends.ts';
import { LIARS_OFFER, openControl, openTunnel, playHost } from '../attacks/ssh-dialogue.ts';
import { type Address, pass } from '../attacks/ssh-host.ts';
import { hostRaw, PACKET, type RawPeer, visitRaw, WINDOW } from '../attacks/ssh-messages.ts';
import { claim, type Fuzzer, type Target, temporaryFolder } from './fuzzer.ts';
import { attack, ENDS, generate, Reader, seeds } from './ssh-steps.ts';

const MAX_ANSWER_MS = 1000;
const MAX_GROWTH_MIB = 64;
/** The memory that connections may keep while they end. */
const MAX_LEFT_MIB = 32;
/** A core needs less time to end a connection that is gone. */
const LET_IN_MS = 10_000;
const LIARS_ADDRESS = '127.0.0.1:7777';

/** Attacks an end with what the input says, so far in: at the door, behind the control channel, behind a tunnel. */
type Attempt = (input: Reader, depth: number) => Promise<void>;

interface Attacked {
  readonly end: AttackedEnd;
  readonly attempt: Attempt;
}

/**
 * What must hold, whatever is sent: whoever asks for the status of a core is answered, and so is a peer with a session (at a lone end,
 * which has no status, only that peer). Twice, because a computer can stop for a moment.
 */
async function watched(end: AttackedEnd, attempt: () => Promise<void>): Promise<void> {
  for (let times = 0; ; times += 1) {
    await end.worstMs();
    const before = await end.residentMiB();
    await attempt();
    const grownMiB = (await end.residentMiB()) - before;
    const waitedMs = await end.worstMs();
    if (waitedMs <= MAX_ANSWER_MS && grownMiB <= MAX_GROWTH_MIB) return;
    // Nobody comes again to an end that answers no more.
    const isAlive = waitedMs <= MAX_ANSWER_MS || (await end.worstMs()) <= MAX_ANSWER_MS;
    if (times === 0 && isAlive) continue;
    claim(waitedMs <= MAX_ANSWER_MS, `others are answered within a second: ${Math.round(waitedMs)} ms`);
    claim(grownMiB <= MAX_GROWTH_MIB, `memory grows by 64 MiB at most: ${Math.round(grownMiB)} MiB`);
  }
}

/** Over all inputs together: what an attack leaves behind adds up. */
function createLeakWatch(end: AttackedEnd): () => Promise<void> {
  let runs = 0;
  let settled = 0;
  return async () => {
    runs += 1;
    if (runs === 20) settled = await end.keptMiB();
    else if (runs > 20 && runs % 50 === 0) {
      let left = (await end.keptMiB()) - settled;
      // What was just cut off is gone a moment later.
      for (let times = 0; times < 20 && left > MAX_LEFT_MIB; times += 1) {
        await sleep(250);
        left = (await end.keptMiB()) - settled;
      }
      claim(left <= MAX_LEFT_MIB, `attacks leave nothing behind in the memory: ${Math.round(left)} MiB`);
    }
  };
}

/** The first byte says whom to attack, and how far in. A lone end has what no core has: streams without end, in both directions. */
function targetOf(core: Attacked, lone: Attacked, stack: AsyncDisposableStack): Target {
  const all = [core, core, core, lone].map((one, index) => ({ ...one, depth: Math.min(2, index) }));
  const leakWatches = new Map([core, lone].map(({ end }) => [end, createLeakWatch(end)]));
  return {
    run: async (input) => {
      const { end, attempt, depth } = all[(input[0] ?? 0) % all.length] as (typeof all)[number];
      await watched(end, () => attempt(new Reader(input.subarray(1)), depth));
      await leakWatches.get(end)?.();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startFolder(stack: AsyncDisposableStack): Promise<string> {
  return stack.use(await temporaryFolder()).path;
}

const common = {
  maxBytes: 400,
  seeds,
  generate,
  allowanceMs: 3000,
} satisfies Partial<Fuzzer>;

export const sshHost: Fuzzer = {
  ...common,
  name: 'ssh-host',
  start: async () => {
    await using stack = new AsyncDisposableStack();
    const folder = await startFolder(stack);
    const addresses = Array.from({ length: 16 }, (_, index): Address => `127.0.0.${10 + index}`);
    const core = stack.use(await startAttackedCore({ addresses }));
    const end = stack.use(await startHostEnd(folder));
    let visits = 0;
    const go = async (visit: () => Promise<RawPeer>, session: string, reader: Reader, depth: number) => {
      using peer = await visit();
      if (depth > 0) await openControl(peer);
      if (depth > 1) for (const one of ENDS) await openTunnel(peer, one, WINDOW, PACKET, session);
      await attack(peer, reader, session);
    };
    // From another address each time, so that nobody waits for what another one sent too much of.
    const ofCore: Attempt = async (reader, depth) => {
      const visit = () => {
        visits += 1;
        const socket = core.host.connect(addresses[visits % addresses.length] as Address);
        return visitRaw(socket, core.mallory.privateKey);
      };
      await go(() => untilLetIn(visit), core.sessionOfMallory, reader, depth);
      const isRunning = core.host.client.read('sessions')?.some(({ peerId }) => peerId === core.mallory.id);
      claim(isRunning === true, 'whoever sends such things has her session still');
    };
    const ofEnd: Attempt = async (reader, depth) => {
      const visit = () => {
        visits += 1;
        const localAddress = `127.0.${1 + (visits >> 8)}.${visits & 255}`;
        return visitRaw(connect({ host: '127.0.0.1', port: end.port, localAddress }), end.mallory.privateKey);
      };
      await go(visit, SESSION, reader, depth);
    };
    return targetOf({ end: core, attempt: ofCore }, { end, attempt: ofEnd }, stack.move());
  },
};

/** A key has four connections at most, and the core hears of the end of one a moment later. */
async function untilLetIn(visit: () => Promise<RawPeer>): Promise<RawPeer> {
  const giveUpAt = performance.now() + LET_IN_MS;
  for (;;) {
    try {
      return await visit();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await sleep(50);
    }
  }
}

export const sshVisitor: Fuzzer = {
  ...common,
  name: 'ssh-visitor',
  start: async () => {
    await using stack = new AsyncDisposableStack();
    const folder = await startFolder(stack);
    const core = stack.use(await startAttackedCore({ addresses: [] }));
    const good = stack.use(await startHostEnd(folder));
    const end = stack.use(await startVisitorEnd(folder, good));
    const { privateKey, id } = await openIdentity(join(folder, 'liar'));
    let onVisit: (peer: RawPeer) => void = () => {};
    const bad = stack.use(await hostRaw(privateKey, (peer) => onVisit(peer)));
    await leadTo(core, bad.port, stack);

    /** Whoever comes is attacked once: at the door, or when he asks for a tunnel. */
    const lie = async (come: () => Promise<void> | void, reader: Reader, depth: number) => {
      using peers = new DisposableStack();
      const isDone = Promise.withResolvers<void>();
      let isBegun = false;
      onVisit = (peer) => {
        peers.use(peer);
        const go = () => {
          if (isBegun) return;
          isBegun = true;
          attack(peer, reader, SESSION).then(isDone.resolve, isDone.reject);
        };
        playHost(peer, { attack: () => (depth > 0 ? go() : undefined) });
        if (depth === 0) go();
      };
      const coming = Promise.resolve(come()).then(
        () => 'well',
        (error) => (error instanceof AppError ? error.code : String(error)),
      );
      await Promise.race([isDone.promise, sleep(LET_IN_MS, undefined, { ref: false })]);
      const isIn = isBegun;
      onVisit = (peer) => peer[Symbol.dispose]();
      peers.dispose();
      const outcome = await coming;
      claim(isIn, `the visitor comes: ${outcome}`);
      claim(outcome !== 'internal', 'what a host does is no bug of its visitor');
    };
    const { client } = core.host;
    const ofCore: Attempt = async (reader, depth) => {
      await lie(() => useOffer(client, id, depth), reader, depth);
      // With its sessions; until then it would come again and again. One that was sent away at the door is not known.
      await client.call('peers.forget', { peerId: id }).catch((error) => {
        if (!(error instanceof AppError && error.code === 'not-found')) throw error;
      });
    };
    const ofEnd: Attempt = async (reader, depth) => {
      await lie(() => end.visit(bad.port), reader, depth);
    };
    return targetOf({ end: core, attempt: ofCore }, { end, attempt: ofEnd }, stack.move());
  },
};

/** What a person does who uses what the liar offers, as far as it goes. */
async function useOffer(client: Client, peerId: PeerId, depth: number): Promise<void> {
  await client.call('peers.add', { address: LIARS_ADDRESS });
  if (depth === 0) return;
  await waitFor(client, 'peers', (peers) => peers.some(({ id }) => id === peerId), 'the liar in the list');
  const powers = { ...noPowers, files: true };
  const before = new Set(client.read('sessions')?.map((session) => session.id));
  await client.call('asks.create', { peerId, offerId: LIARS_OFFER, view: 'viewer', powers });
  const isRunning = (sessions: readonly Session[]) =>
    sessions.find(({ id, peerId: at, state }) => at === peerId && state === 'running' && !before.has(id))?.id;
  const sessionId = await waitFor(client, 'sessions', isRunning, 'the session at the liar');
  await client.call('files.list', { sessionId });
}

/** From the core's network to a port out here. */
async function leadTo(core: AttackedCore, port: number, stack: AsyncDisposableStack): Promise<void> {
  const path = join(core.host.folder, 'out');
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const outside = connect(port, '127.0.0.1').on('error', () => socket.destroy());
    pass(socket, outside);
  }).listen(path);
  stack.defer(() => void server.close());
  const [host, number] = LIARS_ADDRESS.split(':');
  const listen = `TCP-LISTEN:${number},bind=${host},fork,reuseaddr,nodelay,backlog=100`;
  const way = core.host.spawnBeside(['socat', '-lf', '/dev/null', listen, `UNIX-CONNECT:${path}`]);
  stack.defer(() => endChild(way));
}
