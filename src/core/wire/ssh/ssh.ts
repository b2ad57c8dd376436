// What both ends of the peer connection have in common: algorithms, keep-alive, joining two streams.
import type { Duplex, Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import type { Algorithms } from 'ssh2';

/** Modern algorithms only; both ends are ours. AES-GCM first: it runs in the processor, without any native add-on. */
export const algorithms: Algorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'],
  hmac: ['hmac-sha2-256-etm@openssh.com'],
  compress: ['none'],
};

/** A connection that has not answered for this long is lost. */
export const KEEPALIVE = { keepaliveInterval: 2000, keepaliveCountMax: 3 } as const;

export interface ByteCount {
  toHost: number;
  toVisitor: number;
}

export interface Filters {
  readonly toHost?: Transform;
  readonly toVisitor?: Transform;
}

/**
 * Joins a visitor's stream with a host's until both have ended; an error on one, or of a filter, ends both. Bytes are counted
 * as they come.
 */
export function joinStreams(
  visitorSide: Duplex,
  hostSide: Duplex,
  count?: ByteCount,
  filters?: Filters,
): Promise<void> {
  if (count !== undefined) {
    visitorSide.on('data', (chunk: Buffer) => {
      count.toHost += chunk.length;
    });
    hostSide.on('data', (chunk: Buffer) => {
      count.toVisitor += chunk.length;
    });
  }
  for (const stream of [visitorSide, hostSide]) stream.setMaxListeners(MAX_LISTENERS);
  const { promise, resolve } = Promise.withResolvers<void>();
  let open = 2;
  const onEnd = (error: Error | null | undefined) => {
    if (error) {
      visitorSide.destroy();
      hostSide.destroy();
    }
    open -= 1;
    if (open === 0) resolve();
  };
  const { toHost, toVisitor } = filters ?? {};
  if (toHost === undefined) pipeline(visitorSide, hostSide, onEnd);
  else pipeline(visitorSide, toHost, hostSide, onEnd);
  if (toVisitor === undefined) pipeline(hostSide, visitorSide, onEnd);
  else pipeline(hostSide, toVisitor, visitorSide, onEnd);
  return promise;
}

/** For one stream: two pipelines, the counters and watchers add more than Node's limit of ten, and that is no leak. */
export const MAX_LISTENERS = 32;

/**
 * A channel of ssh2 emits `close` only when all that came was read. Nobody reads a destroyed one, so the rest is thrown away here:
 * its end is heard even when a reader was killed on the way.
 */
export function closingWhenDestroyed<C extends Duplex>(channel: C): C {
  const destroy = channel.destroy.bind(channel);
  channel.destroy = ((error?: Error) => {
    destroy(error);
    channel.resume();
    return channel;
  }) as never;
  return channel;
}
