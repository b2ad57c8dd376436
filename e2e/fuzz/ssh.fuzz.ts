// The channel layer of SSH: messages of any kind, number, size and order, at a real peer port and at a real visitor, each in a process of its own.
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openIdentity } from '../../src/core/identity/identity.ts';
import type { TunnelEnd } from '../../src/core/tunnel/peer-protocol.ts';
import { type AttackedEnd, startHostEnd, startVisitorEnd } from '../attacks/peer-ends.ts';
import { call, helloLine, openControl, openTunnel, playHost, tunnelOf } from '../attacks/ssh-dialogue.ts';
import {
  hostRaw,
  MAX_UINT32,
  message,
  PACKET,
  type RawPeer,
  string,
  visitRaw,
  WINDOW,
} from '../attacks/ssh-messages.ts';
import { claim, type Fuzzer, type Target, temporaryFolder } from './fuzzer.ts';
import type { Random } from './random.ts';

const MAX_ANSWER_MS = 1000;
const MAX_GROWTH_MIB = 64;
/** What connections keep that have not quite ended. */
const MAX_LEFT_MIB = 32;
/** So long nobody waits for an end that has nothing to do. */
const STALL_MS = 8000;
/** For what one input sends, beside its connecting. */
const ATTACK_MS = 1500;
const MAX_REPEATS = 4000;

const NUMBERS = [
  ...[0, 1, 2, 3, 255, 256, 1023, 1024, 0x7fff, PACKET - 1, PACKET, PACKET + 1, WINDOW - 1, WINDOW, WINDOW + 1],
  ...[2 ** 31 - 1, 2 ** 31, MAX_UINT32 - WINDOW, MAX_UINT32 - WINDOW + 1, MAX_UINT32 - 1, MAX_UINT32],
];
const SIZES = [0, 1, 2, 100, 511, 1023, 1024, 4096, PACKET - 1, PACKET, PACKET + 1, 34_000];
const ENDS: readonly TunnelEnd[] = ['display', 'ssh', 'files'];
const TYPES = ['session', 'direct-tcpip', 'forwarded-tcpip', 'x11', 'auth-agent@openssh.com', ''];
const REQUESTS = ['subsystem', 'shell', 'exec', 'pty-req', 'env', 'x11-req', 'signal', 'exit-status', 'exit-signal'];
const GLOBALS = [
  'keepalive@openssh.com',
  'tcpip-forward',
  'hostkeys-00@openssh.com',
  'no-more-sessions@openssh.com',
  '',
];
const filling = Buffer.alloc(40_000, 0x20);

/** Takes an input apart. What is missing at its end is zero. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get isOver(): boolean {
    return this.#at >= this.#bytes.length;
  }
  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }
  of<T>(list: readonly T[]): T {
    return list[this.byte() % list.length] as T;
  }
  number(): number {
    return this.of(NUMBERS);
  }
  /** Mostly of a channel that is there. */
  channel(): number {
    const byte = this.byte();
    return byte < 200 ? byte % 4 : this.number();
  }
  rest(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.byte()));
  }
}

type Step = (peer: RawPeer) => void | Promise<void>;

const sending = (payload: Uint8Array): Step => {
  return (peer) => peer.send(payload);
};

/** The steps that an input's bytes can stand for; the first byte of each chooses. */
const steps: readonly ((reader: Reader) => Step)[] = [
  (reader) => sending(message.open(reader.of(TYPES), reader.number(), reader.number(), reader.number())),
  (reader) => sending(tunnelOf(reader.of(ENDS), reader.number(), reader.number(), reader.number())),
  (reader) => sending(message.openTunnel('/run/x', reader.number(), reader.number(), reader.number())),
  (reader) => sending(message.confirm(reader.channel(), reader.number(), reader.number(), reader.number())),
  (reader) => sending(message.adjust(reader.channel(), reader.number())),
  (reader) => sending(message.data(reader.channel(), filling.subarray(0, reader.of(SIZES)))),
  (reader) => sending(message.stderr(reader.channel(), filling.subarray(0, reader.of(SIZES)))),
  (reader) => sending(message.eof(reader.channel())),
  (reader) => sending(message.close(reader.channel())),
  (reader) => sending(message.request(reader.channel(), reader.of(REQUESTS), reader.byte() > 127, string('a'))),
  (reader) => sending(message.subsystem(reader.channel())),
  (reader) =>
    sending(Buffer.concat([Uint8Array.of(99 + (reader.byte() % 2)), message.eof(reader.channel()).subarray(1)])),
  (reader) => sending(message.globalRequest(reader.of(GLOBALS), reader.byte() > 127, reader.rest(reader.byte() % 64))),
  (reader) => sending(message.ignore(filling.subarray(0, reader.of(SIZES)))),
  (reader) => sending(message.data(reader.channel(), helloLine())),
  (reader) => {
    const method = reader.of(['catalogue.get', 'hello', 'icon.get', 'request.create', 'session.end', 'x']);
    return (peer) => call(peer, method);
  },
  () => (peer) => peer.rekey(),
  (reader) => {
    const type = reader.byte();
    return sending(Buffer.concat([Uint8Array.of(type), reader.rest(reader.byte() % 40)]));
  },
  // A message that is cut short.
  (reader) => {
    const whole = steps[reader.byte() % 13]?.(reader);
    const length = reader.byte();
    return (peer) => whole?.({ ...peer, send: (payload) => peer.send(payload.subarray(0, length)) });
  },
  (reader) => {
    const isPaused = reader.byte() > 127;
    return (peer) => void (isPaused ? peer.socket.pause() : peer.socket.resume());
  },
  (reader) => {
    const ms = reader.byte() % 30;
    return () => sleep(ms);
  },
  // Bytes that are no packet.
  (reader) => {
    const bytes = reader.rest(reader.byte() % 60);
    return (peer) => void (peer.isOpen && peer.socket.write(bytes));
  },
];
const FIRST_WITHOUT_REPEAT = steps.length - 3;

/** Does what an input says: how far to go in first, then step after step, each as often as it says. */
async function attack(peer: RawPeer, reader: Reader): Promise<void> {
  const until = performance.now() + ATTACK_MS;
  while (!reader.isOver && peer.isOpen && performance.now() < until) {
    const kind = reader.byte() % steps.length;
    const power = reader.byte() % 24;
    const step = steps[kind]?.(reader);
    const repeats = kind >= FIRST_WITHOUT_REPEAT || power < 12 ? 1 : Math.min(MAX_REPEATS, 2 ** (power - 11));
    for (let times = 0; times < repeats && peer.isOpen && performance.now() < until; times += 1) {
      await step?.(peer);
      if (times % 64 === 63) await peer.flush(100);
    }
  }
  await peer.flush(100);
  await sleep(5);
}

/**
 * What must hold, whatever is sent. Where a computer is busy with something else an answer takes longer: it counts when this end
 * itself was busy, or let others wait for long, twice in a row.
 */
async function watched(end: AttackedEnd, attempt: () => Promise<void>): Promise<void> {
  for (let times = 0; ; times += 1) {
    await end.worstMs();
    const before = await end.residentMiB();
    const cpuBefore = await end.cpuMs();
    await attempt();
    const grownMiB = (await end.residentMiB()) - before;
    const waitedMs = await end.worstMs();
    const isBusy = (await end.cpuMs()) - cpuBefore > MAX_ANSWER_MS / 2;
    const isAnswered = waitedMs <= MAX_ANSWER_MS || (!isBusy && waitedMs <= STALL_MS);
    if (isAnswered && grownMiB <= MAX_GROWTH_MIB) return;
    if (times === 0) continue;
    claim(isAnswered, `another peer is answered within a second: ${Math.round(waitedMs)} ms`);
    claim(grownMiB <= MAX_GROWTH_MIB, `memory grows by 64 MiB at most: ${Math.round(grownMiB)} MiB`);
  }
}

/** Over all inputs together: what an attack leaves behind adds up. */
async function createLeakWatch(end: AttackedEnd): Promise<() => Promise<void>> {
  let runs = 0;
  let settled = 0;
  return async () => {
    runs += 1;
    if (runs === 20) settled = await end.keptMiB();
    else if (runs % 50 === 0) {
      // What was just cut off is gone a moment later.
      for (let times = 0; times < 20 && (await end.keptMiB()) - settled > MAX_LEFT_MIB; times += 1) await sleep(250);
      claim((await end.keptMiB()) - settled <= MAX_LEFT_MIB, 'attacks leave nothing behind in the memory');
    }
  };
}

const step = (kind: number, ...rest: readonly number[]) => [kind, 0, ...rest];
const often = (kind: number, ...rest: readonly number[]) => [kind, 23, ...rest];
const index = (value: number) => NUMBERS.indexOf(value);
const size = (value: number) => SIZES.indexOf(value);

const seeds = (): Uint8Array[] =>
  [
    [0, ...step(0, 0, 1, index(WINDOW), 0), ...step(10, 0), ...step(14, 0), ...step(15, 0)],
    [2, ...often(5, 2, size(PACKET))],
    [2, ...often(6, 2, size(PACKET))],
    [2, ...often(5, 2, size(1))],
    [2, ...step(4, 1, index(MAX_UINT32))],
    [2, ...step(19, 255), ...step(4, 1, index(MAX_UINT32 - WINDOW)), ...often(15, 0), ...step(20, 29)],
    [2, ...step(7, 2), ...step(5, 2, 1), ...step(8, 2), ...step(5, 2, 1)],
    [1, ...step(3, 200, index(1), index(1), index(0)), ...often(12, 1, 255, 0)],
    [1, ...step(16), ...step(20, 20), ...step(16), ...often(13, 1)],
    [1, ...often(9, 0, 4, 255), ...often(2, 1, 1, 13)],
    [1, ...step(17, 20, 30), ...step(18, 5, 0, 3, 4)],
    [2, ...step(19, 255), ...often(4, 1, 1), ...step(21, 30)],
  ].map((bytes) => Uint8Array.from(bytes));

function generate(random: Random): Uint8Array {
  const count = 1 + random.size(20);
  const bytes = [random.below(3)];
  for (let left = count; left > 0; left -= 1)
    bytes.push(random.below(steps.length), random.below(24), ...random.some(8, () => random.below(256)));
  return Uint8Array.from(bytes);
}

const common = {
  // The ends run in processes of their own.
  covers: [],
  maxBytes: 400,
  seeds,
  generate,
  allowanceMs: 3000,
} satisfies Partial<Fuzzer>;

export const sshHost: Fuzzer = {
  ...common,
  name: 'ssh-host',
  start: async (): Promise<Target> => {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await temporaryFolder());
    const host = stack.use(await startHostEnd(folder.path));
    const checkLeaks = await createLeakWatch(host);
    let attempts = 0;
    const attempt = async (input: Uint8Array) => {
      // From another address each time: what one sent too much of is not the next one's to wait for.
      attempts += 1;
      const localAddress = `127.0.${1 + (attempts >> 8)}.${attempts & 255}`;
      const socket = connect({ host: '127.0.0.1', port: host.port, localAddress });
      using peer = await visitRaw(socket, host.mallory.privateKey);
      const reader = new Reader(input);
      const depth = reader.byte() % 3;
      if (depth > 0) await openControl(peer);
      if (depth > 1) for (const end of ENDS) await openTunnel(peer, end);
      await attack(peer, reader);
    };
    const kept = stack.move();
    return {
      run: async (input) => {
        await watched(host, () => attempt(input));
        await checkLeaks();
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  },
};

export const sshVisitor: Fuzzer = {
  ...common,
  name: 'ssh-visitor',
  start: async (): Promise<Target> => {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await temporaryFolder());
    const good = stack.use(await startHostEnd(folder.path));
    const visitor = stack.use(await startVisitorEnd(folder.path, good));
    const checkLeaks = await createLeakWatch(visitor);
    let onVisit: (peer: RawPeer) => void = () => {};
    const bad = stack.use(
      await hostRaw((await openIdentity(join(folder.path, 'liar'))).privateKey, (peer) => onVisit(peer)),
    );
    const attempt = async (input: Uint8Array) => {
      const visit = Promise.withResolvers<RawPeer>();
      const isDone = Promise.withResolvers<void>();
      onVisit = (peer) => {
        const reader = new Reader(input);
        const depth = reader.byte() % 3;
        const go = () => void attack(peer, reader).then(isDone.resolve, isDone.reject);
        playHost(peer, { attack: () => (depth > 0 ? go() : undefined) });
        if (depth === 0) go();
        visit.resolve(peer);
      };
      visitor.visit(bad.port);
      using peer = await visit.promise;
      await Promise.race([isDone.promise, peer.closed(2 * ATTACK_MS)]);
    };
    const kept = stack.move();
    return {
      run: async (input) => {
        await watched(visitor, () => attempt(input));
        await checkLeaks();
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  },
};
