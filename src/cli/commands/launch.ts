// `ebp launch`: asks for an offer of another computer and follows the request to its answer.

import type { Command } from 'commander';
import type { Ask } from '../../contract/asks.ts';
import type { Client } from '../../contract/client.ts';
import { AppError, assertNever } from '../../contract/errors.ts';
import type { RequestId, SessionId } from '../../contract/ids.ts';
import { kindOf, rowOfKind } from '../../contract/kinds.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Session } from '../../contract/sessions.ts';
import { rowOf, type View } from '../../contract/views.ts';
import { say, sayProblem } from '../../messages/messages.ts';
import { readBrowserFile } from '../connection.ts';
import { type CommandContext, type Run, readTopic, waitFor } from '../context.ts';
import { type ExitCode, exitCodes, ToldError, UsageError } from '../exit-codes.ts';
import { findOffer, findPeer } from '../find.ts';
import { toShowable } from '../output.ts';
import { nameOf, readCatalogue } from './peers.ts';
import { addAskingFlags, askedPowers, type PowerFlags } from './powers.ts';
import { SHORT_ID_LENGTH } from './requests.ts';
import { waitForClosed } from './sessions.ts';

interface LaunchFlags extends PowerFlags {
  readonly native?: boolean;
  readonly ssh?: boolean;
  readonly follow?: boolean;
  readonly wait?: number;
}

const MAX_WAIT_S = 3600;
/** The core waits this long too, for a silent program and for an answer to what a program asks. */
const CLOSED_AFTER_MS = 30_000;
const ANSWERED_AFTER_MS = 6 * 60_000;

export function registerLaunch(program: Command, run: Run): void {
  const command = program
    .command('launch')
    .description(say('cli.command.launch'))
    .argument('<peer>', say('cli.argument.peer'))
    .argument('<offer>', say('cli.argument.offer'))
    .option('--native', say('cli.flag.native'))
    .option('--ssh', say('cli.flag.ssh'))
    .option('--wait <seconds>', say('cli.flag.wait'), parseWait)
    .option('--follow', say('cli.flag.follow'));
  addAskingFlags(command).action((peer: string, offer: string, flags: LaunchFlags) =>
    run((context) => launch(context, peer, offer, flags)),
  );
}

async function launch(
  { output, connect, profileDir, signal }: CommandContext,
  peerText: string,
  offerText: string,
  flags: LaunchFlags,
): Promise<ExitCode> {
  if (flags.native && flags.ssh) throw new UsageError(say('cli.fail.oneWay'));
  const client = await connect();
  // Nobody is asked for what could not be shown here.
  if (flags.native && !readTopic(client, 'self').canShowNative)
    throw new ToldError('native-needs-display', {}, say('cli.launch.noDisplay'));
  const peer = findPeer(readTopic(client, 'peers'), peerText);
  const catalogue = await readCatalogue(client, peer, signal);
  if (catalogue.length === 0) {
    const what = say('cli.fail.what.offer', { text: toShowable(offerText) });
    throw new ToldError('not-found', { what }, say('cli.empty.offers', { peer: toShowable(peer.name) }));
  }
  const offer = findOffer(catalogue, offerText, 'offer');
  const names = { peer: nameOf(peer), offer: toShowable(offer.name) };
  const view = viewOf(flags, offer);
  output.say(say('cli.launch.asking', names));
  const powers = askedPowers(flags);
  const wish = { peerId: peer.id, offerId: offer.id, view, ...(powers !== undefined && { powers }) };
  const { askId } = await client.call('asks.create', wish, signal);

  const { ask, isGivenUp } = await waitForAnswer(client, askId, signal, flags.wait, () =>
    output.say(say('cli.launch.waiting', names)),
  );
  const session = ask.sessionId === null ? null : await findSession(client, ask.sessionId, view, signal);
  output.json({ ask, session });
  switch (ask.state) {
    case 'granted':
      break;
    case 'denied':
      output.complain(say('cli.launch.denied', names));
      return exitCodes.denied;
    case 'expired':
      output.complain(say('cli.launch.expired', names));
      return exitCodes.noAnswer;
    case 'cancelled':
      output.complain(
        isGivenUp
          ? say('cli.launch.givenUp', { seconds: String(flags.wait ?? '') })
          : say('cli.launch.cancelled', names),
      );
      return isGivenUp ? exitCodes.noAnswer : exitCodes.cancelled;
    case 'failed':
      output.complain(
        say('cli.launch.failed', { why: ask.problem === null ? '' : toShowable(sayProblem(ask.problem)) }),
      );
      return exitCodes.failed;
    case 'connecting':
    case 'waiting':
      throw new Error(`the ask ended in state ${ask.state}`);
    default:
      return assertNever(ask.state);
  }

  output.say(say('cli.launch.granted', { ...names, id: ask.sessionId }));
  if (session?.sshCommand) {
    output.say(say('cli.launch.sshCommand', { command: toShowable(session.sshCommand.command) }));
  } else if (rowOf(view).opensAs === 'window') {
    const browser = await readBrowserFile(profileDir);
    output.say(
      browser === null
        ? say('cli.launch.viewerElsewhere')
        : say('cli.launch.viewer', { url: `${browser.url}&window=viewer&session=${ask.sessionId}` }),
    );
  }
  if (!flags.follow || ask.sessionId === null) return exitCodes.done;
  const ended = await followSession(client, ask.sessionId, signal, ({ id }) =>
    output.complain(say('cli.done.asksFirst', { offer: names.offer, id: id.slice(0, SHORT_ID_LENGTH) })),
  );
  output.json(ended);
  const reason = ended?.endReason ?? 'visitor';
  output.say(say('cli.launch.ended', { reason: say(`cli.launch.reason.${reason}`, names) }));
  if (ended?.problem) output.complain(toShowable(sayProblem(ended.problem)));
  if (ended?.lastWords.length) {
    output.complain(say('cli.launch.lastWords'));
    for (const line of ended.lastWords) output.complain(say('cli.launch.lastWord', { line: toShowable(line) }));
  }
  return reason === 'failed' || (reason === 'program' && ended?.problem) ? exitCodes.failed : exitCodes.done;
}

/** The view to open: the one that was given, else the first of its kind. The core says whether the offer can be opened so. */
function viewOf(flags: LaunchFlags, { id }: Offer): View {
  if (flags.native) return 'native';
  if (flags.ssh) return 'ssh-command';
  return rowOfKind(kindOf(id)).views[0] ?? 'viewer';
}

/** Follows the ask to its end. Ctrl+C, and the end of `waitS` without an answer, cancel it. */
async function waitForAnswer(
  client: Client,
  askId: RequestId,
  signal: AbortSignal,
  waitS: number | undefined,
  onWaiting: () => void,
): Promise<{ ask: Ask; isGivenUp: boolean }> {
  let isTold = false;
  const read = (asks: readonly Ask[]) => {
    const ask = asks.find((candidate) => candidate.id === askId);
    if (ask?.state === 'waiting' && !isTold) {
      isTold = true;
      onWaiting();
    }
    return ask !== undefined && ask.state !== 'connecting' && ask.state !== 'waiting' ? ask : undefined;
  };
  const timeout = waitS === undefined ? null : AbortSignal.timeout(waitS * 1000);
  const until = timeout === null ? signal : AbortSignal.any([signal, timeout]);
  let ask = await waitFor(client, 'asks', read, until);
  const isGivenUp = ask === null && timeout?.aborted === true && !signal.aborted;
  if (ask === null) {
    // An answer may have overtaken the cancelling: what the ask says in the end is true.
    await client.call('asks.cancel', { askId }).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
    });
    ask = await waitFor(client, 'asks', read, AbortSignal.timeout(5000));
  }
  if (ask === null) throw new AppError('timeout');
  // What was told here need not stand in the window as well.
  await client.call('asks.dismiss', { askId }).catch(() => {});
  return { ask, isGivenUp };
}

/** The session that the answer made; one of an SSH command when its port is open. */
async function findSession(
  client: Client,
  sessionId: SessionId,
  view: View,
  signal: AbortSignal,
): Promise<Session | null> {
  return await waitFor(
    client,
    'sessions',
    (sessions) => {
      const session = sessions.find((candidate) => candidate.id === sessionId);
      const isReady = rowOf(view).opensAs !== 'command' || session?.sshCommand !== null || session.state === 'ended';
      return isReady ? session : undefined;
    },
    AbortSignal.any([signal, AbortSignal.timeout(5000)]),
  );
}

/** Waits until the session has ended; Ctrl+C ends it. Null when it was dismissed meanwhile. */
async function followSession(
  client: Client,
  sessionId: SessionId,
  signal: AbortSignal,
  onAsking: (session: Session) => void,
): Promise<Session | null> {
  const read = (sessions: readonly Session[]) => {
    const session = sessions.find((candidate) => candidate.id === sessionId);
    if (session === undefined) return { session: null };
    return session.state === 'ended' ? { session } : undefined;
  };
  let end = await waitFor(client, 'sessions', read, signal);
  if (end === null) {
    await client.call('sessions.end', { sessionId }).catch(() => {});
    const asking = await waitForClosed(client, sessionId, AbortSignal.timeout(CLOSED_AFTER_MS));
    if (asking !== null) onAsking(asking);
    end = await waitFor(client, 'sessions', read, AbortSignal.timeout(asking === null ? 5000 : ANSWERED_AFTER_MS));
  }
  return end?.session ?? null;
}

function parseWait(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds > 0 && seconds <= MAX_WAIT_S)) {
    throw new UsageError(`--wait: ${say('cli.fail.badNumber', { min: 1, max: MAX_WAIT_S })}`);
  }
  return seconds;
}
