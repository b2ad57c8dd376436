// `ebp logs`: the log of the running core, as it stands or as it grows.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { say } from '../../messages/messages.ts';
import type { Run } from '../context.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { toShowable } from '../output.ts';

const DEFAULT_LINES = 100;
const MAX_LINES = 10_000;
const LOOK_EVERY_MS = 500;
/** More than is written between two looks. */
const LOOK_LINES = 2000;

export function registerLogs(program: Command, run: Run): void {
  program
    .command('logs')
    .description(say('cli.command.logs'))
    .option('-n, --lines <number>', say('cli.flag.lines'), parseLines, DEFAULT_LINES)
    .option('-f, --follow', say('cli.flag.followLog'))
    .action((flags: { lines: number; follow?: boolean }) =>
      run(async ({ output, connect, signal }) => {
        const client = await connect();
        const { lines } = await client.call('logs.read', { maxLines: flags.lines }, signal);
        if (!flags.follow) output.json(lines);
        for (const line of lines) output.say(toShowable(line));
        if (lines.length === 0) output.say(say('cli.empty.log'));
        let seen = lines;
        while (flags.follow && !signal.aborted) {
          await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
          if (signal.aborted) break;
          const read = await client.call('logs.read', { maxLines: LOOK_LINES }, signal);
          const fresh = linesAfter(seen, read.lines);
          for (const line of fresh) {
            output.say(toShowable(line));
            output.json(line);
          }
          if (read.lines.length > 0) seen = read.lines;
        }
        return exitCodes.done;
      }),
    );
}

/** The lines of `now` that come after what was seen. Lines carry their time, so the last one seen tells the place. */
export function linesAfter(seen: readonly string[], now: readonly string[]): readonly string[] {
  const last = seen.at(-1);
  if (last === undefined) return now;
  const place = now.lastIndexOf(last);
  return now.slice(place + 1);
}

function parseLines(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MAX_LINES) {
    throw new UsageError(`--lines: ${say('cli.fail.badNumber', { min: 1, max: MAX_LINES })}`);
  }
  return count;
}
