// A core for the tests of the browser shell: it implements the port, and nothing of the product.
import { type Duplex, PassThrough, Readable } from 'node:stream';
import { AppError } from '../contract/errors.ts';
import type { Port } from '../contract/port.ts';
import type { OpenFile } from '../core/channels/files/exchange.ts';
import type { Core } from '../core/core.ts';

export class FakeCore implements Core {
  readonly ports: Port[] = [];
  readonly icons = new Map<string, { type: string; bytes: Uint8Array }>();
  readonly displays = new Map<string, Duplex>();
  readonly files = new Map<string, Buffer>();
  /** What a file that is put fails with, in the middle. */
  putProblem: AppError | undefined;
  readonly stopRequested = new Promise<void>(() => {});

  /** Answers every message with the same message. */
  attach(port: Port): void {
    this.ports.push(port);
    port.onMessage((message) => port.post({ echo: message }));
  }

  async readIcon(hash: string): Promise<{ type: string; bytes: Uint8Array } | null> {
    return this.icons.get(hash) ?? null;
  }

  async openDisplay(sessionId: string): Promise<Duplex> {
    const display = this.displays.get(sessionId);
    if (display === undefined) throw new AppError('not-found', { what: sessionId });
    return display;
  }

  async openFile(_sessionId: string, name: string): Promise<OpenFile> {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new AppError('not-found', { what: name });
    return { sizeBytes: bytes.length, stream: Readable.from([bytes], { objectMode: false }) };
  }

  async putFile(
    _sessionId: string,
    name: string,
    source: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly name: string }> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source) {
      if (this.putProblem !== undefined) throw this.putProblem;
      chunks.push(chunk);
    }
    this.files.set(name, Buffer.concat(chunks));
    return { name };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A display whose other end gives back what it is sent. */
export function createEchoDisplay(): Duplex {
  return new PassThrough();
}
