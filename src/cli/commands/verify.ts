// `ebp verify` and `ebp key`: makes sure that a peer is the one that a person means.
import type { Command } from 'commander';
import encodeQR from 'qr';
import type { Client } from '../../contract/client.ts';
import type { Comparison } from '../../contract/comparisons.ts';
import { AppError } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import { formatKeyText, parseKeyText } from '../../contract/key-text.ts';
import { codeGroups, codeWords } from '../../messages/code-words.ts';
import { say, sayProblem } from '../../messages/messages.ts';
import { type CommandContext, type Run, readTopic, waitFor } from '../context.ts';
import { type ExitCode, exitCodes, ToldError, UsageError } from '../exit-codes.ts';
import { findPeer } from '../find.ts';
import { toShowable } from '../output.ts';
import { nameOfParty } from './peers.ts';

interface VerifyFlags {
  readonly same?: boolean;
  readonly different?: boolean;
  readonly cancel?: boolean;
  readonly undo?: boolean;
  readonly key?: string;
}

/** How long a code may take to appear; the core gives up before. */
const CODE_TIMEOUT_MS = 60_000;

export function registerVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .description(say('cli.command.verify'))
    .argument('[peer]', say('cli.argument.peer'))
    .option('--same', say('cli.flag.same'))
    .option('--different', say('cli.flag.different'))
    .option('--cancel', say('cli.flag.cancelComparison'))
    .option('--undo', say('cli.flag.undo'))
    .option('--key <text>', say('cli.flag.key'))
    .action((peer: string | undefined, flags: VerifyFlags) => run((context) => verify(context, peer, flags)));

  program
    .command('key')
    .description(say('cli.command.key'))
    .action(() =>
      run(async ({ output, connect }) => {
        const { id } = readTopic(await connect(), 'self');
        const keyText = formatKeyText(id);
        output.json({ id, keyText });
        output.say(encodeQR(keyText, output.hasColours ? 'term' : 'ascii', { border: 2 }).trimEnd());
        output.say(keyText);
        output.say(say('cli.verify.keyHint'));
        return exitCodes.done;
      }),
    );
}

async function verify(context: CommandContext, text: string | undefined, flags: VerifyFlags): Promise<ExitCode> {
  const { output } = context;
  if ([flags.same, flags.different, flags.cancel, flags.undo, flags.key].filter(Boolean).length > 1)
    throw new UsageError(say('cli.fail.oneFlag'));
  const client = await context.connect();
  const comparisons = readTopic(client, 'comparisons');
  if (flags.key !== undefined) return verifyKey(context, client, text, flags.key);
  if (flags.undo) {
    if (text === undefined) throw new UsageError(say('cli.fail.whichPeer'));
    const peer = findPeer(readTopic(client, 'peers'), text);
    await client.call('peers.unverify', { peerId: peer.id });
    output.json({ id: peer.id, isVerified: false });
    output.say(say('cli.verify.undone', { peer: toShowable(peer.name) }));
    return exitCodes.done;
  }
  const current = choose(comparisons, text);
  if (flags.same || flags.different) {
    if (current === undefined || current.code === null)
      throw new ToldError('not-found', { what: '' }, say('cli.verify.none'));
    return answer(context, client, current, current.code, flags.same === true);
  }
  if (flags.cancel) {
    if (current === undefined) throw new ToldError('not-found', { what: '' }, say('cli.verify.none'));
    await client.call('comparisons.cancel', { peerId: current.peerId });
    output.json({ ...current, state: 'cancelled', code: null });
    output.say(say('cli.verify.cancelled'));
    return exitCodes.done;
  }
  if (text === undefined && current === undefined) {
    output.json([]);
    output.say(say('cli.verify.none'));
    return exitCodes.done;
  }
  return compare(context, client, current?.peerId ?? findPeer(readTopic(client, 'peers'), text ?? '').id);
}

async function verifyKey(
  { output }: CommandContext,
  client: Client,
  text: string | undefined,
  keyText: string,
): Promise<ExitCode> {
  const keyId = parseKeyText(keyText);
  if (keyId === null)
    throw new ToldError('bad-input', { where: '--key', why: 'is not a key of eBrainPool' }, say('cli.verify.notAKey'));
  // Security: a key that somebody else put into the message is not the one of the peer that is meant.
  if (text !== undefined) {
    const peer = findPeer(readTopic(client, 'peers'), text);
    if (keyId !== peer.id)
      throw new ToldError('not-verified', {}, say('cli.verify.otherKey', { peer: toShowable(peer.name) }));
  }
  const { peerId } = await client.call('peers.verifyKey', { keyText });
  const peer = await waitFor(
    client,
    'peers',
    (peers) => peers.find(({ id, isVerified }) => id === peerId && isVerified),
    AbortSignal.timeout(5000),
  );
  output.json(peer ?? { id: peerId, isVerified: true });
  output.say(say('cli.verify.verified', { peer: toShowable(peer?.name ?? peerId) }));
  return exitCodes.done;
}

/** Begins a comparison, or joins the one that is under way, and asks for the answer where there is somebody to ask. */
async function compare(context: CommandContext, client: Client, peerId: PeerId): Promise<ExitCode> {
  const { output, signal } = context;
  const before = readTopic(client, 'comparisons').find((one) => one.peerId === peerId);
  if (before === undefined || isOver(before)) {
    await client.call('comparisons.cancel', { peerId });
    await client.call('comparisons.start', { peerId });
  }
  const shown = await waitFor(
    client,
    'comparisons',
    (list) => list.find((one) => one.peerId === peerId && one.state !== 'connecting'),
    AbortSignal.any([signal, AbortSignal.timeout(CODE_TIMEOUT_MS)]),
  );
  if (shown === null) {
    await client.call('comparisons.cancel', { peerId });
    throw new AppError(signal.aborted ? 'cancelled' : 'timeout');
  }
  if (shown.code === null) return tellEnd(context, client, shown);
  output.json(shown);
  output.say(say('cli.verify.code', { code: output.paint('bold', codeGroups(shown.code)) }));
  output.say(say('cli.verify.words', { words: codeWords(shown.code) }));
  const said = await context.ask(say('cli.verify.question', { peer: nameOfParty(shown) }));
  if (said === null && signal.aborted) {
    await client.call('comparisons.cancel', { peerId });
    return exitCodes.cancelled;
  }
  const isYes =
    said === null ? null : /^\s*(y|yes)\s*$/i.test(said) ? true : /^\s*(n|no)\s*$/i.test(said) ? false : null;
  if (isYes === null) {
    output.say(say('cli.verify.later', { peer: peerId }));
    return exitCodes.done;
  }
  return answer(context, client, shown, shown.code, isYes);
}

async function answer(
  context: CommandContext,
  client: Client,
  comparison: Comparison,
  code: string,
  isSame: boolean,
): Promise<ExitCode> {
  const { output, signal } = context;
  const { peerId } = comparison;
  await client.call('comparisons.answer', { peerId, code, isSame });
  if (isSame) output.say(say('cli.verify.waiting', { peer: nameOfParty(comparison) }));
  const found = await waitFor(
    client,
    'comparisons',
    (list) => {
      const end = list.find((one) => one.peerId === peerId);
      return end === undefined || isOver(end) ? { end } : undefined;
    },
    signal,
  );
  if (found?.end === undefined) {
    // Ctrl+C here, or it was dismissed in a window.
    await client.call('comparisons.cancel', { peerId });
    output.say(say('cli.verify.cancelled'));
    return exitCodes.cancelled;
  }
  return tellEnd(context, client, found.end);
}

async function tellEnd({ output }: CommandContext, client: Client, end: Comparison): Promise<ExitCode> {
  output.json(end);
  // What was told here need not stand in the window as well.
  await client.call('comparisons.cancel', { peerId: end.peerId });
  const peer = toShowable(end.peerName);
  if (end.state === 'verified') {
    output.say(say('cli.verify.verified', { peer }));
    return exitCodes.done;
  }
  output.complain(
    end.state === 'different'
      ? say('cli.verify.different', { peer })
      : say('cli.verify.failed', { why: toShowable(end.problem === null ? '' : sayProblem(end.problem)) }),
  );
  return exitCodes.failed;
}

function isOver({ state }: Comparison): boolean {
  return state === 'verified' || state === 'different' || state === 'failed';
}

/** The comparison with this peer, or the only one. The peer may be one that is not in the list. */
function choose(comparisons: readonly Comparison[], text: string | undefined): Comparison | undefined {
  const alive = comparisons.filter((one) => !isOver(one));
  if (text === undefined) {
    if (alive.length > 1) throw new UsageError(say('cli.fail.whichPeer'));
    return alive[0];
  }
  const fits = alive.filter(
    ({ peerId, peerName }) =>
      peerName.toLowerCase() === text.toLowerCase() ||
      (text.length >= 4 && (peerId.startsWith(text) || peerId.startsWith(`SHA256:${text}`))),
  );
  return fits.length === 1 ? fits[0] : undefined;
}
