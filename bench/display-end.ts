// The ends and the middle of a measured display stream, each a process of its own:
// `node bench/display-end.ts serve KIND SOCKET`, `… join plain|held FROM_SOCKET TO_SOCKET`, and `… measure BYTES SOCKET`, which prints
// milliseconds.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { noPowers } from '../src/contract/powers.ts';
import { RfbClientFilter } from '../src/core/channels/display/rfb-client-filter.ts';
import { RfbServerFilter } from '../src/core/channels/display/rfb-server-filter.ts';
import { joinStreams } from '../src/core/wire/ssh/ssh.ts';

const SCREEN = { width: 1024, height: 720 };
const RAW = 0;
const TIGHT = 7;

const pixels = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
const init = Buffer.concat([Buffer.from([4, 0, 2, 0xd0]), pixels, Buffer.alloc(4)]);
const greeting = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([1, 1]), Buffer.alloc(4), init]);
const viewerGreeting = Buffer.from('RFB 003.008\n\x01\x01', 'latin1');

function rectangle(width: number, height: number, kind: number, body: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(width, 4);
  head.writeUInt16BE(height, 6);
  head.writeInt32BE(kind, 8);
  return Buffer.concat([head, body]);
}

function update(rectangles: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(rectangles.length, 2);
  return Buffer.concat([head, ...rectangles]);
}

/** What Tight packs a part of a window in: sizes as those of a program that scrolls text, from tens of bytes to some kilobytes. */
function packed(index: number): Buffer {
  const length = [40, 300, 1500, 90, 4000, 700, 60, 9000][index % 8] ?? 0;
  const head = [0x20, (length & 0x7f) | 0x80, length >> 7];
  return rectangle(200, 60, TIGHT, Buffer.concat([Buffer.from(head), Buffer.alloc(length, index)]));
}

const kinds: Readonly<Record<string, () => Buffer>> = {
  raw: () =>
    update([rectangle(SCREEN.width, SCREEN.height, RAW, Buffer.alloc(SCREEN.width * SCREEN.height * 4, 0x5a))]),
  tight: () => update(Array.from({ length: 64 }, (_, index) => packed(index))),
  // The most work for its bytes: parts of one colour, sixteen bytes each.
  tiny: () => update(new Array(8192).fill(rectangle(16, 16, TIGHT, Buffer.from([0x80, 1, 2, 3])))),
};

function serve(kind: string, path: string): void {
  const message = kinds[kind]?.() ?? Buffer.alloc(0);
  const chunk = Buffer.concat(new Array(Math.max(1, Math.round(2 ** 20 / message.length))).fill(message));
  createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.resume();
    socket.write(greeting);
    const fill = () => {
      while (!socket.destroyed && socket.write(chunk));
      socket.once('drain', fill);
    };
    fill();
  }).listen(path, () => console.log('ready'));
}

function joinThem(way: string, from: string, to: string): void {
  createServer({ allowHalfOpen: true }, async (channel) => {
    channel.on('error', () => channel.destroy());
    const socket = connect({ path: from, allowHalfOpen: true });
    await once(socket, 'connect');
    const powers = () => noPowers;
    const filters = { toHost: new RfbClientFilter(powers), toVisitor: new RfbServerFilter(powers) };
    void joinStreams(channel, socket, { toHost: 0, toVisitor: 0 }, way === 'held' ? filters : undefined);
  }).listen(to, () => console.log('ready'));
}

function measure(sizeBytes: number, path: string): void {
  let left = sizeBytes;
  let startedAt = 0;
  const onread = {
    buffer: Buffer.alloc(256 * 1024),
    callback: (count: number) => {
      startedAt ||= performance.now();
      left -= count;
      if (left > 0) return true;
      console.log(`took ${performance.now() - startedAt}`);
      process.exit(0);
    },
  };
  const socket = connect({ path, onread });
  socket.once('close', () => process.exit(1));
  socket.write(viewerGreeting);
}

const [role, first = '', second = '', third = ''] = process.argv.slice(2);
if (role === 'serve') serve(first, second);
else if (role === 'join') joinThem(first, second, third);
else measure(Number(first), second);
