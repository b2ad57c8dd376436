// Clients of a session that take and send as fast as the wire does, and never end by themselves.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { Identity } from '../../src/core/identity/identity.ts';

/** What a greedy client got, and when it last got something (`performance.now`). */
export interface Greed {
  bytes: number;
  lastAt: number;
  isClosed: boolean;
}

const SIZE = { width: 1024, height: 700 };

/** Speaks RFB 3.8 (RFC 6143) as far as it must, then asks for the whole screen again and again, and moves the mouse meanwhile. */
export async function watchGreedily(channel: Duplex): Promise<Greed> {
  const greed = track(channel);
  await expectBytes(channel, greed, 12);
  channel.write('RFB 003.008\n');
  // The list of security types, and the result of the first of them, None.
  await expectBytes(channel, greed, 2);
  channel.write(Buffer.from([1]));
  await expectBytes(channel, greed, 4);
  channel.write(Buffer.from([1]));
  await expectBytes(channel, greed, 24);
  const update = Buffer.alloc(10);
  update.writeUInt8(3, 0);
  update.writeUInt16BE(SIZE.width, 6);
  update.writeUInt16BE(SIZE.height, 8);
  const pointer = Buffer.from([5, 0, 0, 10, 0, 10]);
  const timer = setInterval(() => {
    for (let times = 0; times < 20; times += 1) channel.write(pointer);
    if (channel.writableLength < 100_000) channel.write(update);
  }, 10);
  channel.once('close', () => clearInterval(timer));
  return greed;
}

/** Logs in at the session's sshd, and reads what the program says on its standard output. */
export async function readGreedily(channel: Duplex, key: Identity): Promise<Greed> {
  const greed = track(channel);
  const client = new ssh2.Client().on('error', () => {});
  client.connect({ sock: channel as never, username: 'ebp', privateKey: key.privateKey });
  await once(client, 'ready');
  // No program starts without a display, even one that never looks for it.
  client.exec('anything', { x11: true }, (error, stream) => {
    if (error === undefined) stream.resume();
  });
  return greed;
}

function track(channel: Duplex): Greed {
  const greed: Greed = { bytes: 0, lastAt: performance.now(), isClosed: false };
  channel.on('data', (chunk: Buffer) => {
    greed.bytes += chunk.length;
    greed.lastAt = performance.now();
  });
  channel.once('close', () => {
    greed.isClosed = true;
  });
  return greed;
}

async function expectBytes(channel: Duplex, greed: Greed, count: number): Promise<void> {
  const wanted = greed.bytes + count;
  while (greed.bytes < wanted) await once(channel, 'data');
}
