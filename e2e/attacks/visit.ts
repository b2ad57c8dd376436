// One connection of a hostile peer: the protocol's own words, and no client of ours that would hold it back.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type ClientChannel } from 'ssh2';
import type { PeerId } from '../../src/contract/ids.ts';
import type { Powers } from '../../src/contract/powers.ts';
import { noPowers } from '../../src/contract/powers.ts';
import type { Identity } from '../../src/core/identity/identity.ts';
import { CONTROL_SUBSYSTEM, PROTOCOL, type TunnelEnd, tunnelPath } from '../../src/core/wire/peer-protocol.ts';

/** One message that came back, as it stood. */
export interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data: { readonly code: string; readonly params: unknown };
  };
}

const ANSWER_TIMEOUT_MS = 10_000;
/** Ids of a visit's own calls: what a test sends by hand is told apart from them. */
const FIRST_ID = 1_000_000;

/** One connection of hers to a host. */
export class Visit implements Disposable {
  readonly id: PeerId;
  readonly client: ssh2.Client;
  readonly socket: Socket;
  readonly control: ClientChannel;
  /** Everything that the host said on the control channel, the oldest first. */
  readonly messages: Message[] = [];
  isOpen = true;
  readonly #waiting = new Set<() => void>();
  #nextId = FIRST_ID;

  private constructor(id: PeerId, client: ssh2.Client, socket: Socket, control: ClientChannel) {
    this.id = id;
    this.client = client;
    this.socket = socket;
    this.control = control;
    control.on('error', () => {});
    createInterface({ input: control }).on('line', (line) => {
      this.messages.push(JSON.parse(line));
      this.#wake();
    });
    for (const part of [socket, control]) {
      part.once('close', () => {
        this.isOpen = false;
        this.#wake();
      });
    }
  }

  /** @throws when the host does not let her in */
  static async open(socket: Socket, key: Identity): Promise<Visit> {
    const client = new ssh2.Client().on('error', () => {});
    client.connect({ sock: socket, username: 'ebp', privateKey: key.privateKey, strictVendor: false });
    await Promise.race([
      once(client, 'ready'),
      once(client, 'close').then(() => {
        throw new Error('the host does not let her in');
      }),
    ]);
    const control = await new Promise<ClientChannel>((resolve, reject) => {
      client.subsys(CONTROL_SUBSYSTEM, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
    return new Visit(key.id, client, socket, control);
  }

  hello(name = 'Mallory'): Promise<Message> {
    return this.call('hello', { protocol: PROTOCOL, oldest: PROTOCOL, name, capabilities: ['viewer'] });
  }

  /** Sends a line as it is. */
  send(line: string): void {
    this.control.write(`${line}\n`);
  }

  /** The answer, be it a refusal. @throws when none comes */
  async call(method: string, params: unknown): Promise<Message> {
    const id = this.#nextId++;
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return this.answerTo(id);
  }

  /** The code of the refusal, or `granted` where there is none. */
  async codeOf(method: string, params: unknown): Promise<string> {
    return (await this.call(method, params)).error?.data.code ?? 'granted';
  }

  async answerTo(id: number): Promise<Message> {
    return this.#find((message) => message.id === id, `an answer to call ${id}`);
  }

  async notice(method: string, isIt: (params: Record<string, unknown>) => boolean = () => true): Promise<Message> {
    return this.#find(
      (message) => message.method === method && isIt((message.params ?? {}) as Record<string, unknown>),
      method,
    );
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  #find(isIt: (message: Message) => boolean, what: string): Promise<Message> {
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const look = () => {
      const found = this.messages.find(isIt);
      if (found !== undefined) resolve(found);
      else if (!this.isOpen) reject(new Error(`${what}: the connection is closed`));
    };
    const timer = setTimeout(() => reject(new Error(`${what}: not within ${ANSWER_TIMEOUT_MS} ms`)), ANSWER_TIMEOUT_MS);
    this.#waiting.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }

  /** Asks for an offer. Resolves to the request's id. @throws with the code of the refusal */
  async ask(offerId: string, view = 'viewer', powers: Partial<Powers> = {}): Promise<string> {
    const { error, result } = await this.call('request.create', { offerId, view, powers: { ...noPowers, ...powers } });
    if (error !== undefined) throw new Error(error.data.code);
    return String(result?.['requestId']);
  }

  /** What became of a request. @throws when no answer comes */
  async answerToRequest(requestId: string): Promise<Record<string, unknown>> {
    const message = await this.notice('request.answered', (params) => params['requestId'] === requestId);
    return message.params as Record<string, unknown>;
  }

  /** The session of a request that was granted. @throws when it was not */
  async sessionOf(requestId: string): Promise<{ sessionId: string; classicPort: number | null }> {
    const { answer, session, problem } = await this.answerToRequest(requestId);
    if (session === null || session === undefined) throw new Error(`${answer}: ${JSON.stringify(problem)}`);
    return session as { sessionId: string; classicPort: number | null };
  }

  openTunnel(sessionId: string, end: TunnelEnd): Promise<ClientChannel> {
    return this.openPath(tunnelPath(sessionId, end));
  }

  /** @throws when the host refuses the channel */
  openPath(path: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.client.openssh_forwardOutStreamLocal(path, (error, channel) => {
        if (error) return reject(error);
        channel.on('error', () => {});
        resolve(channel);
      });
    });
  }

  /** `refused`, or `open`. */
  async tryTunnel(sessionId: string, end: TunnelEnd): Promise<'refused' | 'open'> {
    return this.openTunnel(sessionId, end).then(
      (channel) => {
        channel.destroy();
        return 'open';
      },
      () => 'refused',
    );
  }

  async closed(timeoutMs = ANSWER_TIMEOUT_MS): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs;
    while (this.isOpen) {
      if (performance.now() > giveUpAt) throw new Error('the connection is still open');
      await sleep(5);
    }
  }

  [Symbol.dispose](): void {
    this.client.destroy();
    this.socket.destroy();
  }
}
