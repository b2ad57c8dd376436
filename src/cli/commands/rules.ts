// `ebp rules`: the standing answers of this computer's person, and how to take one back.
import type { Command } from 'commander';
import type { Rule } from '../../contract/consent.ts';
import type { Peer } from '../../contract/peers.ts';
import { say } from '../../messages/messages.ts';
import { partyOf } from '../../messages/peer-label.ts';
import { type Run, readTopic } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { findById } from '../find.ts';
import { formatInstant, toShowable } from '../output.ts';
import { nameOfParty } from './peers.ts';
import { sayPowers } from './powers.ts';
import { SHORT_ID_LENGTH } from './requests.ts';

export function registerRules(program: Command, run: Run): void {
  const rules = program
    .command('rules')
    .description(say('cli.command.rules'))
    .action(() =>
      run(async ({ output, connect }) => {
        const client = await connect();
        const list = readTopic(client, 'rules');
        const peers = readTopic(client, 'peers');
        output.json(list);
        output.table(
          [
            say('cli.column.id'),
            say('cli.column.who'),
            say('cli.column.what'),
            say('cli.column.answer'),
            say('cli.column.mayTouch'),
            say('cli.column.until'),
            say('cli.column.since'),
          ],
          list.map((rule) => [
            rule.id.slice(0, SHORT_ID_LENGTH),
            nameOfRule(peers, rule),
            rule.offerName,
            say(`cli.word.${rule.answer}`),
            rule.answer === 'deny' ? '' : sayPowers(rule.powers),
            untilOf(rule),
            formatInstant(rule.createdAt),
          ]),
          say('cli.empty.rules'),
        );
        return exitCodes.done;
      }),
    );
  rules
    .command('remove')
    .description(say('cli.command.rulesRemove'))
    .argument('<rule>', say('cli.argument.rule'))
    .action((text: string) =>
      run(async ({ output, connect }) => {
        const client = await connect();
        const peers = readTopic(client, 'peers');
        const rule = findById(readTopic(client, 'rules'), text, 'rule', (candidate) =>
          [candidate.id, nameOfRule(peers, candidate), toShowable(candidate.offerName)].join('  '),
        );
        await client.call('rules.remove', { ruleId: rule.id });
        output.json(rule);
        output.say(say('cli.done.ruleRemoved', { peer: nameOfRule(peers, rule), offer: toShowable(rule.offerName) }));
        return exitCodes.done;
      }),
    );
}

/** The name by which it is known now. */
function nameOfRule(peers: readonly Peer[], rule: Rule): string {
  return nameOfParty(partyOf(peers, rule));
}

function untilOf(rule: Rule): string {
  if (rule.isUntilQuit) return say('cli.word.untilQuit');
  return rule.expiresAt === null ? say('cli.word.always') : formatInstant(rule.expiresAt);
}
