// Attaches the clients of this core, which are windows, tray and command line, each on a port of its own.
import { serveContract, type TopicSources } from '../contract/client.ts';
import type { ClientId, Handlers } from '../contract/contract.ts';
import type { Port } from '../contract/port.ts';
import type { Log } from './lib/log.ts';

/** Returns what serves the contract on a port until it closes. */
export function createAttach(options: {
  readonly handlers: Handlers;
  readonly topics: TopicSources;
  /** What a client had opened or watched ends with it. */
  readonly onGone: readonly ((client: ClientId) => void)[];
  readonly log: Log;
}): (port: Port) => void {
  const { handlers, topics, onGone, log } = options;
  let nextClient = 1;
  return (port) => {
    const client = nextClient++ as ClientId;
    port.onClose(() => {
      for (const leave of onGone) leave(client);
    });
    serveContract(port, client, handlers, topics, (error, method) =>
      log.error({ method, error: String((error as Error)?.stack ?? error) }, 'bug in a method'),
    );
  };
}
