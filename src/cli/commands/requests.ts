// `ebp requests`, `accept`, `deny` and `rules`: the answers of this computer's person.
import type { Command } from 'commander';
import type { Client } from '../../contract/client.ts';
import type { Request } from '../../contract/models.ts';
import { say } from '../../messages/messages.ts';
import { type Run, readTopic } from '../context.ts';
import { exitCodes, ToldError, UsageError } from '../exit-codes.ts';
import { findById } from '../find.ts';
import { formatInstant, formatSeconds, toShowable } from '../output.ts';
import { nameOf } from './peers.ts';

interface AnswerFlags {
  readonly latest?: boolean;
  readonly always?: boolean;
}

/** As much of an id as is shown and typed. */
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
            say('cli.column.answerIn'),
          ],
          requests.map((request) => [
            request.id.slice(0, SHORT_ID_LENGTH),
            nameOf({ name: request.peerName, isVerified: request.isVerified }),
            request.offer.name,
            say(`cli.word.${request.view}`),
            formatSeconds(Math.max(0, Math.round((request.expiresAt - Date.now()) / 1000))),
          ]),
          say('cli.empty.requests'),
        );
        return exitCodes.done;
      }),
    );

  program
    .command('accept')
    .description(say('cli.command.accept'))
    .argument('[request]', say('cli.argument.request'))
    .option('--latest', say('cli.flag.latest'))
    .option('--always', say('cli.flag.always'))
    .action((text: string | undefined, flags: AnswerFlags) =>
      run(async ({ output, connect }) => {
        const client = await connect();
        const request = chooseRequest(client, text, flags);
        await client.call('requests.answer', { requestId: request.id, answer: flags.always ? 'always' : 'once' });
        output.json(request);
        output.say(say(flags.always ? 'cli.done.acceptedAlways' : 'cli.done.accepted', namesOf(request)));
        return exitCodes.done;
      }),
    );

  program
    .command('deny')
    .description(say('cli.command.deny'))
    .argument('[request]', say('cli.argument.request'))
    .option('--latest', say('cli.flag.latest'))
    .action((text: string | undefined, flags: AnswerFlags) =>
      run(async ({ output, connect }) => {
        const client = await connect();
        const request = chooseRequest(client, text, flags);
        await client.call('requests.answer', { requestId: request.id, answer: 'deny' });
        output.json(request);
        output.say(say('cli.done.denied', namesOf(request)));
        return exitCodes.done;
      }),
    );

  program
    .command('rules')
    .description(say('cli.command.rules'))
    .action(() =>
      run(async ({ output, connect }) => {
        const rules = readTopic(await connect(), 'rules');
        output.json(rules);
        output.table(
          [say('cli.column.who'), say('cli.column.what'), say('cli.column.answer'), say('cli.column.since')],
          rules.map((rule) => [
            rule.peerName,
            rule.offerName,
            say(`cli.word.${rule.answer}`),
            formatInstant(rule.createdAt),
          ]),
          say('cli.empty.rules'),
        );
        return exitCodes.done;
      }),
    );
}

function chooseRequest(client: Client, text: string | undefined, flags: AnswerFlags): Request {
  const requests = readTopic(client, 'requests');
  if (text !== undefined) {
    return findById(requests, text, 'request', (request) =>
      [request.id, toShowable(request.peerName), toShowable(request.offer.name)].join('  '),
    );
  }
  const latest = requests.toSorted((one, other) => other.askedAt - one.askedAt)[0];
  if (latest === undefined) throw new ToldError('not-found', { what: '' }, say('cli.empty.requests'));
  if (!flags.latest && requests.length > 1) throw new UsageError(say('cli.fail.whichRequest'));
  return latest;
}

function namesOf(request: Request): { peer: string; offer: string } {
  return { peer: toShowable(request.peerName), offer: toShowable(request.offer.name) };
}
