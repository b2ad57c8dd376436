// The first and the last lines of what a program writes, however much that is: for its owner's log, and for its visitor when it failed.
import type { Readable } from 'node:stream';
import { type Excerpt, LINES, toLines } from '../../../lib/last-words.ts';

/** Kept of the beginning, and as much of the end. */
const KEPT_BYTES = 4096;
const BYTES_PER_S = 1024 * 1024;
/** Colours, movements and titles of terminals (ECMA-48). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
/** How a message of one of our shells begins, for example that there is no such program. */
const OUR_PREFIX = /^\/run\/ebp\/conf\/[\w/-]+: line \d+: /;

export class ProgramOutput {
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  #isCut = false;
  #spentBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

  /** Security: a program that writes without end costs a bounded part of this computer, and waits for its turn. */
  follow(stream: Readable): void {
    stream.on('data', (chunk: Buffer) => {
      this.#add(chunk);
      this.#spentBytes += chunk.length;
      if (this.#isEnding) return;
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#spentBytes = 0;
        stream.resume();
      }, 1000).unref();
      if (this.#spentBytes > BYTES_PER_S) stream.pause();
    });
    stream.once('close', () => clearTimeout(this.#timer));
    this.#letGo = () => stream.resume();
  }
  #letGo = () => {};

  /** Nothing writes any more: what is on its way is read at once. */
  finish(): void {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    this.#letGo();
  }

  /** Forgets what was written so far. */
  restart(): void {
    this.#head = this.#tail = Buffer.alloc(0);
    this.#isCut = false;
  }

  #add(chunk: Buffer): void {
    const room = KEPT_BYTES - this.#head.length;
    if (room > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, room)]);
    const rest = chunk.subarray(Math.max(0, room));
    if (this.#tail.length + rest.length > KEPT_BYTES) this.#isCut = true;
    if (rest.length > 0) this.#tail = Buffer.concat([this.#tail, rest.subarray(-KEPT_BYTES)]).subarray(-KEPT_BYTES);
  }

  /** Whether `isMeant` holds for the part of the text that is kept. */
  hasSaid(isMeant: (text: string) => boolean): boolean {
    return (this.#isCut ? [this.#head, this.#tail] : [Buffer.concat([this.#head, this.#tail])]).some((bytes) =>
      isMeant(bytes.toString('utf8')),
    );
  }

  excerpt(): Excerpt {
    if (!this.#isCut) {
      const lines = linesOf(Buffer.concat([this.#head, this.#tail]));
      return { first: lines.slice(0, LINES), last: lines.slice(LINES).slice(-LINES) };
    }
    return { first: linesOf(this.#head).slice(0, LINES), last: linesOf(this.#tail).slice(-LINES) };
  }
}

function linesOf(bytes: Buffer): readonly string[] {
  return toLines(
    bytes
      .toString('utf8')
      .replace(ESCAPES, '')
      .split(/[\r\n]+/)
      .map((line) => line.replace(OUR_PREFIX, '')),
  );
}
