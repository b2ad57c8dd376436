// `ebp block`, `unblock`, `rename` and `forget`: what this computer's person decides about another one.
import type { Command } from 'commander';
import type { Client } from '../../contract/client.ts';
import type { Peer } from '../../contract/peers.ts';
import { say } from '../../messages/messages.ts';
import { type Run, readTopic } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { findPeer } from '../find.ts';
import { toShowable } from '../output.ts';
import { nameOf } from './peers.ts';

export function registerPeople(program: Command, run: Run): void {
  const change = (text: string, work: (client: Client, peer: Peer) => Promise<{ done: string; name?: string }>) =>
    run(async ({ output, connect }) => {
      const client = await connect();
      const peer = findPeer(readTopic(client, 'peers'), text);
      const { done, name = '' } = await work(client, peer);
      output.json(readTopic(client, 'peers').find((known) => known.id === peer.id) ?? { id: peer.id });
      output.say(say(`cli.done.${done}`, { peer: nameOf(peer), name: toShowable(name) }));
      return exitCodes.done;
    });

  for (const [command, isBlocked] of [
    ['block', true],
    ['unblock', false],
  ] as const) {
    program
      .command(command)
      .description(say(`cli.command.${command}`))
      .argument('<peer>', say('cli.argument.peer'))
      .action((text: string) =>
        change(text, async (client, peer) => {
          await client.call('peers.block', { peerId: peer.id, isBlocked });
          return { done: isBlocked ? 'blocked' : 'unblocked' };
        }),
      );
  }

  program
    .command('rename')
    .description(say('cli.command.rename'))
    .argument('<peer>', say('cli.argument.peer'))
    .argument('[name]', say('cli.argument.newName'))
    .action((text: string, name: string | undefined) =>
      change(text, async (client, peer) => {
        await client.call('peers.rename', { peerId: peer.id, name: name ?? null });
        return { done: 'renamed', name: name ?? peer.claimedName };
      }),
    );

  program
    .command('forget')
    .description(say('cli.command.forget'))
    .argument('<peer>', say('cli.argument.peer'))
    .action((text: string) =>
      change(text, async (client, peer) => {
        await client.call('peers.forget', { peerId: peer.id });
        return { done: 'forgotten' };
      }),
    );
}
