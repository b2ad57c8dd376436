// `ebp logs`: the log of the running core, as it stands or as it grows.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { say } from '../../messages/messages.ts';
import type { Run } from '../context.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { type Output, type Style, toShowable } from '../output.ts';

const DEFAULT_LINES = 100;
const MAX_LINES = 10_000;
const LOOK_EVERY_MS = 500;
/** The levels of the log as it writes them, with their words. */
const levels: Readonly<Record<number, readonly [string, Style]>> = {
  20: ['debug', 'dim'],
  30: ['info', 'green'],
  40: ['warning', 'yellow'],
  50: ['error', 'red'],
};
const LEVEL_WIDTH = 7;
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
        for (const line of lines) output.say(formatLine(line, output));
        if (lines.length === 0) output.say(say('cli.empty.log'));
        let seen = lines;
        while (flags.follow && !signal.aborted) {
          await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
          if (signal.aborted) break;
          const read = await client.call('logs.read', { maxLines: LOOK_LINES }, signal);
          const fresh = linesAfter(seen, read.lines);
          for (const line of fresh) {
            output.say(formatLine(line, output));
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

/** A line of the log for people: local time, level, sentence, then the fields; a line of another form as it is. */
export function formatLine(line: string, { paint }: Pick<Output, 'paint'>): string {
  const event = parseEvent(line);
  if (event === null) return toShowable(line);
  const { time, level, msg, ...fields } = event;
  const [word, style] = levels[typeof level === 'number' ? level : 0] ?? [plain(level), 'dim'];
  const parts = Object.entries(fields).map(([name, value]) => toShowable(`${name}=${formatField(value)}`));
  return [
    paint('dim', formatTime(time)),
    paint(style, toShowable(word).padEnd(LEVEL_WIDTH)),
    toShowable(plain(msg)),
    ...parts,
  ]
    .join(' ')
    .trimEnd();
}

function parseEvent(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function formatTime(time: unknown): string {
  const at = new Date(typeof time === 'number' ? time : plain(time));
  if (Number.isNaN(at.getTime())) return toShowable(plain(time));
  const two = (part: number) => String(part).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

/** For an error, its message; `--json` has the rest. */
function formatField(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'stack' in value && 'message' in value) {
    return typeof value.message === 'string' ? formatField(value.message) : toJson(value.message);
  }
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return toJson(value);
}

/** Not `String`: an object out of JSON may have a `toString` that is no function. */
function plain(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : toJson(value);
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // JSON.parse takes deeper nesting than JSON.stringify.
    return '…';
  }
}

function parseLines(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MAX_LINES) {
    throw new UsageError(`--lines: ${say('cli.fail.badNumber', { min: 1, max: MAX_LINES })}`);
  }
  return count;
}
