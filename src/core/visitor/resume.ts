// A session whose connection was lost is looked for again, as long as its host waits.

import { toProblem } from '../../contract/errors.ts';
import type { PeerId, SessionId } from '../../contract/ids.ts';
import { retry } from '../lib/retry.ts';
import type { Peers } from '../peers/peers.ts';
import type { HostConnection } from '../wire/peer-client.ts';

/** How long the host waits, too. */
const LOST_AFTER_MS = 120_000;
const PAUSES = { firstMs: 300, longestMs: 3000 };

/** The host answers, and has no such session any more. */
class Gone extends Error {}

/** @throws when it is over, for whatever reason, and when `signal` aborts */
export function resumeSession(
  peers: Pick<Peers, 'hold'>,
  { peerId, hostSessionId: sessionId }: { readonly peerId: PeerId; readonly hostSessionId: SessionId },
  signal: AbortSignal,
): Promise<{ readonly connection: HostConnection; release(): void }> {
  return retry(
    async () => {
      const held = await peers.hold(peerId, signal);
      try {
        await held.connection.call('session.resume', { sessionId }, signal);
        return held;
      } catch (error) {
        // The session was closed here meanwhile, but the host may have resumed it.
        if (signal.aborted) void held.connection.call('session.end', { sessionId }).catch(() => {});
        held.release();
        throw toProblem(error).code === 'not-found' ? new Gone('not found', { cause: error }) : error;
      }
    },
    { ...PAUSES, giveUpAfterMs: LOST_AFTER_MS, signal, isFinal: (error) => error instanceof Gone },
  );
}
