// Tells peers that the core ends, while their connections are still open.
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostCalls } from './host/calls.ts';
import type { Log } from './lib/log.ts';
import type { Asks } from './visitor/asks.ts';
import type { VisitorSessions } from './visitor/sessions.ts';
import type { OwnPort } from './wire/peer-port.ts';

/** How long the core waits for its peers to hear of its end. */
const GOODBYE_MS = 500;

/** Resolves when the peers have heard it, or after GOODBYE_MS: a peer that does not listen must not hold up the end. */
export async function sayGoodbye(parts: {
  readonly asks: Pick<Asks, 'cancelAll'>;
  readonly visitorSessions: Pick<VisitorSessions, 'endAll'>;
  readonly hostCalls: Pick<HostCalls, 'quit'>;
  readonly peerPort: Pick<OwnPort, 'sayGoodbye'>;
  readonly log: Log;
}): Promise<void> {
  const { asks, visitorSessions, hostCalls, peerPort, log } = parts;
  log.info({}, 'core ends');
  asks.cancelAll();
  const said = Promise.all([hostCalls.quit(), visitorSessions.endAll()]).then(() => peerPort.sayGoodbye());
  const isLate = Symbol('late');
  const ended = await Promise.race([
    said.catch((error) => log.error({ error: String((error as Error)?.stack ?? error) }, 'bug at the end')),
    sleep(GOODBYE_MS, isLate, { ref: false }),
  ]);
  if (ended === isLate) log.warn({}, 'a peer was not told of the end: it does not read, or its network is slow');
}
