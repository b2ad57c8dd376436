// `ebp peers`, `add` and `apps`: who is there, and what they share.
import type { Command } from 'commander';
import type { Client } from '../../contract/client.ts';
import { AppError } from '../../contract/errors.ts';
import { isKnownKind, kindOf } from '../../contract/kinds.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import { say, sayProblem } from '../../messages/messages.ts';
import { type Party, peerLabel } from '../../messages/peer-label.ts';
import { exceptionsTo, sayAudience } from '../audience.ts';
import { type Run, readTopic, waitFor } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { findPeer } from '../find.ts';
import { toShowable } from '../output.ts';

const CATALOGUE_TIMEOUT_MS = 20_000;

export function registerPeers(program: Command, run: Run): void {
  program
    .command('peers')
    .description(say('cli.command.peers'))
    .action(() =>
      run(async ({ output, connect }) => {
        const peers = readTopic(await connect(), 'peers');
        output.json(peers);
        output.table(
          [say('cli.column.name'), say('cli.column.presence'), say('cli.column.addresses'), say('cli.column.id')],
          peers.map((peer) => [nameOf(peer), presenceOf(peer), peer.addresses[0] ?? '', peer.id]),
          say('cli.empty.peers'),
        );
        for (const { name, claimedName, warning, problem } of peers) {
          if (name !== claimedName)
            output.say(say('cli.claims', { peer: toShowable(name), name: toShowable(claimedName) }));
          if (warning !== null)
            output.say(`${toShowable(name)}: ${say(`cli.warning.${warning}`, { peer: toShowable(claimedName) })}`);
          if (problem !== null) output.say(`${toShowable(name)}: ${toShowable(sayProblem(problem))}`);
        }
        return exitCodes.done;
      }),
    );

  program
    .command('add')
    .description(say('cli.command.add'))
    .argument('<address>', say('cli.argument.address'))
    .action((address: string) =>
      run(async ({ output, connect, signal }) => {
        const client = await connect();
        const { peerId } = await client.call('peers.add', { address }, signal);
        const peer = readTopic(client, 'peers').find((known) => known.id === peerId);
        output.json(peer ?? { id: peerId });
        output.say(say('cli.done.added', { name: peer === undefined ? peerId : toShowable(peer.name) }));
        return exitCodes.done;
      }),
    );

  program
    .command('offers')
    // As it was called in version 0.1.
    .alias('apps')
    .description(say('cli.command.offers'))
    .argument('[peer]', say('cli.argument.ownOrPeer'))
    .action((text: string | undefined) =>
      run(async ({ output, connect, signal }) => {
        const client = await connect();
        const columns = [say('cli.column.name'), say('cli.column.id'), say('cli.column.summary')];
        if (text === undefined) {
          const { offers, broken, leftOut } = readTopic(client, 'offers');
          output.json({ offers, broken, leftOut });
          const { audience } = readTopic(client, 'settings');
          const ownAudiences = new Map(
            exceptionsTo(audience, offers).map((one) => [one.offer.id, sayAudience(one.audience)]),
          );
          const hasOwn = ownAudiences.size > 0;
          output.table(
            [say('cli.column.shared'), ...(hasOwn ? [say('cli.column.seenBy')] : []), ...columns],
            offers.map((offer) => [
              say(`cli.word.${offer.isShared ? 'yes' : 'no'}`),
              ...(hasOwn ? [ownAudiences.get(offer.id) ?? ''] : []),
              ...cellsOf(offer),
            ]),
            say('cli.empty.ownOffers'),
          );
          if (hasOwn) output.say(say('cli.seenByRest', { who: sayAudience(audience) }));
          if (leftOut > 0) output.say(say('cli.leftOut', { count: leftOut, shown: offers.length }));
          for (const { name, obstacle } of offers) {
            if (obstacle !== null) output.say(say(`cli.obstacle.${obstacle}`, { name: toShowable(name) }));
          }
          return exitCodes.done;
        }
        const peer = findPeer(readTopic(client, 'peers'), text);
        const offers = await readCatalogue(client, peer, signal);
        output.json(offers);
        output.table(columns, offers.map(cellsOf), say('cli.empty.offers', { peer: toShowable(peer.name) }));
        if (readTopic(client, 'peers').find(({ id }) => id === peer.id)?.isCatalogueCut === true)
          output.say(say('cli.cut', { peer: toShowable(peer.name), number: offers.length.toLocaleString('en') }));
        return exitCodes.done;
      }),
    );
}

/**
 * Connects to the peer and waits for its catalogue.
 * @throws AppError with what went wrong; `cancelled`, `timeout`
 */
export async function readCatalogue(client: Client, peer: Peer, signal: AbortSignal): Promise<readonly Offer[]> {
  await client.call('peers.open', { peerId: peer.id }, signal);
  const timeout = AbortSignal.timeout(CATALOGUE_TIMEOUT_MS);
  const catalogue = await waitFor(client, 'catalogues', (all) => all[peer.id], AbortSignal.any([signal, timeout]));
  if (catalogue !== null) return catalogue;
  if (signal.aborted) throw new AppError('cancelled');
  const problem = readTopic(client, 'peers').find((known) => known.id === peer.id)?.problem;
  throw problem ? new AppError(problem.code, problem.params) : new AppError('timeout');
}

export function nameOf({ name, isVerified, warning }: Peer): string {
  return nameOfParty({ peerName: name, isVerified, warning });
}

export function nameOfParty(party: Party): string {
  return toShowable(peerLabel(party));
}

function presenceOf(peer: Peer): string {
  if (peer.isBlocked) return say('cli.word.blocked');
  const isUnusable = peer.problem?.code === 'protocol-newer' || peer.problem?.code === 'protocol-older';
  return say(isUnusable ? 'cli.word.cannotBeUsed' : `cli.word.${peer.presence}`);
}

function cellsOf(offer: Offer): readonly string[] {
  return [offer.name, offer.id, isKnownKind(kindOf(offer.id)) ? offer.summary : say('cli.word.needsNewer')];
}
