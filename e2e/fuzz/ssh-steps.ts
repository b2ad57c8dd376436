// What a hostile end of the peer connection does, step after step, read from the bytes of an input.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TunnelEnd } from '../../src/core/wire/peer-protocol.ts';
import { call, helloLine, tunnelOf } from '../attacks/ssh-dialogue.ts';
import { MAX_UINT32, message, PACKET, type RawPeer, string, WINDOW } from '../attacks/ssh-messages.ts';
import type { Random } from './random.ts';

/** The time for what one input sends, without connecting. */
export const ATTACK_MS = 1500;
const MAX_REPEATS = 4000;

const NUMBERS = [
  ...[0, 1, 2, 3, 255, 256, 1023, 1024, 0x7fff, PACKET - 1, PACKET, PACKET + 1, WINDOW - 1, WINDOW, WINDOW + 1],
  ...[2 ** 31 - 1, 2 ** 31, MAX_UINT32 - WINDOW, MAX_UINT32 - WINDOW + 1, MAX_UINT32 - 1, MAX_UINT32],
];
const SIZES = [0, 1, 2, 100, 511, 1023, 1024, 4096, PACKET - 1, PACKET, PACKET + 1, 34_000];
export const ENDS: readonly TunnelEnd[] = ['display', 'ssh', 'files'];
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
export class Reader {
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

/** The session is one that the sender has. */
type Step = (peer: RawPeer, session: string) => void | Promise<void>;

const sending = (payload: Uint8Array): Step => {
  return (peer) => peer.send(payload);
};

/** The steps that an input's bytes can stand for; the first byte of each chooses. */
const steps: readonly ((reader: Reader) => Step)[] = [
  (reader) => sending(message.open(reader.of(TYPES), reader.number(), reader.number(), reader.number())),
  (reader) => {
    const [end, ...numbers] = [reader.of(ENDS), reader.number(), reader.number(), reader.number()] as const;
    return (peer, session) => peer.send(tunnelOf(end, ...numbers, session));
  },
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
    return (peer, session) => whole?.({ ...peer, send: (payload) => peer.send(payload.subarray(0, length)) }, session);
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
export async function attack(peer: RawPeer, reader: Reader, session: string): Promise<void> {
  const until = performance.now() + ATTACK_MS;
  while (!reader.isOver && peer.isOpen && performance.now() < until) {
    const kind = reader.byte() % steps.length;
    const power = reader.byte() % 24;
    const step = steps[kind]?.(reader);
    const repeats = kind >= FIRST_WITHOUT_REPEAT || power < 12 ? 1 : Math.min(MAX_REPEATS, 2 ** (power - 11));
    for (let times = 0; times < repeats && peer.isOpen && performance.now() < until; times += 1) {
      await step?.(peer, session);
      if (times % 64 === 63) await peer.flush(100);
    }
  }
  await peer.flush(100);
  await sleep(5);
}

const step = (kind: number, ...rest: readonly number[]) => [kind, 0, ...rest];
const often = (kind: number, ...rest: readonly number[]) => [kind, 23, ...rest];
const index = (value: number) => NUMBERS.indexOf(value);
const size = (value: number) => SIZES.indexOf(value);

export const seeds = (): Uint8Array[] =>
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
  ]
    // Those behind a tunnel at a lone end as well.
    .flatMap((bytes) => (bytes[0] === 2 ? [bytes, [3, ...bytes.slice(1)]] : [bytes]))
    .map((bytes) => Uint8Array.from(bytes));

export function generate(random: Random): Uint8Array {
  const count = 1 + random.size(20);
  const bytes = [random.below(256)];
  for (let left = count; left > 0; left -= 1)
    bytes.push(random.below(steps.length), random.below(24), ...random.some(8, () => random.below(256)));
  return Uint8Array.from(bytes);
}
