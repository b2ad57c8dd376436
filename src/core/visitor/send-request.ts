// Sends one request to a peer, and once more where the connection to it turns out to be dead.
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toProblem } from '../../contract/errors.ts';
import type { OfferId, PeerId, RequestId } from '../../contract/ids.ts';
import type { Powers } from '../../contract/powers.ts';
import type { Size } from '../../contract/sessions.ts';
import type { View } from '../../contract/views.ts';
import type { Log } from '../lib/log.ts';
import type { Peers } from '../peers/peers.ts';
import { hasCapability } from '../wire/capabilities.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import { viewOnWire } from '../wire/peer-protocol.ts';

export interface Wish {
  readonly peerId: PeerId;
  readonly offerId: OfferId;
  readonly view: View;
  readonly powers: Powers;
  readonly size?: Size | undefined;
}

export interface SentRequest {
  readonly connection: HostConnection;
  /** Gives the hold on the connection back. */
  readonly release: () => void;
  readonly requestId: RequestId;
  readonly answerTimeoutMs: number;
}

/** A connection may close this much later than its control channel. */
const CLOSES_WITHIN_MS = 1000;

/**
 * A host forgets what was asked on a connection that has closed, so that nothing is asked twice.
 * @throws AppError as `Peers.hold`, `view-unknown` where the host's version has no such view, and what the host answers; then nothing is held
 */
export async function sendRequest(
  peers: Pick<Peers, 'hold'>,
  { peerId, offerId, view, powers, size }: Wish,
  options: { readonly signal: AbortSignal; readonly isWanted: () => boolean; readonly log: Log },
): Promise<SentRequest> {
  for (let isAgain = false; ; isAgain = true) {
    const { connection, release } = await peers.hold(peerId, options.signal);
    try {
      if (!hasCapability(connection.hello.capabilities, `view.${view}`)) throw new AppError('view-unknown');
      const call = { offerId, view: viewOnWire(view), powers, ...(size && { size }) };
      return { connection, release, ...(await connection.call('request.create', call)) };
    } catch (error) {
      const isDead = !isAgain && (await isClosing(connection, error));
      release();
      if (!isDead || !options.isWanted()) throw error;
      options.log.info({ peerId }, 'the connection closed while it was asked on: once more');
    }
  }
}

/** Takes it back if the host can be reached. */
export async function withdrawRequest(peers: Pick<Peers, 'hold'>, peerId: PeerId, requestId: RequestId): Promise<void> {
  try {
    const { connection, release } = await peers.hold(peerId);
    await connection.call('request.cancel', { requestId }).finally(release);
  } catch {
    // A host that does not hear of it lets the request expire.
  }
}

/** Whether a call failed because its connection closed. An error that the host itself answers leaves the connection open. */
async function isClosing(connection: HostConnection, error: unknown): Promise<boolean> {
  if (toProblem(error).code !== 'peer-unreachable') return false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopListening = connection.onClose(resolve);
  await Promise.race([promise, sleep(CLOSES_WITHIN_MS, undefined, { ref: false })]);
  stopListening();
  return !connection.isOpen;
}
