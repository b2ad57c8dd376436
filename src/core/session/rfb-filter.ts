// What a visitor's viewer sends to the program's screen, held to the powers of its session: RFB messages of the client (RFC 6143).
import { Transform, type TransformCallback } from 'node:stream';
import type { Powers } from '../../contract/models.ts';

/** More text than anybody copies. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;
const MAX_ENCODINGS = 256;
/** Pseudo-encoding of mice with more than seven buttons: with it a pointer message has no fixed length. */
const EXTENDED_MOUSE_BUTTONS = -316;

/** Actions of the extended clipboard: `in` carries the visitor's text, `out` asks for the program's. */
const CLIPBOARD_IN = 0x08000000 | 0x10000000; // notify, provide
const CLIPBOARD_OUT = 0x02000000 | 0x04000000; // request, peek

/** What becomes of the message at the beginning of the bytes; undefined when more bytes are needed to say so. */
type Verdict =
  | { readonly length: number; readonly isDropped: boolean }
  | { readonly length: number; readonly instead: Uint8Array }
  | undefined;

/**
 * Passes what the powers allow and drops the rest, message by message. `powers` is asked for each message, so that what is taken
 * away while the program runs is gone with the next one. Destroyed with an error by anything that it does not know: what cannot
 * be told apart cannot be held to anything.
 *
 * Security: this runs at the host, so that a viewer of somebody else's making has no more than ours.
 */
export class RfbFilter extends Transform {
  readonly #powers: () => Powers;
  #phase: 'version' | 'security' | 'init' | 'messages' = 'version';
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes of a long message that still come, and whether they are dropped. */
  #rest = { length: 0, isDropped: false };
  /** The last pointer message that was let through. */
  #pointer: Buffer | undefined;

  constructor(powers: () => Powers) {
    super();
    this.#powers = powers;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let bytes: Buffer = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      while (bytes.length > 0) {
        if (this.#rest.length > 0) {
          const part = bytes.subarray(0, this.#rest.length);
          this.#rest.length -= part.length;
          if (!this.#rest.isDropped) this.push(part);
          bytes = bytes.subarray(part.length);
          continue;
        }
        const verdict = this.#phase === 'messages' ? this.#judge(bytes) : this.#greet(bytes);
        if (verdict === undefined) break;
        if ('instead' in verdict) {
          this.push(verdict.instead);
          bytes = bytes.subarray(verdict.length);
        } else this.#rest = { ...verdict };
      }
    } catch (error) {
      done(error as Error);
      return;
    }
    this.#pending = bytes;
    done();
  }

  /** RFC 6143 section 7.1 to 7.3: version, security type 1 (none), ClientInit. */
  #greet(bytes: Buffer): Verdict {
    if (this.#phase === 'version') {
      if (bytes.length < 12) return undefined;
      const version = bytes.toString('latin1', 0, 12);
      if (!/^RFB 003\.00[378]\n$/.test(version)) throw new Error('RFB: the version is not known');
      // In 3.3 the server decides the security type and the client says nothing.
      this.#phase = version === 'RFB 003.003\n' ? 'init' : 'security';
      return pass(12);
    }
    if (this.#phase === 'security') {
      if (bytes[0] !== 1) throw new Error('RFB: the security type is not known');
      this.#phase = 'init';
      return pass(1);
    }
    this.#phase = 'messages';
    return pass(1);
  }

  #judge(bytes: Buffer): Verdict {
    const { isViewOnly } = this.#powers();
    switch (bytes[0]) {
      case 0: // SetPixelFormat
        return pass(20);
      case 2: // SetEncodings
        return judgeEncodings(bytes);
      case 3: // FramebufferUpdateRequest
        return pass(10);
      case 4: // KeyEvent: letting go is always allowed, so that no key stays down when the power goes.
        return bytes.length < 2 ? undefined : { length: 8, isDropped: isViewOnly && bytes[1] !== 0 };
      case 5:
        return this.#judgePointer(bytes, isViewOnly);
      case 6: // ClientCutText
        return judgeText(bytes, this.#powers());
      case 150: // EnableContinuousUpdates
        return pass(10);
      case 248: // ClientFence
        return bytes.length < 9 ? undefined : pass(9 + bytes.readUInt8(8));
      case 250: // xvp: power off and the like, which no display here does.
        return { length: 4, isDropped: true };
      case 251: // SetDesktopSize
        return bytes.length < 7 ? undefined : pass(8 + 16 * bytes.readUInt8(6));
      case 255: // QEMU: extended key event
        if (bytes.length < 4) return undefined;
        if (bytes[1] !== 0) throw new Error(`RFB: message 255.${bytes[1]} of the client is not known`);
        return { length: 12, isDropped: isViewOnly && bytes.readUInt16BE(2) !== 0 };
      default:
        throw new Error(`RFB: message ${bytes[0]} of the client is not known`);
    }
  }

  #judgePointer(bytes: Buffer, isViewOnly: boolean): Verdict {
    if (bytes.length < 6) return undefined;
    if (!isViewOnly) {
      this.#pointer = Buffer.from(bytes.subarray(0, 6));
      return pass(6);
    }
    const held = this.#pointer;
    this.#pointer = undefined;
    if (held === undefined || held[1] === 0) return { length: 6, isDropped: true };
    // A button that was down when the power went is let go where it was.
    held[1] = 0;
    return { length: 6, instead: held };
  }
}

function pass(length: number): Verdict {
  return { length, isDropped: false };
}

function judgeEncodings(bytes: Buffer): Verdict {
  if (bytes.length < 4) return undefined;
  const count = bytes.readUInt16BE(2);
  if (count > MAX_ENCODINGS) throw new Error('RFB: too many encodings');
  const length = 4 + 4 * count;
  if (bytes.length < length) return undefined;
  const kept: Buffer[] = [];
  for (let at = 4; at < length; at += 4)
    if (bytes.readInt32BE(at) !== EXTENDED_MOUSE_BUTTONS) kept.push(bytes.subarray(at, at + 4));
  const head = Buffer.from([2, 0, 0, 0]);
  head.writeUInt16BE(kept.length, 2);
  return { length, instead: Buffer.concat([head, ...kept]) };
}

function judgeText(bytes: Buffer, { clipboardIn, clipboardOut, isViewOnly }: Powers): Verdict {
  if (bytes.length < 8) return undefined;
  const mayGoIn = clipboardIn && !isViewOnly;
  const textLength = bytes.readInt32BE(4);
  const length = 8 + Math.abs(textLength);
  if (Math.abs(textLength) > MAX_TEXT_BYTES) throw new Error('RFB: more text than a clipboard takes');
  if (textLength >= 0) return { length, isDropped: !mayGoIn };
  // A negative length: the extended clipboard, which begins with what it is for.
  if (textLength > -4) throw new Error('RFB: a clipboard message without its flags');
  if (bytes.length < 12) return undefined;
  const flags = bytes.readUInt32BE(8);
  const isIn = (flags & CLIPBOARD_IN) !== 0;
  const isOut = (flags & CLIPBOARD_OUT) !== 0;
  return { length, isDropped: (isIn && !mayGoIn) || (isOut && !clipboardOut) };
}
