// Powers on the command line: asked for, taken away, and in words.

import type { Command } from 'commander';
import type { Powers } from '../../contract/powers.ts';
import { hasPower, noPowers } from '../../contract/powers.ts';
import { powerNames } from '../../contract/views.ts';
import { say } from '../../messages/messages.ts';
import { UsageError } from '../exit-codes.ts';

const MAX_TIME_LIMIT_MIN = 7 * 24 * 60;

export interface PowerFlags {
  readonly clipboardIn?: boolean;
  readonly clipboardOut?: boolean;
  readonly internet?: boolean;
  readonly files?: boolean;
  readonly viewOnly?: boolean;
  readonly timeLimit?: number;
}

/** Flags that ask for powers. */
export function addAskingFlags(command: Command): Command {
  return addRestrictions(
    command
      .option('--clipboard-in', say('cli.flag.clipboardIn'))
      .option('--clipboard-out', say('cli.flag.clipboardOut'))
      .option('--internet', say('cli.flag.internet'))
      .option('--files', say('cli.flag.files')),
  );
}

/** Flags that take powers away. */
export function addNarrowingFlags(command: Command): Command {
  return addRestrictions(
    command
      .option('--no-clipboard-in', say('cli.flag.noClipboardIn'))
      .option('--no-clipboard-out', say('cli.flag.noClipboardOut'))
      .option('--no-internet', say('cli.flag.noInternet'))
      .option('--no-files', say('cli.flag.noFiles')),
  );
}

function addRestrictions(command: Command): Command {
  return command
    .option('--view-only', say('cli.flag.viewOnly'))
    .option('--time-limit <minutes>', say('cli.flag.timeLimit'), (text) => parseMinutes('--time-limit', text));
}

/** @throws UsageError for anything but a whole number of minutes from 1 to `max` */
export function parseMinutes(flag: string, text: string, max = MAX_TIME_LIMIT_MIN): number {
  const minutes = Number(text);
  if (text.trim() === '' || !Number.isInteger(minutes) || minutes < 1 || minutes > max) {
    throw new UsageError(`${flag}: ${say('cli.fail.badNumber', { min: 1, max })}`);
  }
  return minutes;
}

/** What the flags ask for; undefined when that is nothing, so that the core's own default counts. */
export function askedPowers(flags: PowerFlags): Powers | undefined {
  const powers: Powers = {
    ...noPowers,
    clipboardIn: flags.clipboardIn === true,
    clipboardOut: flags.clipboardOut === true,
    network: flags.internet === true ? 'internet' : 'none',
    files: flags.files === true,
    isViewOnly: flags.viewOnly === true,
    timeLimitMin: flags.timeLimit ?? null,
  };
  return isSame(powers, noPowers) ? undefined : powers;
}

/** What the flags leave of `powers`; undefined when that is all of it. */
export function narrowedPowers(powers: Powers, flags: PowerFlags): Powers | undefined {
  const narrowed: Powers = {
    clipboardIn: powers.clipboardIn && flags.clipboardIn !== false,
    clipboardOut: powers.clipboardOut && flags.clipboardOut !== false,
    network: flags.internet === false ? 'none' : powers.network,
    files: powers.files && flags.files !== false,
    isViewOnly: powers.isViewOnly || flags.viewOnly === true,
    timeLimitMin:
      flags.timeLimit === undefined
        ? powers.timeLimitMin
        : Math.min(flags.timeLimit, powers.timeLimitMin ?? MAX_TIME_LIMIT_MIN),
  };
  return isSame(powers, narrowed) ? undefined : narrowed;
}

export function sayPowers(powers: Powers): string {
  const words = [
    ...powerNames.filter((name) => hasPower(powers, name)).map((name) => say(`cli.word.power.${name}`)),
    ...(powers.isViewOnly ? [say('cli.word.power.isViewOnly')] : []),
    ...(powers.timeLimitMin === null ? [] : [say('cli.word.power.timeLimit', { count: powers.timeLimitMin })]),
  ];
  return words.length === 0 ? say('cli.word.power.nothing') : words.join(', ');
}

function isSame(one: Powers, other: Powers): boolean {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
}
