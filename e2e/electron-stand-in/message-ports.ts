// Electron's MessageChannelMain: one end stays in the main process, the other goes to a page over the bridge.
import { EventEmitter } from 'node:events';

/** Where a port's messages go once it was transferred to a page. */
export interface PortSink {
  post(message: unknown): void;
  close(): void;
}

export class MessagePortMain extends EventEmitter {
  #other: MessagePortMain | null = null;
  #sink: PortSink | null = null;
  #waiting: unknown[] = [];
  #isStarted = false;
  #isClosed = false;

  static entangle(one: MessagePortMain, two: MessagePortMain): void {
    one.#other = two;
    two.#other = one;
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new Error('the stand-in does not transfer ports over ports');
    if (this.#isClosed) return;
    this.#other?.receive(structuredClone(message));
  }

  start(): void {
    this.#isStarted = true;
    for (const message of this.#waiting.splice(0)) this.receive(message);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const other = this.#other;
    queueMicrotask(() => other?.receiveClose());
  }

  /** What arrives from the other end. */
  receive(message: unknown): void {
    if (this.#isClosed) return;
    if (this.#sink !== null) this.#sink.post(message);
    else if (this.#isStarted) queueMicrotask(() => this.emit('message', { data: message, ports: [] }));
    else this.#waiting.push(message);
  }

  receiveClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#sink !== null) this.#sink.close();
    else this.emit('close');
  }

  /** Hands this end over to a page: from now on only the bridge uses it. */
  transfer(sink: PortSink): void {
    if (this.#sink !== null || this.#isClosed) throw new Error('a port can be transferred once');
    this.#sink = sink;
    for (const message of this.#waiting.splice(0)) sink.post(message);
  }
}

export class MessageChannelMain {
  readonly port1 = new MessagePortMain();
  readonly port2 = new MessagePortMain();

  constructor() {
    MessagePortMain.entangle(this.port1, this.port2);
  }
}
