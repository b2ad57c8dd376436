// `ebp sessions`, `end` and `narrow`: what is in use.
import type { Command } from 'commander';
import type { Client } from '../../contract/client.ts';
import type { SessionId } from '../../contract/ids.ts';
import type { Session } from '../../contract/sessions.ts';
import { say } from '../../messages/messages.ts';
import { type Run, readTopic, waitFor } from '../context.ts';
import { exitCodes, ToldError, UsageError } from '../exit-codes.ts';
import { findById } from '../find.ts';
import { formatBytes, formatInstant, toShowable } from '../output.ts';
import { nameOfParty } from './peers.ts';
import { addNarrowingFlags, narrowedPowers, type PowerFlags, sayPowers } from './powers.ts';
import { SHORT_ID_LENGTH } from './requests.ts';

export function registerSessions(program: Command, run: Run): void {
  program
    .command('sessions')
    .description(say('cli.command.sessions'))
    .action(() =>
      run(async ({ output, connect }) => {
        const sessions = readTopic(await connect(), 'sessions');
        output.json(sessions);
        output.table(
          [
            say('cli.column.id'),
            say('cli.column.what'),
            say('cli.column.direction'),
            say('cli.column.who'),
            say('cli.column.state'),
            say('cli.column.since'),
            say('cli.column.mayTouch'),
            say('cli.column.amount'),
          ],
          sessions.map((session) => [
            session.id.slice(0, SHORT_ID_LENGTH),
            session.offer.name,
            say(`cli.word.${session.role}`),
            nameOfParty(session),
            say(`cli.word.${session.state}`),
            formatInstant(session.startedAt),
            sayPowers(session.powers),
            formatBytes(session.bytesToHost + session.bytesToVisitor),
          ]),
          say('cli.empty.sessions'),
        );
        return exitCodes.done;
      }),
    );

  program
    .command('end')
    .description(say('cli.command.end'))
    .argument('[session]', say('cli.argument.session'))
    .option('--all', say('cli.flag.endAll'))
    .option('--now', say('cli.flag.endNow'))
    .action((text: string | undefined, flags: { all?: boolean; now?: boolean }) =>
      run(async ({ output, connect, signal }) => {
        const client = await connect();
        if (flags.all) {
          const isAnyUsed = readTopic(client, 'sessions').some(isRunning);
          await client.call('sessions.endAll', {});
          output.json({ isEnded: true });
          output.say(say(isAnyUsed ? 'cli.done.endedAll' : 'cli.empty.sessions'));
          return exitCodes.done;
        }
        const session = chooseSession(readTopic(client, 'sessions'), text);
        await client.call('sessions.end', { sessionId: session.id, ...(flags.now && { isNow: true }) });
        const left = await waitForClosed(client, session.id, signal);
        output.json(left ?? session);
        if (left !== null) {
          const names = { offer: toShowable(session.offer.name), id: session.id.slice(0, SHORT_ID_LENGTH) };
          output.complain(say('cli.done.asksFirst', names));
          return exitCodes.failed;
        }
        output.say(say('cli.done.ended', { offer: toShowable(session.offer.name), peer: nameOfParty(session) }));
        return exitCodes.done;
      }),
    );

  addNarrowingFlags(
    program
      .command('narrow')
      .description(say('cli.command.narrow'))
      .argument('[session]', say('cli.argument.hostedSession')),
  ).action((text: string | undefined, flags: PowerFlags) =>
    run(async ({ output, connect }) => {
      const client = await connect();
      const hosted = readTopic(client, 'sessions').filter((session) => session.role === 'host');
      const session = chooseSession(hosted, text);
      const powers = narrowedPowers(session.powers, flags);
      if (powers === undefined)
        throw new UsageError(say('cli.fail.nothingToTake', { powers: sayPowers(session.powers) }));
      await client.call('sessions.narrow', { sessionId: session.id, powers });
      output.json({ ...session, powers });
      output.say(
        say('cli.done.narrowed', {
          offer: toShowable(session.offer.name),
          peer: nameOfParty(session),
          powers: sayPowers(powers),
        }),
      );
      return exitCodes.done;
    }),
  );
}

/** Waits until the program has closed, and gives null; or until it asks its person something or is to stay, and gives the session. */
export async function waitForClosed(
  client: Client,
  sessionId: SessionId,
  signal: AbortSignal,
): Promise<Session | null> {
  const read = (sessions: readonly Session[]) => {
    const session = sessions.find(({ id }) => id === sessionId);
    // An older core says nothing of closing, and has ended it at once.
    if (session === undefined || session.state === 'ended' || session.closing === 'no') return { session: null };
    return session.closing === 'asking' ? { session } : undefined;
  };
  return (await waitFor(client, 'sessions', read, signal))?.session ?? null;
}

function chooseSession(sessions: readonly Session[], text: string | undefined): Session {
  if (text !== undefined) {
    return findById(sessions, text, 'session', (candidate) =>
      [candidate.id, toShowable(candidate.offer.name), nameOfParty(candidate)].join('  '),
    );
  }
  const [only, ...others] = sessions.filter(isRunning);
  if (only === undefined) throw new ToldError('not-found', { what: '' }, say('cli.empty.sessions'));
  if (others.length > 0) throw new UsageError(say('cli.fail.whichSession'));
  return only;
}

function isRunning(session: Session): boolean {
  return session.state !== 'ended';
}
