// The client's end of the contract: window, tray and CLI call methods and follow topics with it.
import {
  type ClientId,
  type Handlers,
  type MethodInput,
  type MethodName,
  type MethodOutput,
  methods,
  type TopicName,
  type TopicValue,
  topics,
} from './contract.ts';
import type { Port } from './port.ts';
import { createRpc, parseInput } from './rpc.ts';

export interface Client {
  /** @throws AppError with the code that the core gave. */
  call<M extends MethodName>(method: M, input: MethodInput<M>, signal?: AbortSignal): Promise<MethodOutput<M>>;
  /** The last whole state, undefined until the first has arrived. */
  read<T extends TopicName>(topic: T): TopicValue<T> | undefined;
  /** Called at once if there is a state already, then on every change. Returns the way to stop. */
  follow<T extends TopicName>(topic: T, listener: (value: TopicValue<T>) => void): () => void;
  /** Resolves when every topic has arrived once. */
  readonly ready: Promise<void>;
  onClose(listener: () => void): void;
  close(): void;
}

/** Starts a client on a port whose other end is served by `serveContract`. */
export function createClient(port: Port): Client {
  const values = new Map<TopicName, unknown>();
  const listeners = new Map<TopicName, Set<(value: never) => void>>();
  const closeListeners = new Set<() => void>();
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const rpc = createRpc(port, {
    closedCode: 'core-not-running',
    onNotification: (method, params) => {
      if (!isTopicName(method)) return;
      values.set(method, params);
      for (const listener of listeners.get(method) ?? []) listener(params as never);
      if (values.size === Object.keys(topics).length) resolve();
    },
  });
  port.onClose(() => {
    for (const listener of closeListeners) listener();
  });
  return {
    call: (method, input, signal) => rpc.call(method, input, signal) as never,
    read: (topic) => values.get(topic) as never,
    follow: (topic, listener) => {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener as never));
      if (values.has(topic)) listener(values.get(topic) as never);
      return () => set.delete(listener as never);
    },
    ready,
    onClose: (listener) => closeListeners.add(listener),
    close: () => rpc.close(),
  };
}

/** Whole states; nothing in them is changed in place. */
type Frozen<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer E)[]
    ? readonly Frozen<E>[]
    : { readonly [K in keyof T]: Frozen<T[K]> };

/** Where the server finds a topic's state and hears of its changes. */
export type TopicSources = {
  readonly [T in TopicName]: {
    readonly value: Frozen<TopicValue<T>>;
    follow(listener: (value: Frozen<TopicValue<T>>) => void): () => void;
  };
};

/** Serves the contract on a port: every topic now and on every change, and every method, its input validated. */
export function serveContract(
  port: Port,
  client: ClientId,
  handlers: Handlers,
  sources: TopicSources,
  onBug: (error: unknown, method: string) => void,
): void {
  const rpc = createRpc(port, {
    hasMethod: isMethodName,
    onCall: async (method, params) => {
      const name = method as MethodName;
      const input = parseInput(methods[name].input, params, name);
      return handlers[name](input as never, client);
    },
    onBug,
  });
  const stops = (Object.keys(topics) as TopicName[]).map((topic) =>
    sources[topic].follow((value: unknown) => rpc.notify(topic, value)),
  );
  port.onClose(() => {
    for (const stop of stops) stop();
  });
}

function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(methods, name);
}

function isTopicName(name: string): name is TopicName {
  return Object.hasOwn(topics, name);
}
