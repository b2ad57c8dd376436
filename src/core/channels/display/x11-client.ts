// A client of the X server in a sandbox, for the few requests that a list of its windows needs.
import type { Duplex } from 'node:stream';
import { clientGreeting, type Property, readProperty, X11Reader, x11 } from './x11-stream.ts';

export interface X11Client extends Disposable {
  readonly root: number;
  /** Sends a request that has no answer. */
  send(request: Buffer): void;
  /** An atom for each name, in their order. */
  intern(names: readonly string[]): Promise<readonly number[]>;
  /** Undefined when the window is gone, or has no such property. */
  getProperty(window: number, property: number, words: number): Promise<Property | undefined>;
  /** Undefined when the window is gone. */
  getSize(window: number): Promise<{ readonly width: number; readonly height: number } | undefined>;
}

const GREETING_TIMEOUT_MS = 3000;
/** Requests that wait for an answer. With more the server is taken for dead. */
const MAX_WAITING = 2000;
const MAX_UNSENT_BYTES = 256 * 1024;
/** The most that is read in SPAN_MS. What comes faster stays in the sandbox's own buffers. */
const BYTES_PER_SPAN = 256 * 1024;
const SPAN_MS = 100;

/**
 * Speaks X11 on this stream, and ends the stream when disposed. After a malformed answer every request stays unanswered, but the stream
 * stays open, because the sandbox counts the connections of X clients.
 * @throws Error when the server does not greet in time
 */
export async function startX11Client(
  stream: Duplex,
  on: { readonly event: (code: number, bytes: Buffer) => void; readonly broken: (error: Error) => void },
): Promise<X11Client> {
  const reader = new X11Reader();
  const greeted = Promise.withResolvers<number>();
  const waiting: { sequence: number; resolve: (reply: Buffer | undefined) => void }[] = [];
  let sequence = 0;
  let isBroken = false;
  let spanBytes = 0;
  let spanTimer: NodeJS.Timeout | undefined;

  function fail(error: Error): void {
    if (isBroken) return;
    isBroken = true;
    greeted.reject(error);
    for (const { resolve } of waiting.splice(0)) resolve(undefined);
    on.broken(error);
  }

  function answer(of: number, bytes: Buffer | undefined): void {
    // Answers come in order: requests that were sent before this one get none.
    const index = waiting.findIndex((one) => one.sequence === of);
    if (index === -1) return;
    for (const [at, { resolve }] of waiting.splice(0, index + 1).entries()) resolve(at === index ? bytes : undefined);
  }

  function take(chunk: Buffer): void {
    // Security: a program that changes titles without end is read no faster than this, and costs the core no more.
    spanBytes += chunk.length;
    if (spanBytes > BYTES_PER_SPAN) stream.pause();
    spanTimer ??= setTimeout(() => {
      spanTimer = undefined;
      spanBytes = 0;
      stream.resume();
    }, SPAN_MS);
    if (isBroken) return;
    try {
      for (const message of reader.push(chunk)) {
        if (message.kind === 'greeting') greeted.resolve(message.root);
        else if (message.kind === 'event') on.event(message.code, message.bytes);
        else answer(message.sequence, message.kind === 'reply' ? message.bytes : undefined);
      }
    } catch (error) {
      fail(error as Error);
    }
  }

  function send(request: Buffer): void {
    if (stream.writableLength > MAX_UNSENT_BYTES) fail(new Error('X11: nobody reads'));
    if (isBroken) return;
    for (let at = 0; at < request.length; at += 4 * request.readUInt16LE(at + 2)) sequence = (sequence + 1) & 0xffff;
    stream.write(request);
  }

  function ask(request: Buffer): Promise<Buffer | undefined> {
    if (waiting.length >= MAX_WAITING) fail(new Error('X11: no answers'));
    if (isBroken) return Promise.resolve(undefined);
    send(request);
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
    waiting.push({ sequence, resolve });
    return promise;
  }

  stream.on('data', take);
  stream.on('error', fail);
  stream.once('end', () => stream.destroy());
  stream.once('close', () => {
    clearTimeout(spanTimer);
    fail(new Error('X11: the connection is closed'));
  });
  stream.write(clientGreeting);
  const timer = setTimeout(() => fail(new Error('X11: no greeting')), GREETING_TIMEOUT_MS);
  const root = await greeted.promise
    .finally(() => clearTimeout(timer))
    .catch((error) => {
      stream.destroy();
      throw error;
    });
  return {
    root,
    send,
    intern: (names) => Promise.all(names.map(async (name) => (await ask(x11.internAtom(name)))?.readUInt32LE(8) ?? 0)),
    getProperty: async (window, property, words) => {
      const reply = await ask(x11.getProperty(window, property, words));
      return reply === undefined ? undefined : readProperty(reply);
    },
    getSize: async (window) => {
      const reply = await ask(x11.getGeometry(window));
      return reply === undefined ? undefined : { width: reply.readUInt16LE(16), height: reply.readUInt16LE(18) };
    },
    [Symbol.dispose]: () => {
      // Set first, so that the end of the stream is not reported as a fault.
      isBroken = true;
      for (const { resolve } of waiting.splice(0)) resolve(undefined);
      stream.destroy();
    },
  };
}
