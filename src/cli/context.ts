// What every command of `ebp` gets.
import type { Client } from '../contract/client.ts';
import type { TopicName, TopicValue } from '../contract/contract.ts';
import { AppError } from '../contract/errors.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  readonly output: Output;
  readonly profileDir: string;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
  /** The line that the person types; null when nobody can be asked. */
  ask(question: string): Promise<string | null>;
  /** @throws AppError `core-not-running` */
  connect(): Promise<Client>;
}

/** Registers the commands of one file: `run` gives each its context and turns what it returns or throws into the exit code. */
export type Run = (work: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;

/** The last state of a topic; there is one once `connect` has resolved. */
export function readTopic<T extends TopicName>(client: Client, topic: T): TopicValue<T> {
  const value = client.read(topic);
  if (value === undefined) throw new Error(`topic ${topic} has not arrived`);
  return value;
}

/**
 * Resolves with the first value that `choose` finds in a topic, now or later; with null when the signal aborts.
 * @throws AppError `core-not-running` when the connection ends
 */
export function waitFor<T extends TopicName, V>(
  client: Client,
  topic: T,
  choose: (value: TopicValue<T>) => V | undefined,
  signal: AbortSignal,
): Promise<V | null> {
  if (signal.aborted) return Promise.resolve(null);
  const { promise, resolve, reject } = Promise.withResolvers<V | null>();
  const onAbort = () => resolve(null);
  signal.addEventListener('abort', onAbort, { once: true });
  client.onClose(() => reject(new AppError('core-not-running')));
  const stop = client.follow(topic, (value) => {
    const chosen = choose(value);
    if (chosen !== undefined) resolve(chosen);
  });
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort);
    stop();
  });
}
