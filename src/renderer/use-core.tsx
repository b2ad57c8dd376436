// Hooks that tie React to the core: one mirror for every topic, and calls whose failures are told to the person.
import { notifications } from '@mantine/notifications';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import type { TopicName, TopicValue } from '../contract/contract.ts';
import { toProblem } from '../contract/errors.ts';
import { say, sayProblem } from '../messages/messages.ts';
import type { ConnectionState, CoreConnection } from './core-connection.ts';

const CoreContext = createContext<CoreConnection | undefined>(undefined);

export function CoreProvider({ core, children }: { core: CoreConnection; children: ReactNode }) {
  return <CoreContext value={core}>{children}</CoreContext>;
}

export function useCore(): CoreConnection {
  const core = useContext(CoreContext);
  if (core === undefined) throw new Error('useCore needs a CoreProvider');
  return core;
}

/** A topic's last state. To be used below the gate that waits until every topic has arrived once. */
export function useTopic<T extends TopicName>(topic: T): TopicValue<T> {
  const core = useCore();
  const follow = useCallback((listener: () => void) => core.followTopic(topic, listener), [core, topic]);
  const value = useSyncExternalStore(follow, () => core.readTopic(topic));
  if (value === undefined) throw new Error(`the topic ${topic} has not arrived`);
  return value;
}

export function useConnectionState(): ConnectionState {
  const core = useCore();
  return useSyncExternalStore(core.follow, core.readState);
}

export function useIsReady(): boolean {
  const core = useCore();
  return useSyncExternalStore(core.follow, core.readIsReady);
}

export function useConnectionEpoch(): number {
  const core = useCore();
  return useSyncExternalStore(core.follow, core.readEpoch);
}

/** Tells the person why something did not work. */
export function tellProblem(error: unknown): void {
  notifications.show({
    color: 'red',
    title: say('ui.common.problem'),
    message: sayProblem(toProblem(error)),
    autoClose: 12_000,
  });
}

/** Runs calls, says whether one is under way, and tells the person of a failure. Resolves with whether it worked. */
export function useAction(): { readonly isBusy: boolean; run(action: () => Promise<unknown>): Promise<boolean> } {
  const [underWay, setUnderWay] = useState(0);
  const run = useCallback(async (action: () => Promise<unknown>) => {
    setUnderWay((count) => count + 1);
    try {
      await action();
      return true;
    } catch (error) {
      tellProblem(error);
      return false;
    } finally {
      setUnderWay((count) => count - 1);
    }
  }, []);
  return { isBusy: underWay > 0, run };
}

/** The present instant in milliseconds since the Unix epoch, renewed in the given interval while it is needed. */
export function useNow(intervalMs: number, isNeeded = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isNeeded) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs, isNeeded]);
  return now;
}
