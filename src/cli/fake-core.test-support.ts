// A core for the tests of the CLI: the real contract on a real Unix socket, with state that a test sets and methods that it sees.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveContract, type TopicSources } from '../contract/client.ts';
import {
  type ClientId,
  type Handlers,
  type MethodName,
  methods,
  type TopicName,
  type TopicValue,
  topics,
} from '../contract/contract.ts';
import { createLinePort } from '../contract/line-port.ts';
import { coreFileName, maxLocalLineBytes } from '../contract/profile.ts';
import { getTopics } from './nouns.test-support.ts';

type Topics = { [T in TopicName]: TopicValue<T> };
/** What a test puts in place of a method; what it returns is the method's output. */
type Answers = { [M in MethodName]?: (input: Parameters<Handlers[M]>[0], core: FakeCore) => unknown };

export class FakeCore {
  readonly profileDir: string;
  readonly calls: { readonly method: string; readonly input: unknown }[] = [];
  answers: Answers = {};
  #topics: Topics = getTopics();
  readonly #listeners = new Map<TopicName, Set<(value: never) => void>>();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));

  private constructor(profileDir: string) {
    this.profileDir = profileDir;
  }

  static async start(): Promise<FakeCore> {
    const core = new FakeCore(await mkdtemp(join(tmpdir(), 'ebp-cli-')));
    const socketPath = join(core.profileDir, 'core.sock');
    await new Promise<void>((resolve) => core.#server.listen(socketPath, resolve));
    await writeFile(
      join(core.profileDir, coreFileName),
      JSON.stringify({ socketPath, pid: process.pid, startedAt: Date.now() }),
    );
    return core;
  }

  /** Changes a topic and tells it to every client. */
  set<T extends TopicName>(topic: T, value: TopicValue<T>): void {
    // What a test makes up must be what the contract allows.
    this.#topics = { ...this.#topics, [topic]: topics[topic].parse(value) };
    for (const listener of this.#listeners.get(topic) ?? []) listener(value as never);
  }

  get<T extends TopicName>(topic: T): TopicValue<T> {
    return this.#topics[topic];
  }

  /** Ends every connection, as a core does that stops or crashes. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    await rm(this.profileDir, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const handlers = Object.fromEntries(
      (Object.keys(methods) as MethodName[]).map((method) => [
        method,
        async (input: unknown) => {
          this.calls.push({ method, input });
          return (await this.answers[method]?.(input as never, this)) ?? {};
        },
      ]),
    );
    const sources = Object.fromEntries(
      (Object.keys(topics) as TopicName[]).map((topic) => [
        topic,
        {
          follow: (listener: (value: never) => void) => {
            const set = this.#listeners.get(topic) ?? new Set();
            this.#listeners.set(topic, set.add(listener));
            listener(this.#topics[topic] as never);
            return () => set.delete(listener);
          },
        },
      ]),
    );
    serveContract(
      createLinePort(socket, { maxLineBytes: maxLocalLineBytes }),
      1 as ClientId,
      handlers as unknown as Handlers,
      sources as unknown as TopicSources,
      (error) => {
        throw error;
      },
    );
  }
}
