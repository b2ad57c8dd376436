// `ebp requests`, `accept` and `deny`: the answers of this computer's person.
import type { Command } from 'commander';
import type { Client } from '../../contract/client.ts';
import type { Request } from '../../contract/consent.ts';
import { say } from '../../messages/messages.ts';
import { type Run, readTopic } from '../context.ts';
import { exitCodes, ToldError, UsageError } from '../exit-codes.ts';
import { findById } from '../find.ts';
import { formatSeconds, toShowable } from '../output.ts';
import { nameOfParty } from './peers.ts';
import { addNarrowingFlags, narrowedPowers, type PowerFlags, parseMinutes, sayPowers } from './powers.ts';

interface ChoiceFlags {
  readonly latest?: boolean;
}

interface AcceptFlags extends ChoiceFlags, PowerFlags {
  readonly always?: boolean;
  readonly untilQuit?: boolean;
  readonly for?: number;
}

/** The longest time for a rule that ends by itself. */
const MAX_MINUTES = 90 * 24 * 60;

/** How much of an id is shown and typed. */
export const SHORT_ID_LENGTH = 8;

export function registerRequests(program: Command, run: Run): void {
  program
    .command('requests')
    .description(say('cli.command.requests'))
    .action(() =>
      run(async ({ output, connect }) => {
        const requests = readTopic(await connect(), 'requests');
        output.json(requests);
        output.table(
          [
            say('cli.column.id'),
            say('cli.column.who'),
            say('cli.column.what'),
            say('cli.column.view'),
            say('cli.column.mayTouch'),
            say('cli.column.answerIn'),
          ],
          requests.map((request) => [
            request.id.slice(0, SHORT_ID_LENGTH),
            nameOfParty(request),
            request.offer.name,
            say(`cli.word.${request.view}`),
            sayPowers(request.powers),
            formatSeconds(Math.max(0, Math.round((request.expiresAt - Date.now()) / 1000))),
          ]),
          say('cli.empty.requests'),
        );
        for (const { id, peerName, warning, ruleNote, ownSandbox } of requests) {
          const about = `${id.slice(0, SHORT_ID_LENGTH)}: `;
          if (warning !== null) output.say(about + say(`cli.warning.${warning}`, { peer: toShowable(peerName) }));
          if (ownSandbox !== 'off') output.say(about + say(`cli.ownSandbox.${ownSandbox}`));
          if (ruleNote !== null) output.say(about + say(`cli.ruleNote.${ruleNote}`));
        }
        return exitCodes.done;
      }),
    );

  addNarrowingFlags(
    program
      .command('accept')
      .description(say('cli.command.accept'))
      .argument('[request]', say('cli.argument.request'))
      .option('--latest', say('cli.flag.latest'))
      .option('--until-quit', say('cli.flag.untilQuit'))
      .option('--for <minutes>', say('cli.flag.for'), (text) => parseMinutes('--for', text, MAX_MINUTES))
      .option('--always', say('cli.flag.always')),
  ).action((text: string | undefined, flags: AcceptFlags) =>
    run(async ({ output, connect }) => {
      const lasts = lastsOf(flags);
      const client = await connect();
      const request = chooseRequest(client, text, flags);
      const powers = narrowedPowers(request.powers, flags);
      await client.call('requests.answer', {
        requestId: request.id,
        answer: 'allow',
        lasts,
        ...(flags.for !== undefined && { minutes: flags.for }),
        ...(powers !== undefined && { powers }),
      });
      output.json({ ...request, powers: powers ?? request.powers });
      output.say(say(`cli.done.accepted.${lasts}`, { ...namesOf(request), count: flags.for }));
      return exitCodes.done;
    }),
  );

  program
    .command('deny')
    .description(say('cli.command.deny'))
    .argument('[request]', say('cli.argument.request'))
    .option('--latest', say('cli.flag.latest'))
    .option('--always', say('cli.flag.never'))
    .action((text: string | undefined, flags: ChoiceFlags & { readonly always?: boolean }) =>
      run(async ({ output, connect }) => {
        const client = await connect();
        const request = chooseRequest(client, text, flags);
        const lasts = flags.always ? 'always' : 'once';
        await client.call('requests.answer', { requestId: request.id, answer: 'deny', lasts });
        output.json(request);
        output.say(say(`cli.done.denied.${lasts}`, namesOf(request)));
        return exitCodes.done;
      }),
    );
}

function lastsOf(flags: AcceptFlags): 'once' | 'until-quit' | 'time' | 'always' {
  const chosen = [
    ...(flags.untilQuit ? ['until-quit' as const] : []),
    ...(flags.for === undefined ? [] : ['time' as const]),
    ...(flags.always ? ['always' as const] : []),
  ];
  if (chosen.length > 1) throw new UsageError(say('cli.fail.oneDuration'));
  return chosen[0] ?? 'once';
}

function chooseRequest(client: Client, text: string | undefined, flags: ChoiceFlags): Request {
  const requests = readTopic(client, 'requests');
  if (text !== undefined) {
    return findById(requests, text, 'request', (request) =>
      [request.id, nameOfParty(request), toShowable(request.offer.name)].join('  '),
    );
  }
  const latest = requests.toSorted((one, other) => other.askedAt - one.askedAt)[0];
  if (latest === undefined) throw new ToldError('not-found', { what: '' }, say('cli.empty.requests'));
  if (!flags.latest && requests.length > 1) throw new UsageError(say('cli.fail.whichRequest'));
  return latest;
}

function namesOf(request: Request): { peer: string; offer: string } {
  return { peer: nameOfParty(request), offer: toShowable(request.offer.name) };
}
