// Many display streams over one MessagePort, each looking to noVNC like a WebSocket.
import type { SessionId } from '../../contract/ids.ts';
import type { DisplayChannel } from './carrier.ts';

export type DisplayMessage =
  | { readonly stream: number; readonly kind: 'open'; readonly sessionId: SessionId }
  | { readonly stream: number; readonly kind: 'opened' }
  | { readonly stream: number; readonly kind: 'data'; readonly bytes: Uint8Array }
  /** How much has been drawn, so that a program that draws faster than this page waits. */
  | { readonly stream: number; readonly kind: 'ack'; readonly sizeBytes: number }
  | { readonly stream: number; readonly kind: 'close' };

/** The part of MessagePort that is used here. */
export interface MessageEndpoint {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: DisplayMessage): void;
  close(): void;
}

export interface DisplayPort {
  open(sessionId: SessionId): DisplayChannel;
  /** Ends every stream. */
  close(): void;
}

/** Ready states of the WebSocket interface. */
const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

export function createDisplayPort(endpoint: MessageEndpoint): DisplayPort {
  const channels = new Map<number, PortChannel>();
  let nextStream = 1;
  endpoint.onmessage = (event) => {
    const message = event.data as DisplayMessage;
    const channel = channels.get(message.stream);
    if (channel === undefined) return;
    if (message.kind === 'opened') channel.opened();
    else if (message.kind === 'data') channel.received(message.bytes);
    else if (message.kind === 'close') channel.closed();
  };
  return {
    open: (sessionId) => {
      const stream = nextStream++;
      const channel = new PortChannel(stream, endpoint, () => channels.delete(stream));
      channels.set(stream, channel);
      endpoint.postMessage({ stream, kind: 'open', sessionId });
      return channel;
    },
    close: () => {
      for (const channel of [...channels.values()]) channel.closed();
      endpoint.close();
    },
  };
}

class PortChannel implements DisplayChannel {
  binaryType = 'arraybuffer';
  readonly protocol = '';
  readyState = CONNECTING;
  onopen: ((event: never) => unknown) | null = null;
  onmessage: ((event: never) => unknown) | null = null;
  onclose: ((event: never) => unknown) | null = null;
  onerror: ((event: never) => unknown) | null = null;
  readonly #stream: number;
  readonly #endpoint: MessageEndpoint;
  readonly #forget: () => void;

  constructor(stream: number, endpoint: MessageEndpoint, forget: () => void) {
    this.#stream = stream;
    this.#endpoint = endpoint;
    this.#forget = forget;
  }

  send(bytes: Uint8Array): void {
    if (this.readyState !== OPEN) return;
    // noVNC sends a view of its queue and goes on writing to that queue: send a copy, and only the view.
    this.#endpoint.postMessage({ stream: this.#stream, kind: 'data', bytes: bytes.slice() });
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.#endpoint.postMessage({ stream: this.#stream, kind: 'close' });
    // A WebSocket tells of its end later, never within close().
    this.readyState = CLOSED;
    this.#forget();
    queueMicrotask(() => this.onclose?.({ code: 1000, reason: '' } as never));
  }

  opened(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.onopen?.({} as never);
  }

  received(bytes: Uint8Array): void {
    if (this.readyState !== OPEN) return;
    this.onmessage?.({ data: bytes } as never);
    this.#endpoint.postMessage({ stream: this.#stream, kind: 'ack', sizeBytes: bytes.byteLength });
  }

  closed(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#forget();
    this.onclose?.({ code: 1006, reason: '' } as never);
  }
}
