// Both ends of a display's RFB stream for tests: a viewer that records what it is sent, and messages of a server.
import { once } from 'node:events';
import type { Duplex, Transform } from 'node:stream';
import { encoding } from './rfb-protocol.ts';

export const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
export const u16 = (value: number): Buffer => bytes((value >> 8) & 255, value & 255);
export const u32 = (value: number): Buffer => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);

/** 32 bits, eight for each colour, as Xvnc and noVNC have it. */
export const PIXELS = bytes(32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0);

/** What a server says before its first message (RFC 6143, 7.1 to 7.3), in pieces as it says them. */
export function serverGreeting(name = '', pixels = PIXELS): Buffer[] {
  const init = Buffer.concat([u16(1024), u16(720), pixels, u32(name.length), Buffer.from(name)]);
  return [Buffer.from('RFB 003.008\n'), bytes(1, 1), u32(0), init];
}

export const serverText = (text: string): Buffer =>
  Buffer.concat([bytes(3, 0, 0, 0), u32(text.length), Buffer.from(text)]);
export const serverClipboard = (flags: number, body: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([bytes(3, 0, 0, 0), u32(-(4 + body.length)), u32(flags), body]);
export const rectangle = (kind: number, width: number, height: number, body: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([u16(1), u16(2), u16(width), u16(height), u32(kind), body]);
export const update = (...rectangles: readonly Buffer[]): Buffer =>
  Buffer.concat([bytes(0, 0), u16(rectangles.length), ...rectangles]);

/** What a filter hands on of messages that come in pieces of a size. @throws the error that ends the stream */
export function passThrough(stream: Transform, input: Buffer, pieceBytes = input.length || 1): Buffer {
  const out: Buffer[] = [];
  stream.push = (chunk: Buffer) => {
    out.push(Buffer.from(chunk));
    return true;
  };
  for (let at = 0; at < input.length; at += pieceBytes)
    stream._transform(input.subarray(at, at + pieceBytes), 'binary', (error) => {
      if (error) throw error;
    });
  return Buffer.concat(out);
}

/** The encodings that noVNC 1.7.0 asks for, and those that it cannot be held with. */
export const NOVNC_ENCODINGS: readonly number[] = [
  ...[1, 7, -260, 16, 21, 5, 2, 6, 0, -26, -254, -223, -224, -258, -261, -308, -309, -312, -313, -307],
  ...[encoding.extendedClipboard, -316, encoding.vmwareCursor, encoding.cursor],
];

/** ServerFence that asks for an answer. */
const FENCE = bytes(248, 0, 0, 0, 0x80, 0, 0);

/** Speaks RFB 3.8 as far as it must, asks for pictures as fast as they come, and keeps every byte that it is sent. */
export class RecordingViewer implements Disposable {
  readonly #channel: Duplex;
  readonly #timer: NodeJS.Timeout;
  #received: Buffer[] = [];

  private constructor(channel: Duplex, received: Buffer[]) {
    this.#channel = channel;
    this.#received = received;
    this.#timer = setInterval(() => channel.write(Buffer.concat([bytes(3, 1), u32(0), u16(4096), u16(4096)])), 20);
    channel.once('close', () => clearInterval(this.#timer));
  }

  /** @param takesUnasked whether a copied text comes at once, or a notice of it; noVNC wants the notice */
  static async open(
    channel: Duplex,
    { encodings = NOVNC_ENCODINGS, takesUnasked = false } = {},
  ): Promise<RecordingViewer> {
    const received: Buffer[] = [];
    channel.on('error', () => {});
    channel.on('data', (chunk: Buffer) => {
      received.push(chunk);
      // Xvnc measures by its fences how fast its viewer is, and sends no more pictures to one that does not answer.
      for (let at = chunk.indexOf(FENCE); at >= 0 && at + 9 <= chunk.length; at = chunk.indexOf(FENCE, at + 1))
        channel.write(
          Buffer.concat([bytes(248, 0, 0, 0), u32(1), chunk.subarray(at + 8, at + 9 + (chunk[at + 8] ?? 0))]),
        );
    });
    const said = async (sizeBytes: number) => {
      while (received.reduce((sum, { length }) => sum + length, 0) < sizeBytes) await once(channel, 'data');
    };
    await said(12);
    channel.write('RFB 003.008\n');
    await said(12 + 2);
    channel.write(bytes(1));
    await said(12 + 2 + 4);
    channel.write(bytes(1));
    await said(12 + 2 + 4 + 24);
    channel.write(Buffer.concat([bytes(0, 0, 0, 0), PIXELS]));
    channel.write(Buffer.concat([bytes(2, 0), u16(encodings.length), ...encodings.map(u32)]));
    if (encodings.includes(encoding.extendedClipboard) && !takesUnasked)
      channel.write(Buffer.concat([bytes(6, 0, 0, 0), u32(-8), u32(0x1f000001), u32(0)]));
    channel.write(Buffer.concat([bytes(3, 0), u32(0), u16(4096), u16(4096)]));
    return new RecordingViewer(channel, received);
  }

  get received(): Buffer {
    const whole = Buffer.concat(this.#received);
    // In place: the listener keeps on writing to the same list.
    this.#received.splice(0, this.#received.length, whole);
    return whole;
  }

  send(message: Buffer): void {
    this.#channel.write(message);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#channel.destroy();
  }
}
