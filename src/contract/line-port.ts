// A Port over a byte stream: one JSON value a line (https://jsonlines.org), for the local socket and the peers' control channel.
import type { Port } from './port.ts';

/** What is needed of a byte stream: a socket, an SSH channel and any other Node Duplex have it. */
export interface LineStream {
  write(chunk: string): boolean;
  end(callback: () => void): unknown;
  destroy(): unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Bytes that wait to be sent. */
  readonly writableLength: number;
  pause(): unknown;
  resume(): unknown;
  /** Gives back what was read, to be read again. */
  unshift(chunk: Uint8Array): unknown;
}

/** How much time the lines of a stream may take. Times are those of `performance.now`. */
export interface LineBudget {
  /** Milliseconds until the next line may be taken; 0 when it may be now. */
  waitMs(now: number): number;
  spend(ms: number): void;
}

export interface LinePortOptions {
  /** The longest line that is taken in, without its line feed. A longer one closes the port. */
  readonly maxLineBytes: number;
  /** How many bytes may wait for a reader that does not read, 32 MiB unless given. More closes the port. */
  readonly maxBufferedBytes?: number;
  /** Without one there is no limit. Lines that it has no time for now are read later. */
  readonly budget?: LineBudget;
  readonly onOversize?: () => void;
  /** Told of a line that is not JSON in UTF-8. The port is closed. */
  readonly onMalformed?: (error: unknown) => void;
  /** Told that the other side does not read what it is sent. The port is closed. */
  readonly onOverflow?: () => void;
}

const LINE_FEED = 0x0a;
const IDLE_BYTES = 64 * 1024;
const DEFAULT_MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

/** Nothing is read from the stream before `onMessage` was called, so that no message is lost. Empty lines are skipped. */
export function createLinePort(stream: LineStream, options: LinePortOptions): Port {
  const maxBufferedBytes = options.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED_BYTES;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const closeListeners: (() => void)[] = [];
  let isOpen = true;
  let listener: ((message: unknown) => void) | null = null;
  /** The beginning of a line whose end has not come yet. */
  let rest = new Uint8Array();
  let restBytes = 0;

  function endWith(finish: () => void): void {
    if (!isOpen) return;
    isOpen = false;
    rest = new Uint8Array();
    restBytes = 0;
    finish();
    for (const closeListener of closeListeners) closeListener();
  }
  const close = () => endWith(() => stream.end(() => stream.destroy()));
  const abort = () => endWith(() => stream.destroy());

  function takeLine(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    let message: unknown;
    try {
      message = JSON.parse(decoder.decode(bytes));
    } catch (error) {
      options.onMalformed?.(error);
      abort();
      return;
    }
    listener?.(message);
  }

  /** Security: copied into one piece, because a line that comes byte by byte must not cost an object for each byte. */
  function keep(part: Uint8Array): void {
    const neededBytes = restBytes + part.length;
    if (neededBytes > rest.length) {
      const larger = new Uint8Array(Math.min(Math.max(2 * rest.length, neededBytes, 1024), options.maxLineBytes));
      larger.set(rest.subarray(0, restBytes));
      rest = larger;
    }
    rest.set(part, restBytes);
    restBytes = neededBytes;
  }

  /** Security: lines can be made slow to read, and a chunk can hold many of them. The stream's own flow control holds back the rest. */
  function waitFor(waitMs: number, unread: Uint8Array): void {
    stream.pause();
    stream.unshift(unread);
    setTimeout(() => isOpen && stream.resume(), waitMs);
  }

  function takeIn(chunk: Uint8Array): void {
    let start = 0;
    while (isOpen && start < chunk.length) {
      const now = performance.now();
      const waitMs = options.budget?.waitMs(now) ?? 0;
      if (waitMs > 0) {
        waitFor(waitMs, chunk.subarray(start));
        return;
      }
      const lineFeed = chunk.indexOf(LINE_FEED, start);
      const end = lineFeed === -1 ? chunk.length : lineFeed;
      // Security: the limit is checked before the bytes are kept, so a line without an end costs no more than the limit.
      if (restBytes + end - start > options.maxLineBytes) {
        options.onOversize?.();
        abort();
        return;
      }
      const part = chunk.subarray(start, end);
      if (lineFeed === -1) {
        keep(part);
        return;
      }
      if (restBytes > 0) keep(part);
      const line = restBytes > 0 ? rest.subarray(0, restBytes) : part;
      restBytes = 0;
      takeLine(line);
      options.budget?.spend(performance.now() - now);
      // Gives back the room that one long line needed.
      if (restBytes === 0 && rest.length > IDLE_BYTES) rest = new Uint8Array();
      start = lineFeed + 1;
    }
  }

  stream.on('end', close);
  stream.on('close', abort);
  stream.on('error', abort);

  return {
    post: (message) => {
      if (!isOpen) return;
      stream.write(`${JSON.stringify(message)}\n`);
      if (stream.writableLength <= maxBufferedBytes) return;
      options.onOverflow?.();
      abort();
    },
    onMessage: (newListener) => {
      const isFirst = listener === null;
      listener = newListener;
      if (isFirst) stream.on('data', takeIn);
    },
    onClose: (closeListener) => {
      closeListeners.push(closeListener);
    },
    close,
  };
}
