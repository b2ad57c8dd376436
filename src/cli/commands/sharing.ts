// `ebp share`, `unshare`, `pause` and `resume`: what others may ask for.
import type { Command } from 'commander';
import { say } from '../../messages/messages.ts';
import { type Run, readTopic } from '../context.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { findOffer } from '../find.ts';
import { toShowable } from '../output.ts';

export function registerSharing(program: Command, run: Run): void {
  for (const [name, isShared] of [
    ['share', true],
    ['unshare', false],
  ] as const) {
    program
      .command(name)
      .description(say(`cli.command.${name}`))
      .argument('[app...]', say('cli.argument.apps'))
      .option('--all', say('cli.flag.shareEvery'))
      .action((texts: readonly string[], flags: { all?: boolean }) =>
        run(async ({ output, connect }) => {
          if (!flags.all && texts.length === 0) throw new UsageError(say('cli.fail.whichApps'));
          const client = await connect();
          if (flags.all) {
            await client.call('offers.share', { offerIds: 'all', isShared });
            output.json({ offerIds: 'all', isShared });
            output.say(say(isShared ? 'cli.done.sharedAll' : 'cli.done.unsharedAll'));
            return exitCodes.done;
          }
          const { offers } = readTopic(client, 'offers');
          // All are found before any is switched.
          const chosen = texts.map((text) => findOffer(offers, text, 'ownApp'));
          const offerIds = chosen.map((offer) => offer.id);
          await client.call('offers.share', { offerIds, isShared });
          output.json({ offerIds, isShared });
          const names = new Intl.ListFormat('en').format(chosen.map((offer) => toShowable(offer.name)));
          output.say(say(isShared ? 'cli.done.shared' : 'cli.done.unshared', { names }));
          return exitCodes.done;
        }),
      );
  }

  for (const [name, isPaused] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    program
      .command(name)
      .description(say(`cli.command.${name}`))
      .action(() =>
        run(async ({ output, connect }) => {
          const client = await connect();
          await client.call('settings.update', { isPaused });
          output.json({ isPaused });
          output.say(say(isPaused ? 'cli.done.paused' : 'cli.done.resumed'));
          return exitCodes.done;
        }),
      );
  }
}
