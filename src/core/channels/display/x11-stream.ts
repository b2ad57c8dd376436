// The bytes of an X11 connection (X Window System Protocol 11), as far as a list of windows needs them: what is sent, and what comes.

/** Opcodes of requests, and numbers of events, of the core protocol. */
const CHANGE_WINDOW_ATTRIBUTES = 2;
const GET_GEOMETRY = 14;
const INTERN_ATOM = 16;
const GET_PROPERTY = 20;
const SEND_EVENT = 25;
const CLEAR_AREA = 61;
const CLIENT_MESSAGE = 33;

const CW_BACK_PIXEL = 0x2;
const CW_EVENT_MASK = 0x800;
export const eventMask = { propertyChange: 0x400000, structureNotify: 0x20000 } as const;
/** To the window manager: SubstructureRedirect and SubstructureNotify. */
const TO_WINDOW_MANAGER = 0x180000;

export const eventCode = { configureNotify: 22, propertyNotify: 28 } as const;

/** The largest message that is taken: a reply to what is asked for here has a few hundred bytes, the greeting a few thousand. */
const MAX_MESSAGE_BYTES = 64 * 1024;

export type X11Message =
  | { readonly kind: 'greeting'; readonly root: number; readonly width: number; readonly height: number }
  | { readonly kind: 'reply'; readonly sequence: number; readonly bytes: Buffer }
  | { readonly kind: 'error'; readonly sequence: number }
  | { readonly kind: 'event'; readonly code: number; readonly bytes: Buffer };

/**
 * Cuts what an X server sends into messages. Keeps at most one message that is not whole yet.
 * Security: behind the socket may be anything that a program put there.
 */
export class X11Reader {
  #pending: Buffer = Buffer.alloc(0);
  #isGreeted = false;

  /** @throws Error that says what is wrong; what comes later cannot be read then */
  push(chunk: Buffer): readonly X11Message[] {
    let bytes: Buffer = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: X11Message[] = [];
    for (;;) {
      const length = this.#lengthOf(bytes);
      if (length === undefined || bytes.length < length) break;
      const message = this.#isGreeted
        ? readMessage(bytes.subarray(0, length))
        : readGreeting(bytes.subarray(0, length));
      this.#isGreeted = true;
      if (message !== undefined) messages.push(message);
      bytes = bytes.subarray(length);
    }
    this.#pending = Buffer.from(bytes);
    return messages;
  }

  #lengthOf(bytes: Buffer): number | undefined {
    if (bytes.length < 8) return undefined;
    let length: number;
    if (!this.#isGreeted) length = 8 + 4 * bytes.readUInt16LE(6);
    // A reply, or a generic event, says how much comes after its 32 bytes.
    else if (bytes[0] === 1 || (bytes.readUInt8(0) & 0x7f) === 35) length = 32 + 4 * bytes.readUInt32LE(4);
    else length = 32;
    if (length > MAX_MESSAGE_BYTES) throw new Error(`X11: a message of ${length} bytes`);
    return length;
  }
}

function readGreeting(bytes: Buffer): X11Message {
  if (bytes[0] !== 1) throw new Error('X11: the server refuses the connection');
  if (bytes.length < 40) throw new Error('X11: the greeting is too short');
  const vendorLength = bytes.readUInt16LE(24);
  const formatCount = bytes.readUInt8(29);
  // The first screen comes after the vendor's name, padded, and the pixmap formats.
  const screen = 40 + 4 * Math.ceil(vendorLength / 4) + 8 * formatCount;
  if (bytes.readUInt8(28) === 0 || bytes.length < screen + 40) throw new Error('X11: the greeting has no screen');
  return {
    kind: 'greeting',
    root: bytes.readUInt32LE(screen),
    width: bytes.readUInt16LE(screen + 20),
    height: bytes.readUInt16LE(screen + 22),
  };
}

function readMessage(bytes: Buffer): X11Message | undefined {
  const code = bytes.readUInt8(0);
  const sequence = bytes.readUInt16LE(2);
  if (code === 0) return { kind: 'error', sequence };
  if (code === 1) return { kind: 'reply', sequence, bytes };
  // Security: the uppermost bit is set in what a program sent itself (SendEvent); only the server says what has changed.
  if ((code & 0x80) !== 0) return undefined;
  return { kind: 'event', code, bytes };
}

export interface Property {
  readonly format: number;
  readonly value: Buffer;
}

/** What is in the reply to GetProperty; undefined where there is no such property, or the reply is none. */
export function readProperty(bytes: Buffer): Property | undefined {
  if (bytes.length < 32) return undefined;
  // A format of 0: there is no such property.
  const format = bytes.readUInt8(1);
  if (format !== 8 && format !== 16 && format !== 32) return undefined;
  const length = (bytes.readUInt32LE(16) * format) / 8;
  if (length > bytes.length - 32) return undefined;
  return { format, value: bytes.subarray(32, 32 + length) };
}

/** The numbers of a property of windows, atoms or cardinals. */
export function readNumbers(property: Property | undefined): readonly number[] {
  if (property === undefined || property.format !== 32) return [];
  return Array.from({ length: property.value.length / 4 }, (_, index) => property.value.readUInt32LE(4 * index));
}

/** The greeting of a client: little-endian, version 11.0, without authorization. */
export const clientGreeting: Buffer = Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

function request(opcode: number, data: number, words: readonly number[], tail: Buffer = Buffer.alloc(0)): Buffer {
  const padded = 4 * Math.ceil(tail.length / 4);
  const bytes = Buffer.alloc(4 + 4 * words.length + padded);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8(data, 1);
  bytes.writeUInt16LE(bytes.length / 4, 2);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word >>> 0, 4 + 4 * index);
  tail.copy(bytes, 4 + 4 * words.length);
  return bytes;
}

/** Requests of the core protocol, encoded. */
export const x11 = {
  internAtom: (name: string) => request(INTERN_ATOM, 0, [name.length], Buffer.from(name, 'latin1')),
  /** @param words the most of the value that is wanted, in units of four bytes */
  getProperty: (window: number, property: number, words: number) =>
    request(GET_PROPERTY, 0, [window, property, 0, 0, words]),
  getGeometry: (window: number) => request(GET_GEOMETRY, 0, [window]),
  selectEvents: (window: number, mask: number) => request(CHANGE_WINDOW_ATTRIBUTES, 0, [window, CW_EVENT_MASK, mask]),
  setGround: (window: number, colour: number) =>
    Buffer.concat([
      request(CHANGE_WINDOW_ATTRIBUTES, 0, [window, CW_BACK_PIXEL, colour]),
      request(CLEAR_AREA, 0, [window, 0, 0]),
    ]),
  /** A ClientMessage with five numbers: to the window itself, or about it to the window manager, by way of the root. */
  clientMessage: (
    window: number,
    type: number,
    values: readonly [number, number, number, number, number],
    to: number | 'window',
  ) => {
    const event = Buffer.alloc(32);
    event.writeUInt8(CLIENT_MESSAGE, 0);
    event.writeUInt8(32, 1);
    event.writeUInt32LE(window >>> 0, 4);
    event.writeUInt32LE(type >>> 0, 8);
    for (const [index, value] of values.entries()) event.writeUInt32LE(value >>> 0, 12 + 4 * index);
    return request(SEND_EVENT, 0, to === 'window' ? [window, 0] : [to, TO_WINDOW_MANAGER], event);
  },
} as const;
