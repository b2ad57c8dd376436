// What a shell gives the page: a way to the core, and a channel for each session's display.
import type { SessionId } from '../../contract/ids.ts';
import type { Port } from '../../contract/port.ts';

/** The slice of the WebSocket interface that noVNC's RFB uses (core/websock.js there). */
export interface DisplayChannel {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number | string;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(bytes: never): void;
  close(): void;
}

export interface Carrier {
  readonly shell: 'electron' | 'browser';
  /**
   * Opens a port to the core.
   * @throws Unauthorized when the core does not know this page; anything else when the core cannot be reached.
   */
  open(): Promise<Port>;
  /** Starts a stream of RFB bytes (RFC 6143) of a session. */
  openDisplay(sessionId: SessionId): DisplayChannel;
  /**
   * Sends a file into the folder Exchange of a session; resolves with the name that it got there.
   * @throws AppError `cancelled` when the signal aborts, and what the core says
   */
  sendFile(upload: Upload): Promise<string>;
  /** Saves a file of that folder where this person's downloads go. */
  saveFile(sessionId: SessionId, name: string): void;
}

export interface Upload {
  readonly sessionId: SessionId;
  readonly name: string;
  readonly file: Blob;
  readonly signal: AbortSignal;
  onProgress(sentBytes: number): void;
}

/** The core is there and refuses this page: its token is missing or from an earlier start. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized';
}
