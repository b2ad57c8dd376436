// Has the buffers of passed packets collected while they are young, which is cheap, and before V8 counts them as pressure.
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' }) => void;

/**
 * Small beside the 64 MiB of buffers at which V8 collects everything there is, and large beside what one collection costs
 * (less than a millisecond). docs/decisions/0006-tunnel-throughput.md has the figures.
 */
export const COLLECT_EVERY_BYTES = 4 * 1024 * 1024;

let collect: Collect | undefined;
let passedBytes = 0;

/** Counts what the socket reads and writes. Whoever calls it must listen to the socket's data within the same turn. */
export function collectEarly(socket: Socket): Socket {
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
