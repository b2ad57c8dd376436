// createCore builds every part in order: the table of contents of the product.
import type { Duplex } from 'node:stream';
import type { Port } from '../contract/port.ts';

export interface CoreOptions {
  /** Everything that lasts is below this folder; it is made when it is not there. */
  readonly profileDir: string;
  readonly shell: 'electron' | 'browser';
  readonly version: string;
}

export interface Core extends AsyncDisposable {
  /** Serves the contract on a port until it closes. */
  attach(port: Port): void;
  /** An icon by its hash, of this computer or of a peer; null when it is not known. The type is image/png or image/svg+xml. */
  readIcon(hash: string): Promise<{ type: string; bytes: Uint8Array } | null>;
  /** The RFB byte stream of a visitor's viewer session. @throws AppError `not-found`, `peer-unreachable` */
  openDisplay(sessionId: string): Promise<Duplex>;
  /** Resolves when somebody called `core.stop`; the shell then disposes the core and ends. */
  readonly stopRequested: Promise<void>;
}

/** Starts the core. A part that cannot work here says so in the topic `health`; the others work. */
export async function createCore(_options: CoreOptions): Promise<Core> {
  throw new Error('being built');
}
