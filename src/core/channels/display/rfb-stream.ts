// One direction of a display's RFB stream (RFC 6143), judged message by message; the base of both filters of the host.
import { Transform, type TransformCallback } from 'node:stream';

/** What becomes of the message at the beginning of the bytes; undefined when more bytes are needed to say so. */
export type Verdict =
  | { readonly length: number; readonly isDropped: boolean; readonly isStillAllowed?: () => boolean }
  | { readonly length: number; readonly instead: Uint8Array }
  | undefined;

/**
 * Passes, drops or replaces each message as `judge` says. A message is handed on while it comes: only the few bytes for a verdict are
 * kept, and what passes is not copied. An error of `judge` destroys the stream: a message that is not understood cannot be filtered.
 */
export abstract class RfbStream extends Transform {
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes of a message that still come, and what becomes of them. */
  #rest: { length: number; isDropped: boolean; isStillAllowed?: () => boolean } = { length: 0, isDropped: false };

  /** @param bytes from the beginning of a message on, and not empty. @throws Error that says what is not known */
  protected abstract judge(bytes: Buffer): Verdict;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes: Buffer = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      const judged = this.#handOn(bytes);
      // A copy: what is kept must not keep the whole chunk.
      this.#pending = Buffer.from(bytes.subarray(judged));
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  }

  /** How many of the bytes are done with. */
  #handOn(bytes: Buffer): number {
    let at = 0;
    // What passes goes on in one piece, and not message by message.
    let passesFrom = 0;
    const passUntilHere = () => {
      if (at > passesFrom) this.push(bytes.subarray(passesFrom, at));
    };
    while (at < bytes.length) {
      if (this.#rest.length === 0) {
        const verdict = this.judge(at === 0 ? bytes : bytes.subarray(at));
        if (verdict === undefined) break;
        const { length } = verdict;
        if ('instead' in verdict) {
          passUntilHere();
          passesFrom = at;
          this.push(verdict.instead);
          this.#rest = { length, isDropped: true };
        } else this.#rest = { ...verdict };
      }
      const rest = this.#rest;
      // Security: when the power goes in the middle of a long message, the rest of it does not pass.
      if (rest.isStillAllowed?.() === false) throw new Error('RFB: what was on its way was taken away');
      if (rest.isDropped) passUntilHere();
      const part = Math.min(rest.length, bytes.length - at);
      rest.length -= part;
      at += part;
      if (rest.isDropped) passesFrom = at;
    }
    passUntilHere();
    return at;
  }
}

export function pass(length: number): Verdict {
  return { length, isDropped: false };
}

export function drop(length: number): Verdict {
  return { length, isDropped: true };
}
