// `ebp activity`: the history, searched, checked and exported.
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { type ActivityEntry, type ActivityFilter, activityFormatSchema } from '../../contract/activity.ts';
import type { Client } from '../../contract/client.ts';
import { type Formats, sayCheck, sayDetails, sayEntry } from '../../messages/activity.ts';
import { say } from '../../messages/messages.ts';
import { type Run, readTopic } from '../context.ts';
import { exitCodes, ToldError, UsageError } from '../exit-codes.ts';
import { findPeer } from '../find.ts';
import { formatBytes, formatDuration, formatInstant, type Output, toShowable } from '../output.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100_000;
const PAGE = 500;

const formats: Formats = {
  duration: formatDuration,
  size: formatBytes,
  instant: formatInstant,
  number: (value) => new Intl.NumberFormat('en').format(value),
};

interface Flags {
  readonly search?: string;
  readonly peer?: string;
  readonly limit?: number;
  readonly check?: boolean;
  readonly export?: string;
}

export function registerActivity(program: Command, run: Run): void {
  program
    .command('activity')
    .description(say('cli.command.activity'))
    .argument('[file]', say('cli.flag.exportActivity'))
    .option('--search <text>', say('cli.flag.search'))
    .option('--peer <peer>', say('cli.flag.ofPeer'))
    .option('-n, --limit <number>', say('cli.flag.limit'), parseLimit)
    .option('--check', say('cli.flag.checkActivity'))
    .option('--export <format>', say('cli.flag.exportActivity'))
    .action((file: string | undefined, flags: Flags) =>
      run(async ({ output, connect, signal }) => {
        const isFiltered = [flags.search, flags.peer, flags.limit, flags.export].some((flag) => flag !== undefined);
        if ((flags.check && isFiltered) || (file !== undefined && flags.export === undefined)) {
          throw new UsageError(say('cli.fail.oneOfActivity'));
        }
        const client = await connect();
        if (flags.check) return check(client, output, signal);
        const filter: ActivityFilter = {
          ...(flags.search !== undefined && { search: flags.search }),
          ...(flags.peer !== undefined && { peerId: findPeer(readTopic(client, 'peers'), flags.peer).id }),
        };
        if (flags.export !== undefined)
          return exportAll(client, output, { filter, format: flags.export, file }, signal);
        return show(client, output, filter, flags.limit ?? DEFAULT_LIMIT, signal);
      }),
    );
}

async function check(client: Client, output: Output, signal: AbortSignal) {
  const result = await client.call('activity.check', {}, signal);
  output.json(result);
  output.say(sayCheck(result));
  if (result.isSound && result.count > 0) {
    output.say(say('activity.check.last', { seq: result.lastSeq, hash: result.lastHash }));
  }
  return result.isSound ? exitCodes.done : exitCodes.lacking;
}

async function show(client: Client, output: Output, filter: ActivityFilter, limit: number, signal: AbortSignal) {
  const entries: ActivityEntry[] = [];
  let total = 0;
  while (entries.length < limit) {
    const last = entries.at(-1)?.seq;
    const query = { ...filter, limit: Math.min(PAGE, limit - entries.length), ...(last && { beforeSeq: last }) };
    const page = await client.call('activity.read', query, signal);
    total = page.total;
    entries.push(...page.entries);
    if (page.entries.length < query.limit) break;
  }
  output.json(entries);
  // As in a log the newest is the last, beside the prompt.
  for (const entry of entries.toReversed()) {
    const details = sayDetails(entry, formats);
    const more = details.length === 0 ? '' : ` (${details.join(' · ')})`;
    output.say(`${output.paint('dim', formatInstant(entry.at))}  ${toShowable(sayEntry(entry, formats) + more)}`);
  }
  const isFiltered = Object.keys(filter).length > 0;
  if (entries.length === 0) output.say(say(isFiltered ? 'cli.empty.activityFound' : 'cli.empty.activity'));
  else if (entries.length < total) {
    output.say(output.paint('dim', say('cli.done.shown', { shown: entries.length, total })));
  }
  return exitCodes.done;
}

/** Standard output gets the file itself, also with `--json`. */
async function exportAll(
  client: Client,
  output: Output,
  what: { readonly filter: ActivityFilter; readonly format: string; readonly file: string | undefined },
  signal: AbortSignal,
) {
  const format = activityFormatSchema.safeParse(what.format).data;
  if (format === undefined) throw new UsageError(say('cli.fail.badFormat'));
  // What is in it is for its owner alone.
  const file = what.file === undefined ? undefined : await told(what.file, () => open(what.file ?? '', 'w', 0o600));
  try {
    for (let afterSeq: number | null = 0; afterSeq !== null; ) {
      const part: { text: string; nextAfterSeq: number | null } = await client.call(
        'activity.export',
        { ...what.filter, format, afterSeq },
        signal,
      );
      if (file === undefined) output.raw(part.text);
      else await told(what.file ?? '', () => file.writeFile(part.text));
      afterSeq = part.nextAfterSeq;
    }
  } finally {
    await file?.close();
  }
  if (what.file !== undefined) {
    output.json({ path: what.file });
    output.say(say('cli.done.exported', { path: what.file }));
  }
  return exitCodes.done;
}

async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = (error as Error).message;
    throw new ToldError('bad-input', { where: path, why }, say('cli.fail.notWritten', { path, why }));
  }
}

function parseLimit(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MAX_LIMIT) {
    throw new UsageError(`--limit: ${say('cli.fail.badNumber', { min: 1, max: MAX_LIMIT })}`);
  }
  return count;
}
