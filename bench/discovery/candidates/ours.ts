// Our own discovery.
import { silentLog } from '../../../src/core/lib/log.ts';
import { State } from '../../../src/core/lib/state.ts';
import { startDiscovery } from '../../../src/core/peers/discovery/discovery.ts';
import type { Start } from '../candidate.ts';

export const start: Start = async (first, listeners) => {
  const own = new State(first);
  const discovery = await startDiscovery({ log: silentLog, own, ...listeners });
  return {
    setOwn: async (next) => own.set(next),
    stop: async () => await discovery[Symbol.asyncDispose](),
  };
};
