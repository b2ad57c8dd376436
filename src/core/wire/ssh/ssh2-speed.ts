// What makes ssh2 as fast as OpenSSH, private fields of it included; docs/decisions/0006-tunnel-throughput.md has the figures.
import { createSecretKey, KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Log } from '../../lib/log.ts';

/** The version whose private fields these are; with another one `ssh2-speed.test.ts` fails until somebody has looked. */
export const SSH2_VERSION = '1.17.0';

/** A private field that is written here: which part of a connection has it, and what it holds. */
const KEY_FIELDS = [
  ['_cipher', '_encKey'],
  ['_decipher', '_decipherKey'],
] as const;

type Cipher = Record<string, unknown>;
interface Internals {
  readonly _protocol?: Readonly<Record<string, Cipher | undefined>>;
}
interface Connection {
  on(event: 'handshake', listener: () => void): unknown;
}

let hasTold = false;

/**
 * Gives ssh2's ciphers their keys in the form that Node takes fastest, now and after each exchange of keys: ssh2 makes a cipher object for
 * each packet, and Node 24 imports key bytes anew for each of them, which takes a fifth of the time that a packet of 32 KiB needs. Where
 * ssh2 has become another, nothing is changed, and the log says so once.
 */
export function speedUpConnection(connection: Connection, log: Log): void {
  connection.on('handshake', () => {
    const missing = readyKeys(connection);
    if (missing.length === 0 || hasTold) return;
    hasTold = true;
    log.warn({ missing, expected: SSH2_VERSION }, 'ssh2 is not the version that is known here, and tunnels are slower');
  });
}

/** Makes the keys ready. Returns the fields that are not where they were. */
function readyKeys(connection: Connection): readonly string[] {
  const protocol = (connection as Internals)._protocol;
  return KEY_FIELDS.flatMap(([part, field]) => {
    const cipher = protocol?.[part];
    const key = cipher?.[field];
    if (cipher !== undefined && key instanceof Uint8Array) cipher[field] = createSecretKey(key);
    // With its native add-on, ssh2 keeps the key outside of JavaScript.
    const isReady = cipher !== undefined && (cipher[field] instanceof KeyObject || '_instance' in cipher);
    return isReady ? [] : [`${part}.${field}`];
  });
}

/** For the socket of a connection. Whoever calls it must listen to the socket's data within the same turn. */
export function speedUpSocket(socket: Socket): Socket {
  return collectEarly(batchWrites(socket));
}

/**
 * Hands what is written within one turn of the event loop to the kernel together. ssh2 writes each packet in three pieces
 * (length, content, tag), which would be three system calls and, without Nagle's algorithm, three TCP segments.
 */
function batchWrites(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isHeld = false;
  socket.write = ((...args: unknown[]) => {
    if (!isHeld) {
      isHeld = true;
      socket.cork();
      process.nextTick(() => {
        isHeld = false;
        socket.uncork();
      });
    }
    return write(...args);
  }) as Socket['write'];
  return socket;
}

type Collect = (options: { readonly type: 'minor' }) => void;

/** Far below the 64 MiB of buffers at which V8 collects everything, and enough to be worth one collection (less than a millisecond). */
export const COLLECT_EVERY_BYTES = 4 * 1024 * 1024;

let collect: Collect | undefined;
let passedBytes = 0;

/** Has the buffers of passed packets collected while they are young, which is cheap, and before V8 counts them as pressure. */
function collectEarly(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = ((...args: unknown[]) => {
    if (args[0] instanceof Uint8Array) countPassed(args[0].length);
    return write(...args);
  }) as Socket['write'];
  socket.on('data', (chunk: Buffer) => countPassed(chunk.length));
  return socket;
}

/** All connections together: they share one heap. */
function countPassed(sizeBytes: number): void {
  passedBytes += sizeBytes;
  if (passedBytes < COLLECT_EVERY_BYTES) return;
  passedBytes = 0;
  collect ??= openCollector();
  collect({ type: 'minor' });
}

/** Only a core that carries data comes here. Where the engine does not give its collector, nothing is done. */
function openCollector(): Collect {
  // V8 frees the memory of buffers on another thread, which fights with this one over the allocator: half of the time went there.
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as Collect) : () => {};
}
