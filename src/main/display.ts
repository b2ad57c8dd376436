// Carries the RFB streams of one window over one message port: several streams, told apart by a number that the page chose.
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { check } from '../contract/check.ts';
import { type Problem, toProblem } from '../contract/errors.ts';
import { sessionIdSchema } from '../contract/ids.ts';
import type { Port } from '../contract/port.ts';

const streamSchema = z.number().int().nonnegative();
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What the page sends. `ack` is optional: once a page has sent one, the stream waits for a page that is slow to draw. */
const fromPageSchema = z.discriminatedUnion('kind', [
  z.object({ stream: streamSchema, kind: z.literal('open'), sessionId: sessionIdSchema }),
  z.object({
    stream: streamSchema,
    kind: z.literal('data'),
    bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.byteLength <= MAX_MESSAGE_BYTES, 'is too large'),
  }),
  z.object({ stream: streamSchema, kind: z.literal('ack'), sizeBytes: z.number().int().nonnegative() }),
  z.object({ stream: streamSchema, kind: z.literal('close') }),
]);

/** What the page gets. `problem` is null when the stream ended by itself. */
export type DisplayToPage =
  | { readonly stream: number; readonly kind: 'opened' }
  | { readonly stream: number; readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly stream: number; readonly kind: 'close'; readonly problem: Problem | null };

const MAX_STREAMS = 32;
/** A stream stops reading when this much is on its way to the page, and goes on when half of it has arrived. */
export const MAX_UNACKED_BYTES = 4 * 1024 * 1024;
/** The most that may wait to be written towards the program: keys and pointer moves are small. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

interface Stream {
  /** Null while it is being opened. */
  duplex: Duplex | null;
  unackedBytes: number;
  hasAcks: boolean;
}

/** Serves a page's streams until the port closes; then all of them end. */
export function serveDisplays(port: Port, openDisplay: (sessionId: string) => Promise<Duplex>): void {
  const streams = new Map<number, Stream>();
  let isClosed = false;
  const post = (message: DisplayToPage) => {
    if (!isClosed) port.post(message);
  };

  function end(id: number, problem: Problem | null): void {
    const stream = streams.get(id);
    if (stream === undefined) return;
    streams.delete(id);
    stream.duplex?.destroy();
    post({ stream: id, kind: 'close', problem });
  }

  async function open(id: number, sessionId: string): Promise<void> {
    if (streams.has(id)) return;
    if (streams.size >= MAX_STREAMS) {
      post({ stream: id, kind: 'close', problem: { code: 'too-many-requests', params: {} } });
      return;
    }
    const stream: Stream = { duplex: null, unackedBytes: 0, hasAcks: false };
    streams.set(id, stream);
    let duplex: Duplex;
    try {
      duplex = await openDisplay(sessionId);
    } catch (error) {
      if (streams.get(id) === stream) end(id, toProblem(error));
      return;
    }
    // First of all, because a stream may still fail after nobody waits for it.
    duplex.on('error', () => {});
    if (streams.get(id) !== stream) {
      duplex.destroy();
      return;
    }
    stream.duplex = duplex;
    post({ stream: id, kind: 'opened' });
    duplex.on('data', (chunk: Uint8Array) => {
      // A copy: a chunk is often a small part of a large pool, and structured cloning would copy all of the pool.
      post({ stream: id, kind: 'data', bytes: Uint8Array.from(chunk) });
      stream.unackedBytes += chunk.byteLength;
      if (stream.hasAcks && stream.unackedBytes > MAX_UNACKED_BYTES) duplex.pause();
    });
    duplex.once('close', () => {
      if (streams.get(id) === stream) end(id, duplex.errored === null ? null : toProblem(duplex.errored));
    });
    duplex.once('end', () => duplex.destroy());
  }

  port.onMessage((message) => {
    const parsed = check(fromPageSchema, message);
    if (!parsed.success) {
      port.close();
      return;
    }
    const { data: told } = parsed;
    if (told.kind === 'open') {
      void open(told.stream, told.sessionId);
      return;
    }
    const stream = streams.get(told.stream);
    if (stream === undefined) return;
    if (told.kind === 'close') {
      streams.delete(told.stream);
      stream.duplex?.destroy();
    } else if (told.kind === 'ack') {
      stream.hasAcks = true;
      stream.unackedBytes = Math.max(0, stream.unackedBytes - told.sizeBytes);
      if (stream.unackedBytes > MAX_UNACKED_BYTES) stream.duplex?.pause();
      else if (stream.unackedBytes <= MAX_UNACKED_BYTES / 2 && stream.duplex?.isPaused()) stream.duplex.resume();
    } else if (stream.duplex !== null) {
      stream.duplex.write(told.bytes);
      if (stream.duplex.writableLength > MAX_WAITING_BYTES) {
        end(told.stream, { code: 'too-large', params: { where: 'display', limit: MAX_WAITING_BYTES } });
      }
    }
  });

  port.onClose(() => {
    isClosed = true;
    for (const stream of streams.values()) stream.duplex?.destroy();
    streams.clear();
  });
}
