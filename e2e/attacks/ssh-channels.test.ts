// Peers that break the rules of SSH channels (RFC 4254 section 5), at a real peer port and at a real visitor, each in a process of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openIdentity } from '../../src/core/identity/identity.ts';
import { MAX_KEY_EXCHANGES, MAX_UNREAD_PACKETS, MIN_PACKET_BYTES } from '../../src/core/wire/ssh/message-rules.ts';
import { SESSION } from './peer-end.ts';
import { type AttackedEnd, type HostEnd, startHostEnd, startVisitorEnd, type VisitorEnd } from './peer-ends.ts';
import { call, type HostPlan, helloLine, openControl, openTunnel, playHost } from './ssh-dialogue.ts';
import { hostRaw, MAX_UINT32, message, PACKET, type RawPeer, string, visitRaw, WINDOW } from './ssh-messages.ts';

const MAX_ANSWER_MS = 1000;
const MAX_GROWTH_MIB = 64;
/** The same for several attacks at once. */
const MAX_GROWTH_OF_MANY_MIB = 96;
/** An end comes at once, or never where a rule is missing. Generous: several are attacked at once, and the machine may be busy. */
const END_MS = 15_000;
/** Without its limits, an end is beyond what it may take within one. */
const FLOOD_MS = 2000;

let folder: string;
let host: HostEnd;
let visitor: VisitorEnd;
/** Of all hosts that lie. */
let liar: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-channels-'));
  host = await startHostEnd(folder);
  visitor = await startVisitorEnd(folder, host);
  liar = (await openIdentity(join(folder, 'liar'))).privateKey;
}, 60_000);
afterAll(async () => {
  await visitor?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

let visits = 0;

/** Another computer each time, so that nobody waits for what another one sent too much of. Hosts let a key have four connections. */
async function visit(): Promise<RawPeer> {
  visits += 1;
  const localAddress = `127.0.2.${visits}`;
  const { privateKey } = await openIdentity(join(folder, `stranger-${visits}`));
  return visitRaw(connect({ host: '127.0.0.1', port: host.port, localAddress }), privateKey);
}

/** Watches an end from now on. What comes back ends that a moment later, and checks that it served others all the while. */
async function watch(end: AttackedEnd, maxGrowthMib: number): Promise<() => Promise<void>> {
  const before = await end.residentMiB();
  await end.worstMs();
  let worstMiB = 0;
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      worstMiB = Math.max(worstMiB, (await end.residentMiB()) - before);
      await sleep(50);
    }
  })();
  return async () => {
    await sleep(300);
    over.abort();
    await watching;
    const worstMs = await end.worstMs();
    console.log(`    others were answered in ${worstMs.toFixed(0)} ms, memory grew by ${worstMiB.toFixed(0)} MiB`);
    expect(worstMs).toBeLessThan(MAX_ANSWER_MS);
    expect(worstMiB).toBeLessThan(maxGrowthMib);
  };
}

async function underAttack(end: AttackedEnd, attack: () => Promise<void>): Promise<void> {
  const check = await watch(end, MAX_GROWTH_MIB);
  await attack();
  await check();
}

/** Its tests attack one end side by side; the last tells whether it served others meanwhile. */
function sideBySide(title: string, end: () => AttackedEnd, tests: () => void): void {
  let check: () => Promise<void>;
  describe(title, () => {
    beforeAll(async () => {
      check = await watch(end(), MAX_GROWTH_OF_MANY_MIB);
    });
    describe.concurrent('each', tests);
    test('others are answered meanwhile, and it keeps nothing', () => check());
  });
}

type Attack = (peer: RawPeer) => Promise<void> | void;
const piece = Buffer.alloc(PACKET, 'x');

/** Each breaks a rule; the connection is ended for it, before anything is written or kept. */
const breaches: Readonly<Record<string, Attack>> = {
  'the control channel with packets of 0 bytes': async (peer) => {
    await openControl(peer, WINDOW, 0);
    call(peer, 'catalogue.get');
  },
  'the control channel with packets of 1 byte': async (peer) => {
    await openControl(peer, WINDOW, 1);
    for (let id = 0; id < 6; id += 1) call(peer, 'catalogue.get');
  },
  'a tunnel with packets of 0 bytes': (peer) => void openTunnel(peer, 'display', WINDOW, 0),
  'a tunnel with packets of less than a kibibyte': (peer) =>
    void openTunnel(peer, 'display', WINDOW, MIN_PACKET_BYTES - 1),
  'data beyond the window of a tunnel that is not read': async (peer) => {
    await openControl(peer);
    await floodWith(peer, message.data(await openTunnel(peer, 'ssh'), piece), 2000);
  },
  'one byte more than the window': async (peer) => {
    await openControl(peer);
    let granted = WINDOW;
    let sent = 0;
    const before = peer.onMessage;
    peer.onMessage = (payload) => {
      before(payload);
      if (payload[0] === 93) granted += payload.readUInt32BE(5);
    };
    const id = await openTunnel(peer, 'ssh');
    // Until nothing more is granted, as nobody reads it.
    for (; sent < granted; sent += PACKET) {
      peer.send(message.data(id, piece));
      if (granted - sent === PACKET) await sleep(300);
    }
    expect(peer.isOpen).toBe(true);
    peer.send(message.data(id, 'x'));
  },
  'extended data on the control channel': async (peer) =>
    floodWith(peer, message.stderr(await openControl(peer), piece), 2000),
  'extended data on a tunnel': async (peer) => {
    await openControl(peer);
    await floodWith(peer, message.stderr(await openTunnel(peer, 'ssh'), piece), 2000);
  },
  'a packet beyond the size that was agreed': async (peer) => {
    await openControl(peer);
    peer.send(message.data(await openTunnel(peer, 'ssh'), Buffer.alloc(PACKET + 1)));
  },
  'a window beyond 2^32 - 1': async (peer) => {
    await openControl(peer);
    peer.send(message.adjust(await openTunnel(peer, 'ssh', WINDOW), MAX_UINT32));
  },
  'data after the end of a channel': async (peer) => {
    await openControl(peer);
    const id = await openTunnel(peer, 'ssh');
    peer.send(message.eof(id));
    peer.send(message.data(id, 'x'));
  },
  'data after a channel was closed': async (peer) => {
    await openControl(peer);
    const id = await openTunnel(peer, 'ssh');
    peer.send(message.close(id));
    peer.send(message.data(id, 'x'));
  },
  'data for a channel that is not there': (peer) => peer.send(message.data(77, 'x')),
  'data for the last channel number': (peer) => peer.send(message.data(MAX_UINT32, 'x')),
  'data for a session without a subsystem': async (peer) => {
    peer.send(message.open('session', 0));
    await sleep(100);
    peer.send(message.data(0, 'x'));
  },
  'a confirmation that nobody waits for': (peer) => peer.send(message.confirm(0, 0)),
  'a second log-in': (peer) =>
    peer.send(Buffer.concat([Uint8Array.of(50), string('ebp'), string('ssh-connection'), string('none')])),
  'a message of a key exchange outside of one': (peer) => peer.send(Buffer.of(30, 0, 0, 0, 0)),
  'answers that are not read': async (peer) => {
    await openControl(peer, MAX_UINT32);
    peer.socket.pause();
    for (let id = 0; id < 20_000 && peer.isOpen; id += 1) {
      call(peer, 'catalogue.get');
      if (id % 100 === 0) await peer.flush();
    }
    await floodWith(peer, message.globalRequest('keepalive@openssh.com', true), 400_000);
  },
};

/** Allowed messages, but too many of them: the connection is ended for that. */
const floods: Readonly<Record<string, Attack>> = {
  'data beyond the window of the control channel': async (peer) => {
    const id = await openControl(peer);
    // Calls that are well-formed, and too many to be answered by the time.
    const line = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'catalogue.get', params: {} })}\n`);
    const lines = Buffer.concat(Array.from({ length: Math.floor(PACKET / line.length) }, () => line));
    await floodWith(peer, message.data(id, lines), 600);
  },
  'many packets of one byte that nobody reads': async (peer) => {
    await openControl(peer);
    const data = message.data(await openTunnel(peer, 'ssh'), 'x');
    for (let sent = 0; sent <= MAX_UNREAD_PACKETS + 10_000 && peer.isOpen; sent += 1) {
      peer.send(data);
      if (sent % 1000 === 0) await peer.flush(5000);
    }
    // They take time, which is limited as well.
    await peer.closed(10_000);
  },
  'key exchange after key exchange': async (peer) => {
    for (let times = 0; times < 5 * MAX_KEY_EXCHANGES && peer.isOpen; times += 1) {
      peer.rekey();
      await sleep(20);
    }
  },
};

async function floodWith(peer: RawPeer, payload: Buffer, times: number): Promise<void> {
  const until = performance.now() + FLOOD_MS;
  for (let sent = 0; sent < times && peer.isOpen && performance.now() < until; sent += 1) {
    peer.send(payload);
    if (sent % 16 === 0) await peer.flush();
  }
}

for (const [title, attacks] of Object.entries({
  'a stranger sends a host what is against the rules': breaches,
  'a stranger sends a host more than it may': floods,
})) {
  sideBySide(
    title,
    () => host,
    () => {
      test.each(Object.entries(attacks))(
        '%s',
        async (_what, attack) => {
          using peer = await visit();
          await attack(peer);
          expect(await peer.closed(END_MS)).toBe(true);
        },
        40_000,
      );
    },
  );
}

/** Within the rules, and bounded all the same. */
const excesses: Readonly<Record<string, Attack>> = {
  'a stream that it does not read, and signs of life': async (peer) => {
    await openControl(peer, MAX_UINT32);
    await openTunnel(peer, 'display', MAX_UINT32);
    peer.socket.pause();
    for (let times = 0; times < FLOOD_MS / 50; times += 1) {
      peer.send(message.ignore(piece.subarray(0, 10)));
      await sleep(50);
    }
  },
  'a key exchange that never ends, in the middle of a stream': async (peer) => {
    await openControl(peer, MAX_UINT32);
    await openTunnel(peer, 'display', MAX_UINT32);
    await sleep(200);
    // SSH_MSG_KEXINIT of its own, and nothing after it.
    const lists = ['curve25519-sha256', 'ssh-ed25519', ...Array(2).fill('aes128-gcm@openssh.com')];
    const rest = [...Array(2).fill('hmac-sha2-256-etm@openssh.com'), 'none', 'none', '', ''];
    const names = [...lists, ...rest].map((name) => string(name));
    peer.send(Buffer.concat([Uint8Array.of(20), Buffer.alloc(16), ...names, Buffer.alloc(5)]));
    await sleep(FLOOD_MS);
  },
  'global requests without end': (peer) =>
    floodWith(
      peer,
      message.globalRequest('tcpip-forward', true, Buffer.concat([string(''), Buffer.alloc(4)])),
      300_000,
    ),
  'channel requests without end': async (peer) =>
    floodWith(
      peer,
      message.request(await openControl(peer), 'env', true, Buffer.concat([string('A'), string('B')])),
      300_000,
    ),
  'channels without end': (peer) => floodWith(peer, message.openTunnel('/run/x', 7), 300_000),
  'nothing but what is to be ignored': (peer) => floodWith(peer, message.ignore(Buffer.alloc(1)), 300_000),
  'empty data without end': async (peer) => {
    await openControl(peer);
    await floodWith(peer, message.data(await openTunnel(peer, 'ssh'), ''), 300_000);
  },
  'window after window of one byte': async (peer) => {
    await openControl(peer);
    const id = await openTunnel(peer, 'display', 0);
    await floodWith(peer, message.adjust(id, 1), 300_000);
  },
  'the beginning of a message without an end': async (peer) => {
    const id = await openControl(peer);
    for (let sent = 0; sent < 60_000; sent += 6000) peer.send(message.data(id, Buffer.alloc(6000, '[')));
  },
};

test.each(Object.entries(excesses))(
  'a stranger sends a host %s, four times at once',
  async (_what, attack) => {
    await using stack = new AsyncDisposableStack();
    await underAttack(host, async () => {
      const peers = await Promise.all(Array.from({ length: 4 }, visit));
      for (const peer of peers) stack.use(peer);
      await Promise.all(peers.map(attack));
    });
  },
  60_000,
);

test('a stranger begins a log-in without an end', async () => {
  await underAttack(host, async () => {
    const socket = connect(host.port, '127.0.0.1').on('error', () => {});
    socket.resume().write('SSH-2.0-Mallory\r\n');
    // SSH_MSG_IGNORE, unencrypted, in packets of 16 bytes (RFC 4253 section 6).
    const packet = Buffer.concat([Uint8Array.of(0, 0, 0, 12, 6, 2), Buffer.alloc(10)]);
    const until = performance.now() + 5000;
    while (!socket.closed && performance.now() < until) {
      socket.write(Buffer.concat(Array.from({ length: 200 }, () => packet)));
      await sleep(5);
    }
    expect(socket.closed).toBe(true);
  });
}, 40_000);

/** The same from a host against whoever opens its page; `tunnel` is the visitor's number of its tunnel channel. */
const lies: Readonly<Record<string, HostPlan>> = {
  'confirms the control channel with packets of 0 bytes': { control: [WINDOW, 0] },
  'confirms the control channel with packets of 1 byte': { control: [WINDOW, 1] },
  'confirms a tunnel with packets of 0 bytes': { tunnel: [WINDOW, 0] },
  'confirms a tunnel with packets of 1 byte': { tunnel: [WINDOW, 1] },
  'sends data beyond the window': { attack: (peer, tunnel) => floodWith(peer, message.data(tunnel, piece), 4000) },
  'sends extended data, which nobody reads': {
    attack: (peer, tunnel) => floodWith(peer, message.stderr(tunnel, piece), 4000),
  },
  'sends extended data on the control channel': {
    attack: (peer, _tunnel, control) => floodWith(peer, message.stderr(control, piece), 4000),
  },
  'gives a window beyond 2^32 - 1': { attack: (peer, tunnel) => peer.send(message.adjust(tunnel, MAX_UINT32)) },
  'sends data after the end': {
    attack: (peer, tunnel) => {
      peer.send(message.eof(tunnel));
      peer.send(message.data(tunnel, 'x'));
    },
  },
  'confirms a channel twice': { attack: (peer, tunnel) => peer.send(message.confirm(tunnel, 9)) },
  'confirms a channel that was never asked for': { attack: (peer) => peer.send(message.confirm(99, 9)) },
};

async function beVisited(plan: HostPlan, isEnded: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<RawPeer>();
  await using bad = await hostRaw(liar, (peer) => {
    resolve(peer);
    playHost(peer, plan);
  });
  visitor.visit(bad.port);
  const peer = await promise;
  const isClosed = await peer.closed(isEnded ? END_MS : FLOOD_MS + 500);
  if (isEnded) expect(isClosed).toBe(true);
}

sideBySide(
  'a visitor leaves a host that',
  () => visitor,
  () => {
    test.each(Object.entries(lies))('%s', (_what, plan) => beVisited(plan, true), 40_000);
  },
);

/** Hosts that keep to the rules, and waste all the same. */
const wastes: Readonly<Record<string, HostPlan>> = {
  'asks for the proof of many keys, again and again': {
    attack: (peer) => {
      const keys = Array.from({ length: 400 }, () =>
        string(Buffer.concat([string('ssh-ed25519'), string(piece.subarray(0, 32))])),
      );
      return floodWith(peer, message.globalRequest('hostkeys-00@openssh.com', false, Buffer.concat(keys)), 3000);
    },
  },
  'opens channels without end': { attack: (peer) => floodWith(peer, message.open('x11', 3), 200_000) },
  'never confirms a channel, and sends signs of life': {
    tunnel: null,
    attack: (peer) => floodWith(peer, message.ignore(piece.subarray(0, 10)), 1000),
  },
  'sends many packets of one byte that nobody reads': {
    attack: (peer, tunnel) => floodWith(peer, message.data(tunnel, 'x'), 200_000),
  },
  'reads nothing of what it asked for': {
    tunnel: [MAX_UINT32, PACKET],
    attack: async (peer) => {
      peer.socket.pause();
      await floodWith(peer, message.globalRequest('keepalive@openssh.com', true), 400_000);
    },
  },
};

sideBySide(
  'a visitor bears a host that',
  () => visitor,
  () => {
    test.each(Object.entries(wastes))('%s', (_what, plan) => beVisited(plan, false), 40_000);
  },
);

test('what strangers asked for and never read is gone with them', async () => {
  const before = await host.keptMiB();
  for (let times = 0; times < 6; times += 1) {
    using peer = await visit();
    await openControl(peer, MAX_UINT32);
    // A stream fills the connection, and the answers wait.
    await openTunnel(peer, 'display', MAX_UINT32);
    peer.socket.pause();
    await sleep(200);
    for (let id = 0; id < 600; id += 1) call(peer, 'catalogue.get');
    await peer.flush();
    await sleep(300);
  }
  // 8 MiB of each were kept for ever.
  await expect.poll(async () => (await host.keptMiB()) - before, { timeout: 10_000 }).toBeLessThan(16);
}, 40_000);

test('a host that has no more open files leaves connections, and does not end', async () => {
  await using poor = await startHostEnd(join(folder, 'poor'), 44);
  const sockets = Array.from({ length: 64 }, (_, index) =>
    connect({ host: '127.0.0.1', port: poor.port, localAddress: `127.0.1.${1 + Math.floor(index / 8)}` }),
  );
  for (const socket of sockets) socket.on('error', () => {}).resume();
  await sleep(1000);
  for (const socket of sockets) socket.destroy();
  await poor.worstMs();
  await sleep(200);
  using peer = await visitRaw(connect(poor.port, '127.0.0.1'), poor.mallory.privateKey);
  expect(peer.isOpen).toBe(true);
  expect(await poor.worstMs()).toBeLessThan(MAX_ANSWER_MS);
}, 40_000);

test('a well-behaved peer is let in after all this, and is answered', async () => {
  using peer = await visit();
  const id = await openControl(peer);
  expect(id).toBe(0);
  peer.send(message.data(id, helloLine()));
  await sleep(200);
  expect(peer.isOpen).toBe(true);
  expect(await openTunnel(peer, 'files')).toBe(1);
  expect(SESSION).toMatch(/^[0-9a-f-]{36}$/);
});
