// What a visitor's viewer sends to the program's screen, held to the powers of its session: RFB messages of the client (RFC 6143).
import type { Powers } from '../../../contract/powers.ts';
import {
  clipboard,
  isKnownEncoding,
  PIXEL_FORMAT_LENGTH,
  RFB_VERSION,
  requirePixels,
  SECURITY_NONE,
  VERSION_LENGTH,
} from './rfb-protocol.ts';
import { drop, pass, RfbStream, type Verdict } from './rfb-stream.ts';

/** More text than anybody copies. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;
const MAX_ENCODINGS = 256;

/** Extended clipboard: `in` carries the visitor's text, `out` asks for the program's. */
const CLIPBOARD_IN = clipboard.notify | clipboard.provide;
const CLIPBOARD_OUT = clipboard.request | clipboard.peek;

/**
 * Passes what the powers allow and drops the rest, message by message. `powers` is asked for each message, so that what is taken
 * away while the program runs is gone with the next one.
 *
 * Security: this runs at the host, so that no other viewer can do more than ours.
 */
export class RfbClientFilter extends RfbStream {
  readonly #powers: () => Powers;
  readonly #onInput: () => void;
  #phase: 'version' | 'security' | 'init' | 'messages' = 'version';
  /** The last pointer message that was let through. */
  #pointer: Buffer | undefined;

  /** @param onInput a key or a button of the mouse was pressed, and is let through */
  constructor(powers: () => Powers, onInput: () => void = () => {}) {
    super();
    this.#powers = powers;
    this.#onInput = onInput;
  }

  protected override judge(bytes: Buffer): Verdict {
    return this.#phase === 'messages' ? this.#judgeMessage(bytes) : this.#greet(bytes);
  }

  /** RFC 6143 section 7.1 to 7.3: version, security type 1 (none), ClientInit. */
  #greet(bytes: Buffer): Verdict {
    if (this.#phase === 'version') {
      if (bytes.length < VERSION_LENGTH) return undefined;
      if (bytes.toString('latin1', 0, VERSION_LENGTH) !== RFB_VERSION) throw new Error('RFB: the version is not known');
      this.#phase = 'security';
      return pass(VERSION_LENGTH);
    }
    if (this.#phase === 'security') {
      if (bytes[0] !== SECURITY_NONE) throw new Error('RFB: the security type is not known');
      this.#phase = 'init';
      return pass(1);
    }
    this.#phase = 'messages';
    return pass(1);
  }

  #judgeMessage(bytes: Buffer): Verdict {
    const { isViewOnly } = this.#powers();
    switch (bytes[0]) {
      case 0: // SetPixelFormat
        if (bytes.length < 4 + PIXEL_FORMAT_LENGTH) return undefined;
        requirePixels(bytes.subarray(4));
        return pass(4 + PIXEL_FORMAT_LENGTH);
      case 2: // SetEncodings
        return judgeEncodings(bytes);
      case 3: // FramebufferUpdateRequest
        return pass(10);
      case 4: // KeyEvent: letting go is always allowed, so that no key stays down when the power goes.
        if (bytes.length < 2) return undefined;
        if (!isViewOnly && bytes[1] !== 0) this.#onInput();
        return { length: 8, isDropped: isViewOnly && bytes[1] !== 0 };
      case 5:
        return this.#judgePointer(bytes, isViewOnly);
      case 6: // ClientCutText
        return judgeText(bytes, this.#powers);
      case 150: // EnableContinuousUpdates
        return pass(10);
      case 248: // ClientFence
        return bytes.length < 9 ? undefined : pass(9 + bytes.readUInt8(8));
      case 250: // xvp: power off and the like, which no display here does.
        return drop(4);
      case 251: // SetDesktopSize
        return bytes.length < 7 ? undefined : pass(8 + 16 * bytes.readUInt8(6));
      case 255: // QEMU: extended key event
        if (bytes.length < 4) return undefined;
        if (bytes[1] !== 0) throw new Error(`RFB: message 255.${bytes[1]} of the client is not known`);
        if (!isViewOnly && bytes.readUInt16BE(2) !== 0) this.#onInput();
        return { length: 12, isDropped: isViewOnly && bytes.readUInt16BE(2) !== 0 };
      default:
        throw new Error(`RFB: message ${bytes[0]} of the client is not known`);
    }
  }

  #judgePointer(bytes: Buffer, isViewOnly: boolean): Verdict {
    if (bytes.length < 6) return undefined;
    if (!isViewOnly) {
      if (bytes[1] !== 0) this.#onInput();
      this.#pointer = Buffer.from(bytes.subarray(0, 6));
      return pass(6);
    }
    const held = this.#pointer;
    this.#pointer = undefined;
    if (held === undefined || held[1] === 0) return drop(6);
    // Releases a button that was down when the power was taken away.
    held[1] = 0;
    return { length: 6, instead: held };
  }
}

function judgeEncodings(bytes: Buffer): Verdict {
  if (bytes.length < 4) return undefined;
  const count = bytes.readUInt16BE(2);
  if (count > MAX_ENCODINGS) throw new Error('RFB: too many encodings');
  const length = 4 + 4 * count;
  if (bytes.length < length) return undefined;
  const kept: Buffer[] = [];
  for (let at = 4; at < length; at += 4)
    if (isKnownEncoding(bytes.readInt32BE(at))) kept.push(bytes.subarray(at, at + 4));
  const head = Buffer.from([2, 0, 0, 0]);
  head.writeUInt16BE(kept.length, 2);
  return { length, instead: Buffer.concat([head, ...kept]) };
}

function judgeText(bytes: Buffer, powers: () => Powers): Verdict {
  if (bytes.length < 8) return undefined;
  const textLength = bytes.readInt32BE(4);
  const length = 8 + Math.abs(textLength);
  if (Math.abs(textLength) > MAX_TEXT_BYTES) throw new Error('RFB: more text than a clipboard takes');
  // A negative length: the extended clipboard, which begins with what it is for.
  const isExtended = textLength < 0;
  if (isExtended && textLength > -4) throw new Error('RFB: a clipboard message without its flags');
  if (isExtended && bytes.length < 12) return undefined;
  const flags = isExtended ? bytes.readUInt32BE(8) : clipboard.provide;
  // In this message the other actions only say what the viewer can do: it carries no text and asks for none.
  if ((flags & clipboard.capabilities) !== 0) return pass(length);
  const isAllowed = () => {
    const { clipboardIn, clipboardOut, isViewOnly } = powers();
    const mayGoIn = clipboardIn && !isViewOnly;
    return ((flags & CLIPBOARD_IN) === 0 || mayGoIn) && ((flags & CLIPBOARD_OUT) === 0 || clipboardOut);
  };
  return isAllowed() ? { length, isDropped: false, isStillAllowed: isAllowed } : drop(length);
}
