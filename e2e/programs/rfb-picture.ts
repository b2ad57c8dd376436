// A picture of a display as its viewer gets it: RFB 3.8 (RFC 6143) with raw pixels, over the display's Unix socket.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Picture } from '../computers/picture.ts';

const TIMEOUT_MS = 10_000;
/** 32 bits, little-endian, red in the third byte. */
const PIXELS = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
const BYTES_PER_PIXEL = 4;

/** @throws when the display is gone, or says nothing for ten seconds */
export async function takePicture(path: string): Promise<Picture> {
  const socket = connect({ path });
  const timer = setTimeout(() => socket.destroy(new Error('the display does not answer')), TIMEOUT_MS);
  try {
    await once(socket, 'connect');
    return await readPicture(socket, reader(socket));
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function readPicture(socket: Socket, read: (count: number) => Promise<Buffer>): Promise<Picture> {
  await read(12);
  socket.write('RFB 003.008\n');
  const [kinds = 0] = await read(1);
  await read(kinds);
  socket.write(Buffer.of(1));
  await read(4);
  // Shared: its visitor goes on.
  socket.write(Buffer.of(1));
  const init = await read(24);
  const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)];
  await read(init.readUInt32BE(20));
  const ask = Buffer.from([3, 0, 0, 0, 0, 0, width >> 8, width & 255, height >> 8, height & 255]);
  socket.write(Buffer.concat([Buffer.of(0, 0, 0, 0), PIXELS, Buffer.of(2, 0, 0, 1, 0, 0, 0, 0), ask]));
  const rgb = Buffer.alloc(width * height * 3);
  for (let missing = width * height; missing > 0; ) {
    const [kind] = await read(1);
    // Bell; text of its clipboard.
    if (kind === 2) continue;
    if (kind === 3) {
      await read((await read(7)).readUInt32BE(3));
      continue;
    }
    if (kind !== 0) throw new Error(`message ${kind} was not expected`);
    const count = (await read(3)).readUInt16BE(1);
    for (let at = 0; at < count; at += 1) {
      const head = await read(12);
      const [x, y, w, h] = [0, 2, 4, 6].map((place) => head.readUInt16BE(place)) as [number, number, number, number];
      const pixels = await read(w * h * BYTES_PER_PIXEL);
      for (let pixel = 0; pixel < w * h; pixel += 1) {
        const to = ((y + Math.floor(pixel / w)) * width + x + (pixel % w)) * 3;
        rgb[to] = pixels[pixel * BYTES_PER_PIXEL + 2] ?? 0;
        rgb[to + 1] = pixels[pixel * BYTES_PER_PIXEL + 1] ?? 0;
        rgb[to + 2] = pixels[pixel * BYTES_PER_PIXEL] ?? 0;
      }
      missing -= w * h;
    }
  }
  return { width, height, rgb };
}

/** Reads so many bytes, whole, in order. */
function reader(socket: Socket): (count: number) => Promise<Buffer> {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let left: Buffer = Buffer.alloc(0);
  return async (count) => {
    const parts = [left];
    let size = left.length;
    while (size < count) {
      const { value, done } = await chunks.next();
      if (done) throw new Error('the display is gone');
      parts.push(value);
      size += value.length;
    }
    const all = parts.length === 1 ? left : Buffer.concat(parts);
    left = all.subarray(count);
    return all.subarray(0, count);
  };
}
