// `ebp share`, `unshare`, `pause`, `resume` and `dnd`: what others see and may ask for, and when.
import type { Command } from 'commander';
import type { Client } from '../../contract/client.ts';
import type { Audience, OwnOffer } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import { isQuietAt } from '../../contract/quiet-hours.ts';
import { say } from '../../messages/messages.ts';
import { exceptionsTo, sayAudience, sayExceptions } from '../audience.ts';
import { type CommandContext, type Run, readTopic } from '../context.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';
import { findOffer, findPeer } from '../find.ts';
import { toShowable } from '../output.ts';

export function registerSharing(program: Command, run: Run): void {
  program
    .command('share')
    .description(say('cli.command.share'))
    .argument('[offer...]', say('cli.argument.offers'))
    .option('--all', say('cli.flag.shareEvery'))
    .option('--to <who>', say('cli.flag.to'))
    .action((texts: readonly string[], flags: ShareFlags) => run((context) => share(context, texts, flags)));

  program
    .command('unshare')
    .description(say('cli.command.unshare'))
    .argument('[offer...]', say('cli.argument.offers'))
    .option('--all', say('cli.flag.unshareEvery'))
    .action((texts: readonly string[], flags: ShareFlags) =>
      run(async (context) => {
        if (!flags.all && texts.length === 0) throw new UsageError(say('cli.fail.whichOffers'));
        refuseBoth(texts, flags);
        const { output } = context;
        const { offerIds, names } = await switchOffers(await context.connect(), texts, flags.all === true, false);
        output.json({ offerIds, isShared: false });
        output.say(flags.all ? say('cli.done.unsharedAll') : say('cli.done.unshared', { names }));
        return exitCodes.done;
      }),
    );

  program
    .command('own-sandbox')
    .description(say('cli.command.ownSandbox'))
    .argument('<state>', say('cli.argument.setOnOff'), parseOnOff)
    .argument('<offer...>', say('cli.argument.offers'))
    .action((state: 'on' | 'off', texts: readonly string[]) =>
      run(async ({ output, connect }) => {
        const client = await connect();
        const chosen = findOffers(client, texts);
        const offerIds = chosen.map(({ id }) => id);
        const isAllowed = state === 'on';
        await client.call('offers.allowOwnSandbox', { offerIds, isAllowed });
        output.json({ offerIds, isAllowed });
        output.say(say(isAllowed ? 'cli.done.ownSandboxOn' : 'cli.done.ownSandboxOff', { names: namesOf(chosen) }));
        return exitCodes.done;
      }),
    );

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

  program
    .command('dnd')
    .description(say('cli.command.dnd'))
    .argument('[state]', say('cli.argument.onOff'), parseOnOff)
    .action((state: 'on' | 'off' | undefined) =>
      run(async ({ output, connect }) => {
        const client = await connect();
        if (state !== undefined) await client.call('settings.update', { isDoNotDisturb: state === 'on' });
        const settings = readTopic(client, 'settings');
        const isDoNotDisturb = state === undefined ? settings.isDoNotDisturb : state === 'on';
        const isQuiet = isQuietAt({ ...settings, isDoNotDisturb }, new Date());
        output.json({ isDoNotDisturb, quietHours: settings.quietHours, isQuiet });
        output.say(
          say(isDoNotDisturb ? 'cli.done.dndOn' : isQuiet ? 'cli.done.quietHours' : 'cli.done.dndOff', {
            time: settings.quietHours.to,
          }),
        );
        return exitCodes.done;
      }),
    );
}

function parseOnOff(text: string): 'on' | 'off' {
  if (text !== 'on' && text !== 'off') throw new UsageError(say('cli.fail.onOrOff', { text: toShowable(text) }));
  return text;
}

interface ShareFlags {
  readonly all?: boolean;
  readonly to?: string;
}

/** Names beside --all: nobody can tell which of the two was meant. */
function refuseBoth(texts: readonly string[], flags: ShareFlags): void {
  if (flags.all && texts.length > 0) throw new UsageError(say('cli.fail.namesOrAll'));
}

async function share(
  { output, connect }: CommandContext,
  texts: readonly string[],
  flags: ShareFlags,
): Promise<ExitCode> {
  const isNamed = texts.length > 0;
  if (!flags.all && !isNamed && flags.to === undefined) throw new UsageError(say('cli.fail.whichOffers'));
  refuseBoth(texts, flags);
  const client = await connect();
  // Who is meant is found before anything is switched.
  const audience = flags.to === undefined ? undefined : findAudience(readTopic(client, 'peers'), flags.to);
  if (audience === null && !isNamed) throw new UsageError(say('cli.fail.inheritWhat'));
  const offers = isNamed ? findOffers(client, texts) : [];
  // Security: narrowed before it is shared, so that nobody sees it in between.
  if (audience !== undefined) {
    if (isNamed) await client.call('offers.setAudience', { offerIds: offers.map(({ id }) => id), audience });
    else if (audience !== null) await client.call('settings.update', { audience });
  }
  const isSwitched = flags.all === true || isNamed;
  const { offerIds, names, chosen } = isSwitched
    ? await switchOffers(client, texts, flags.all === true, true)
    : { offerIds: [], names: '', chosen: [] };
  // What has an audience of its own keeps it.
  const rest = audience === undefined ? readTopic(client, 'settings').audience : audience;
  const exceptions =
    rest === null || isNamed
      ? []
      : exceptionsTo(
          rest,
          readTopic(client, 'offers').offers.filter(({ isShared }) => isShared || flags.all),
        );
  output.json({
    offerIds,
    ...(isSwitched && { isShared: true }),
    ...(audience !== undefined && { audience }),
    ...(exceptions.length > 0 && {
      exceptions: exceptions.map(({ offer, audience }) => ({ offerId: offer.id, audience })),
    }),
  });
  if (isSwitched) output.say(flags.all ? say('cli.done.sharedAll') : say('cli.done.shared', { names }));
  for (const { name, obstacle } of chosen) {
    if (obstacle !== null) output.say(say(`cli.obstacle.${obstacle}`, { name: toShowable(name) }));
  }
  // “Except” needs a rest: without --to, say who sees it.
  const seenBy = audience === undefined && exceptions.length > 0 ? rest : audience;
  if (seenBy !== undefined) output.say(say('cli.done.audience', { who: sayAudience(seenBy) }));
  for (const line of sayExceptions(exceptions)) output.say(line);
  return exitCodes.done;
}

async function switchOffers(client: Client, texts: readonly string[], isAll: boolean, isShared: boolean) {
  if (isAll) {
    await client.call('offers.share', { offerIds: 'all', isShared });
    return { offerIds: 'all' as const, names: '', chosen: [] };
  }
  const chosen = findOffers(client, texts);
  const offerIds = chosen.map((offer) => offer.id);
  await client.call('offers.share', { offerIds, isShared });
  return { offerIds, names: namesOf(chosen), chosen };
}

function namesOf(offers: readonly OwnOffer[]): string {
  return new Intl.ListFormat('en').format(offers.map((offer) => toShowable(offer.name)));
}

/** All of them. @throws as `findOffer`, when one of them is not found */
function findOffers(client: Client, texts: readonly string[]): readonly OwnOffer[] {
  const { offers } = readTopic(client, 'offers');
  return texts.map((text) => findOffer(offers, text, 'ownOffer'));
}

/** Null for the audience of everything. @throws as `findPeer` */
function findAudience(peers: readonly Peer[], text: string): Audience | null {
  if (text === 'everybody' || text === 'verified') return { who: text };
  if (text === 'default') return null;
  const wanted = text.split(',').map((one) => one.trim());
  return { who: 'chosen', peerIds: [...new Set(wanted.map((one) => findPeer(peers, one).id))] };
}
