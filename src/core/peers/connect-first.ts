// Reaches a peer that has several addresses: the first that answers and proves the key.
import { AppError, toProblem } from '../../contract/errors.ts';
import { type ConnectOptions, connectPeer, type HostConnection, type PeerAddress } from '../wire/peer-client.ts';

/** How long an address is tried alone before the next one is tried as well (RFC 8305, Happy Eyeballs). */
const HEAD_START_MS = 250;

/**
 * Tries the addresses, each a little after the one before.
 * An address where this computer itself answers is passed over: it says nothing about the peer.
 * @throws AppError as `connectPeer`, but for `peer-is-self`; of several failures the one that says most
 */
export async function connectFirst(
  addresses: readonly PeerAddress[],
  {
    onSelf,
    ...options
  }: Omit<ConnectOptions, 'address' | 'signal'> & {
    readonly signal: AbortSignal;
    /** This computer itself answers there. */
    readonly onSelf: (address: PeerAddress) => void;
  },
): Promise<HostConnection> {
  const race = new AbortController();
  const signal = AbortSignal.any([race.signal, options.signal]);
  let lastError: unknown = new AppError('peer-unreachable');
  let hasError = false;
  const tries = addresses.map(async (address, index) => {
    await sleep(index * HEAD_START_MS, signal);
    try {
      return await connectPeer({ ...options, address, signal });
    } catch (error) {
      const { code } = toProblem(error);
      if (code === 'peer-is-self') {
        onSelf(address);
        throw error;
      }
      // A wrong key or version says more than an address that does not answer.
      if (!hasError || code !== 'peer-unreachable') lastError = error;
      hasError = true;
      throw error;
    }
  });
  try {
    const winner = await Promise.any(tries);
    for (const other of tries) {
      other.then(
        (late) => late !== winner && late.close(),
        () => {},
      );
    }
    return winner;
  } catch {
    throw lastError;
  } finally {
    race.abort();
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new AppError('cancelled'));
    });
  });
}
