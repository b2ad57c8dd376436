// An RFB server (RFC 6143) that a hostile host puts in the place of a program's screen, and the messages that it sends.
import { deflateSync } from 'node:zlib';

const u16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

export const encodings = {
  raw: 0,
  copyRect: 1,
  rre: 2,
  hextile: 5,
  tight: 7,
  zrle: 16,
  cursor: -239,
  desktopSize: -223,
  desktopName: -307,
  vmwareCursor: 0x574d5664,
  unknown: 0x7fff1234,
} as const;

export interface Rectangle {
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  readonly encoding: number;
  readonly data?: Uint8Array;
}

/** 7.6.1 FramebufferUpdate. */
export function update(rectangles: readonly Rectangle[], count = rectangles.length): Buffer {
  const parts = rectangles.map(({ x = 0, y = 0, width, height, encoding, data = Buffer.alloc(0) }) =>
    Buffer.concat([u16(x), u16(y), u16(width), u16(height), u32(encoding), data]),
  );
  return Buffer.concat([Buffer.from([0, 0]), u16(count), ...parts]);
}

/** 7.6.4 ServerCutText; `claimedBytes` where it lies about its length. */
export function cutText(text: string, claimedBytes?: number): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([Buffer.from([3, 0, 0, 0]), u32(claimedBytes ?? bytes.length), bytes]);
}

/** The extended clipboard's “provide”, with text that unpacks to `sizeBytes`, or says so. */
export function extendedText(sizeBytes: number, claimedBytes = sizeBytes): Buffer {
  const packed = deflateSync(Buffer.concat([u32(claimedBytes), Buffer.alloc(sizeBytes, 'a')]));
  return Buffer.concat([Buffer.from([3, 0, 0, 0]), u32(-(4 + packed.length)), u32(0x10000001), packed]);
}

export const bell = Buffer.from([2]);

/** 7.1 to 7.3, from the version to ServerInit. */
function greeting(width: number, height: number, name: Buffer): { version: Buffer; security: Buffer; init: Buffer } {
  // 32 bits, depth 24, little endian, true colour.
  const format = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
  return {
    version: Buffer.from('RFB 003.008\n'),
    security: Buffer.from([1, 1]),
    init: Buffer.concat([u16(width), u16(height), format, u32(name.length), name]),
  };
}

export interface HostileScreen {
  readonly size?: { readonly width: number; readonly height: number };
  readonly name?: string;
  /** What it sends after a first honest picture. */
  readonly attack: (send: (bytes: Uint8Array) => void) => void | Promise<void>;
}

/** A picture in one colour, as an honest server sends it first. */
export function picture(width: number, height: number): Buffer {
  const data = Buffer.alloc(width * height * 4, 0x60);
  return update([{ width, height, encoding: encodings.raw, data }]);
}

/** Speaks with one viewer. @returns what is to be called with each message of the viewer */
export function speak(
  { size = { width: 64, height: 64 }, name = 'hostile', attack }: HostileScreen,
  send: (bytes: Uint8Array) => void,
): () => void {
  const { version, security, init } = greeting(size.width, size.height, Buffer.from(name));
  const answers = [
    () => send(security),
    () => send(u32(0)),
    () => send(init),
    () => {
      if (size.width * size.height <= 640 * 480) send(picture(size.width, size.height));
      void attack(send);
    },
  ];
  send(version);
  return () => answers.shift()?.();
}
