// What a program's screen sends to its visitor's viewer, held to the powers of its session: RFB messages of the server (RFC 6143).
import type { Powers } from '../../../contract/powers.ts';
import {
  BYTES_PER_PIXEL,
  BYTES_PER_TIGHT_PIXEL,
  clipboard,
  encoding,
  PIXEL_FORMAT_LENGTH,
  RFB_VERSION,
  requirePixels,
  SECURITY_NONE,
  VERSION_LENGTH,
} from './rfb-protocol.ts';
import { drop, pass, RfbStream, type Verdict } from './rfb-stream.ts';

const INIT_LENGTH = 4 + PIXEL_FORMAT_LENGTH + 4;
const RECTANGLE_HEAD_LENGTH = 12;
const SCREEN_LENGTH = 16;
/** The longest fence (RFB protocol, ServerFence). */
const MAX_FENCE_LENGTH = 64;
/** Tight sends less than this unpacked (RFB protocol, Tight encoding). */
const TIGHT_PACKS_FROM = 12;

/**
 * Passes the picture, and the program's clipboard only with the power for it. `powers` is asked for each message, so that what is
 * taken away while the program runs is gone with the next one. Pictures are only measured, not unpacked.
 *
 * Security: this runs at the host. The program controls everything in its sandbox, even the X server, so no rule can be enforced
 * there. Where a viewer might read a message differently than this filter, the stream ends: a text could hide in it.
 */
export class RfbServerFilter extends RfbStream {
  readonly #powers: () => Powers;
  #phase: 'version' | 'security' | 'result' | 'init' | 'messages' = 'version';
  /** Rectangles of this update that still come. */
  #rectangles = 0;

  constructor(powers: () => Powers) {
    super();
    this.#powers = powers;
  }

  protected override judge(bytes: Buffer): Verdict {
    if (this.#phase !== 'messages') return this.#greet(bytes);
    return this.#rectangles > 0 ? this.#judgeRectangles(bytes) : this.#judgeMessage(bytes);
  }

  /** RFC 6143 section 7.1 to 7.3: version, the one security type, its result, ServerInit. */
  #greet(bytes: Buffer): Verdict {
    switch (this.#phase) {
      case 'version':
        if (bytes.length < VERSION_LENGTH) return undefined;
        if (bytes.toString('latin1', 0, VERSION_LENGTH) !== RFB_VERSION)
          throw new Error('RFB: the version of the server is not known');
        this.#phase = 'security';
        return pass(VERSION_LENGTH);
      case 'security':
        if (bytes.length < 2) return undefined;
        if (bytes[0] !== 1 || bytes[1] !== SECURITY_NONE)
          throw new Error('RFB: the security types of the server are not known');
        this.#phase = 'result';
        return pass(2);
      case 'result':
        if (bytes.length < 4) return undefined;
        if (bytes.readUInt32BE(0) !== 0) throw new Error('RFB: the server refuses its viewer');
        this.#phase = 'init';
        return pass(4);
      default: {
        if (bytes.length < INIT_LENGTH) return undefined;
        requirePixels(bytes.subarray(4));
        this.#phase = 'messages';
        // Security: the name is left out, because noVNC reads shorter pixels when a display has a certain name.
        const instead = Buffer.from(bytes.subarray(0, INIT_LENGTH));
        instead.writeUInt32BE(0, INIT_LENGTH - 4);
        return { length: INIT_LENGTH + bytes.readUInt32BE(INIT_LENGTH - 4), instead };
      }
    }
  }

  #judgeMessage(bytes: Buffer): Verdict {
    switch (bytes[0]) {
      case 0: // FramebufferUpdate
        if (bytes.length < 4) return undefined;
        this.#rectangles = bytes.readUInt16BE(2);
        return pass(4);
      case 2: // Bell
      case 150: // EndOfContinuousUpdates
        return pass(1);
      case 3: // ServerCutText
        return this.#judgeText(bytes);
      case 248: {
        // ServerFence
        if (bytes.length < 9) return undefined;
        const length = bytes.readUInt8(8);
        // noVNC reads only this much of a fence and would take the rest for messages.
        if (length > MAX_FENCE_LENGTH) throw new Error('RFB: a fence of the server is too long');
        return pass(9 + length);
      }
      default:
        throw new Error(`RFB: message ${bytes[0]} of the server is not known`);
    }
  }

  /** All that have arrived at once: a few kilobytes may hold thousands. */
  #judgeRectangles(bytes: Buffer): Verdict {
    let at = 0;
    while (this.#rectangles > 0 && at < bytes.length) {
      const length = lengthOfRectangle(bytes, at);
      if (length === undefined) break;
      // LastRect ends the update, whatever number was announced.
      this.#rectangles = bytes.readInt32BE(at + 8) === encoding.lastRect ? 0 : this.#rectangles - 1;
      at += length;
    }
    return at === 0 ? undefined : pass(at);
  }

  #judgeText(bytes: Buffer): Verdict {
    if (bytes.length < 8) return undefined;
    const mayGoOut = () => this.#powers().clipboardOut;
    const mayBeAskedFor = () => this.#powers().clipboardIn && !this.#powers().isViewOnly;
    const textLength = bytes.readInt32BE(4);
    const length = 8 + Math.abs(textLength);
    const held = (isAllowed: () => boolean): Verdict =>
      isAllowed() ? { length, isDropped: false, isStillAllowed: isAllowed } : drop(length);
    if (textLength >= 0) return held(mayGoOut);
    // A negative length: the extended clipboard, which begins with what it is for.
    if (textLength > -4) throw new Error('RFB: a clipboard message of the server without its flags');
    if (bytes.length < 12) return undefined;
    const flags = bytes.readUInt32BE(8);
    const kinds = flags & clipboard.kinds;
    const action = (flags & clipboard.actions) >>> 0;
    // noVNC goes by the flags and not by the length, so both must agree.
    const isLong = (count: number) => length === 12 + 4 * count;
    if ((action & clipboard.capabilities) !== 0 && isLong(countBits(kinds))) return pass(length);
    if (action === clipboard.provide && (kinds & clipboard.text) !== 0) return held(mayGoOut);
    if (action === clipboard.notify && isLong(0)) return held(mayGoOut);
    if ((action === clipboard.request || action === clipboard.peek) && isLong(0)) return held(mayBeAskedFor);
    throw new Error('RFB: a clipboard message of the server is not known');
  }
}

/** With its head; undefined when more bytes are needed to say so. */
function lengthOfRectangle(bytes: Buffer, at: number): number | undefined {
  const body = at + RECTANGLE_HEAD_LENGTH;
  if (bytes.length < body) return undefined;
  const kind = bytes.readInt32BE(at + 8);
  const length = lengthOfBody(bytes, body, kind, bytes.readUInt16BE(at + 4), bytes.readUInt16BE(at + 6));
  return length === undefined ? undefined : RECTANGLE_HEAD_LENGTH + length;
}

function lengthOfBody(bytes: Buffer, at: number, kind: number, width: number, height: number): number | undefined {
  const there = bytes.length - at;
  switch (kind) {
    case encoding.raw:
      return width * height * BYTES_PER_PIXEL;
    case encoding.copyRect:
      return 4;
    case encoding.zrle:
    case encoding.desktopName:
      return there < 4 ? undefined : 4 + bytes.readUInt32BE(at);
    case encoding.tight:
      return lengthOfTight(bytes, at, width, height);
    case encoding.cursor:
      return (width * BYTES_PER_PIXEL + Math.ceil(width / 8)) * height;
    case encoding.vmwareCursor: {
      if (there < 2) return undefined;
      const form = bytes.readUInt8(at);
      if (form > 1) throw new Error(`RFB: form ${form} of a pointer is not known`);
      // Two masks, or one picture with alpha.
      return 2 + width * height * (form === 0 ? 8 : 4);
    }
    case encoding.extendedDesktopSize:
      return there < 1 ? undefined : 4 + SCREEN_LENGTH * bytes.readUInt8(at);
    case encoding.ledState:
      return 1;
    case encoding.lastRect:
    case encoding.desktopSize:
    case encoding.qemuExtendedKeyEvent:
      return 0;
    default:
      throw new Error(`RFB: encoding ${kind} of the server is not known`);
  }
}

/** RFB protocol, Tight encoding: a control byte, for some a filter and its palette, and packed bytes behind their length. */
function lengthOfTight(bytes: Buffer, at: number, width: number, height: number): number | undefined {
  // noVNC does not read all of an empty one.
  if (width === 0 || height === 0) throw new Error('RFB: a rectangle without pixels');
  if (at >= bytes.length) return undefined;
  const control = bytes.readUInt8(at) >> 4;
  if (control === 8) return 1 + BYTES_PER_TIGHT_PIXEL; // one colour
  if (control === 9) return addPacked(bytes, at, 1); // JPEG
  if (control > 9) throw new Error(`RFB: control ${control} of Tight is not known`);
  let head = 1;
  let size = width * height * BYTES_PER_TIGHT_PIXEL;
  if ((control & 4) !== 0) {
    if (at + 1 >= bytes.length) return undefined;
    const filter = bytes.readUInt8(at + 1);
    if (filter > 2) throw new Error(`RFB: filter ${filter} of Tight is not known`);
    head = 2;
    if (filter === 1) {
      if (at + 2 >= bytes.length) return undefined;
      const colours = bytes.readUInt8(at + 2) + 1;
      head = 3 + colours * BYTES_PER_TIGHT_PIXEL;
      size = (colours <= 2 ? Math.ceil(width / 8) : width) * height;
    }
  }
  return size < TIGHT_PACKS_FROM ? head + size : addPacked(bytes, at, head);
}

/** The length stands before what is packed, in one to three bytes of seven bits; the third has eight. */
function addPacked(bytes: Buffer, at: number, head: number): number | undefined {
  let length = 0;
  for (let count = 0; count < 3; count += 1) {
    const byte = bytes[at + head + count];
    if (byte === undefined) return undefined;
    const isLast = count === 2 || byte < 0x80;
    length |= (count === 2 ? byte : byte & 0x7f) << (7 * count);
    if (isLast) return head + count + 1 + length;
  }
  return undefined;
}

function countBits(number: number): number {
  let count = 0;
  for (let left = number; left !== 0; left &= left - 1) count += 1;
  return count;
}
