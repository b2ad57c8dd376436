// Counts what comes out of a stream and what goes into it, without reading it.
import type { Duplex } from 'node:stream';

/**
 * The stream itself, counted from now on, with what already waits in it. It is not started: whoever reads it later gets the
 * first byte as well, which a listener to `data` would have let go.
 */
export function countBytes(
  stream: Duplex,
  on: { read(sizeBytes: number): void; written(sizeBytes: number): void },
): Duplex {
  if (stream.readableLength > 0) on.read(stream.readableLength);
  const push = stream.push.bind(stream);
  stream.push = (chunk, encoding) => {
    if (chunk instanceof Uint8Array) on.read(chunk.length);
    return push(chunk, encoding);
  };
  const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
  const end = stream.end.bind(stream) as (chunk?: unknown, ...rest: unknown[]) => Duplex;
  const note = (chunk: unknown) => {
    if (chunk instanceof Uint8Array) on.written(chunk.length);
  };
  stream.write = ((chunk: unknown, ...rest: unknown[]) => {
    note(chunk);
    return write(chunk, ...rest);
  }) as Duplex['write'];
  stream.end = ((chunk?: unknown, ...rest: unknown[]) => {
    note(chunk);
    return end(chunk, ...rest);
  }) as Duplex['end'];
  return stream;
}
