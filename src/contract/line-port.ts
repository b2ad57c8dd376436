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
}

export interface LinePortOptions {
  /** The longest line that is taken in, without its line feed. A longer one closes the port. */
  readonly maxLineBytes: number;
  /** How much may wait for a reader that does not read, 32 MiB unless told. More closes the port. */
  readonly maxBufferedBytes?: number;
  readonly onOversize?: () => void;
  /** Told of a line that is not JSON in UTF-8. The port is closed. */
  readonly onMalformed?: (error: unknown) => void;
  /** Told that the other side does not read what it is sent. The port is closed. */
  readonly onOverflow?: () => void;
}

const LINE_FEED = 0x0a;
const DEFAULT_MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

/** Nothing is read from the stream before `onMessage` was called, so that no message is lost. Empty lines are skipped. */
export function createLinePort(stream: LineStream, options: LinePortOptions): Port {
  const maxBufferedBytes = options.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED_BYTES;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const closeListeners: (() => void)[] = [];
  let isOpen = true;
  let listener: ((message: unknown) => void) | null = null;
  let parts: Uint8Array[] = [];
  let partsBytes = 0;

  function endWith(finish: () => void): void {
    if (!isOpen) return;
    isOpen = false;
    parts = [];
    finish();
    for (const closeListener of closeListeners) closeListener();
  }
  const close = () => endWith(() => stream.end(() => stream.destroy()));
  const abort = () => endWith(() => stream.destroy());

  function takeLine(): void {
    const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : concat(parts, partsBytes);
    parts = [];
    partsBytes = 0;
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

  function takeIn(chunk: Uint8Array): void {
    let start = 0;
    while (isOpen && start < chunk.length) {
      const lineFeed = chunk.indexOf(LINE_FEED, start);
      const end = lineFeed === -1 ? chunk.length : lineFeed;
      partsBytes += end - start;
      // Security: the limit is checked before the bytes are kept, so a line without an end costs no more than the limit.
      if (partsBytes > options.maxLineBytes) {
        options.onOversize?.();
        abort();
        return;
      }
      if (end > start) parts.push(chunk.subarray(start, end));
      if (lineFeed === -1) return;
      takeLine();
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

function concat(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
