// This computer asks a peer to compare: it commits, reveals when the peer has given its nonce, and shows the code.
import { AppError, toProblem } from '../../../contract/errors.ts';
import type { PeerId } from '../../../contract/ids.ts';
import type { Log } from '../../lib/log.ts';
import { hasCapability } from '../../wire/capabilities.ts';
import type { Notices } from '../../wire/notices.ts';
import type { Peers } from '../peers.ts';
import { codeOf, commitmentTo, type Pair } from './comparison.ts';
import type { Item, Items } from './comparison-items.ts';

export interface AskingParts {
  readonly selfId: PeerId;
  readonly items: Items;
  readonly peers: Pick<Peers, 'hold'>;
  readonly log: Log;
}

/** Resolves when both compare, or when it has failed. */
export async function askForComparison(item: Item, parts: AskingParts): Promise<void> {
  const { selfId, items, peers, log } = parts;
  const { peerId } = item.comparison;
  const { signal } = item.abort;
  const pair: Pair = { asking: selfId, asked: peerId };
  try {
    const { connection, release } = await peers.hold(peerId, signal);
    if (item.isOver) {
      release();
      return;
    }
    item.stack.defer(release);
    if (!hasCapability(connection.hello.capabilities, 'call.verify.begin')) throw new AppError('protocol-older');
    item.source = connection;
    item.commitment = commitmentTo(pair, item.ownNonce);
    item.stack.defer(connection.onClose(() => items.fail(item, { code: 'peer-unreachable', params: {} })));
    const { commitment } = item;
    item.tellCancel = () => void connection.call('verify.cancel', { commitment }).catch(() => {});
    item.tellAnswer = (isSame) =>
      void connection.call('verify.answer', { commitment, isSame }).catch((error) =>
        // Notices are taken in after answers. So a notice that came before this refusal is heard first: it says why it is over there.
        setImmediate(() => items.fail(item, { code: toProblem(error).code, params: {} })),
      );
    const { nonce } = await connection.call('verify.begin', { commitment }, signal);
    if (item.isOver) return;
    await connection.call('verify.reveal', { commitment, nonce: item.ownNonce }, signal);
    if (item.isOver) return;
    items.showCode(item, codeOf(pair, { asking: item.ownNonce, asked: nonce }));
  } catch (error) {
    if (item.isOver) return;
    const problem = toProblem(error);
    if (problem.code === 'internal') log.error({ error: String((error as Error)?.stack ?? error) }, 'comparing failed');
    item.tellCancel();
    items.fail(item, problem);
  }
}

/** Takes the words of the peers that were asked. */
export function takeHostsWords(notices: Notices, { items, log }: Pick<AskingParts, 'items' | 'log'>): void {
  notices.on('verify.answered', ({ commitment, isSame }, connection) => {
    const item = items.find(connection, commitment);
    try {
      if (item !== undefined) items.takeAnswer(item, isSame);
    } catch (error) {
      log.warn({ peerId: connection.peerId, error: String(error) }, 'an answer out of order');
    }
  });
  notices.on('verify.cancelled', ({ commitment }, connection) => {
    const item = items.find(connection, commitment);
    if (item !== undefined) items.fail(item, { code: 'cancelled', params: {} });
  });
}
