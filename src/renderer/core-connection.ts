// The page's lasting tie to the core: connects again by itself and keeps the last state of every topic meanwhile.
import { type Client, createClient } from '../contract/client.ts';
import {
  type MethodInput,
  type MethodName,
  type MethodOutput,
  type TopicName,
  type TopicValue,
  topics,
} from '../contract/contract.ts';
import { AppError } from '../contract/errors.ts';
import { Pauses } from '../contract/pauses.ts';
import { type Carrier, Unauthorized } from './ports/carrier.ts';

/** lost: it was there and is being looked for. refused: this page must be opened anew with a valid link. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'refused';

export interface CoreConnection {
  readonly carrier: Carrier;
  /** @throws AppError with the code that the core gave; `core-not-running` while there is no connection. */
  call<M extends MethodName>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>>;
  readTopic<T extends TopicName>(topic: T): TopicValue<T> | undefined;
  followTopic(topic: TopicName, listener: () => void): () => void;
  readState(): ConnectionState;
  /** Whether every topic has arrived once. */
  readIsReady(): boolean;
  /** Counts the connections made, so that what a connection held open can be opened again. */
  readEpoch(): number;
  follow(listener: () => void): () => void;
  /** Resolves when the core can be called. */
  whenOpen(): Promise<void>;
  /** Tries at once instead of waiting for the next try. */
  retryNow(): void;
}

const PAUSES = { firstMs: 250, longestMs: 5000 };
/** A flood of peers must not render the list for each of them. */
const PEERS_INTERVAL_MS = 50;

export function connectCore(carrier: Carrier): CoreConnection {
  const values = new Map<TopicName, unknown>();
  const topicListeners = new Map<TopicName, Set<() => void>>();
  const listeners = new Set<() => void>();
  let client: Client | undefined;
  let state: ConnectionState = 'connecting';
  let epoch = 0;
  let isReady = false;
  let opened = Promise.withResolvers<void>();
  const pauses = new Pauses(PAUSES);

  const changed = () => {
    for (const listener of listeners) listener();
  };
  const setState = (next: ConnectionState) => {
    if (state === next) return;
    state = next;
    changed();
  };

  const tellTopic = (topic: TopicName) => {
    for (const listener of topicListeners.get(topic) ?? []) listener();
  };
  const tellPeers = throttle(() => tellTopic('peers'), PEERS_INTERVAL_MS);

  function attach(next: Client): void {
    client = next;
    epoch += 1;
    for (const topic of Object.keys(topics) as TopicName[]) {
      next.follow(topic, (value) => {
        values.set(topic, value);
        if (topic === 'peers') tellPeers();
        else tellTopic(topic);
      });
    }
    void next.ready.then(() => {
      isReady = true;
      changed();
    });
    state = 'open';
    changed();
    opened.resolve();
  }

  async function run(): Promise<void> {
    for (;;) {
      try {
        const port = await carrier.open();
        const closed = Promise.withResolvers<void>();
        port.onClose(() => closed.resolve());
        attach(createClient(port));
        pauses.reset();
        await closed.promise;
        client = undefined;
        opened = Promise.withResolvers<void>();
      } catch (error) {
        if (error instanceof Unauthorized) {
          setState('refused');
          return;
        }
      }
      setState('lost');
      await pauses.next();
    }
  }
  void run();

  return {
    carrier,
    call: async (method, input) => {
      const current = client;
      if (current === undefined) throw new AppError('core-not-running');
      return current.call(method, input);
    },
    readTopic: (topic) => values.get(topic) as never,
    followTopic: (topic, listener) => {
      const set = topicListeners.get(topic) ?? new Set();
      topicListeners.set(topic, set.add(listener));
      return () => set.delete(listener);
    },
    readState: () => state,
    readIsReady: () => isReady,
    readEpoch: () => epoch,
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    whenOpen: () => opened.promise,
    retryNow: () => pauses.hurry(),
  };
}

/** Runs at once, then at most once in the interval, and always after the last call. */
function throttle(run: () => void, intervalMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isPending = false;
  const start = () => {
    run();
    timer = setTimeout(() => {
      timer = undefined;
      if (!isPending) return;
      isPending = false;
      start();
    }, intervalMs);
  };
  return () => {
    if (timer === undefined) start();
    else isPending = true;
  };
}
