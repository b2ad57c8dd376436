// Powers in words, and which limits of time a person is offered.

import type { Powers } from '../../contract/powers.ts';
import { hasPower } from '../../contract/powers.ts';
import type { Session } from '../../contract/sessions.ts';
import { type PowerName, powerNames } from '../../contract/views.ts';
import { messages, say } from '../../messages/messages.ts';
import { formatDuration } from './format.ts';

const PRESETS_MIN: readonly number[] = [15, 60, 240];

/** Minutes, null for no limit; never more than `askedMin`. */
export function timeLimitChoices(askedMin: number | null): readonly (number | null)[] {
  if (askedMin === null) return [null, ...PRESETS_MIN];
  return [...PRESETS_MIN.filter((minutes) => minutes < askedMin), askedMin];
}

/** All in one line: what is given, then the restrictions. */
export function sayPowers(powers: Powers): string {
  const given = powerNames.filter((name) => hasPower(powers, name)).map((name) => say(`ui.power.${name}.name`));
  const list = new Intl.ListFormat(messages.language, { type: 'unit' });
  return [
    given.length === 0 ? say('ui.power.nothing') : list.format(given),
    ...(powers.isViewOnly ? [say('ui.power.isViewOnly.name')] : []),
    ...(powers.timeLimitMin === null
      ? []
      : [say('ui.power.timeLimit.atMost', { time: formatDuration(powers.timeLimitMin * 60_000) })]),
  ].join(' · ');
}

/** What `after` does not have any more, and which restrictions are new. */
export function lostPowers(before: Powers, after: Powers): readonly (PowerName | 'isViewOnly')[] {
  const lost = powerNames.filter((name) => hasPower(before, name) && !hasPower(after, name));
  return after.isViewOnly && !before.isViewOnly ? [...lost, 'isViewOnly'] : lost;
}

/** Clocks differ and messages take time: a smaller change was not made by a person. */
const SAME_END_MS = 30_000;

/** Whether a session ends earlier than it did. */
export function isShortened(before: number | null, after: number): boolean {
  return before === null || after < before - SAME_END_MS;
}

const LONGEST_LIMIT_MIN = 7 * 24 * 60;
const ENDS_IN_MIN: readonly number[] = [5, 15, 60, 240];

/** The choices of a host to end a session earlier: in how many minutes from now, and the limit for that, which counts from the start. */
export function earlierEnds(
  { startedAt, endsAt }: Pick<Session, 'startedAt' | 'endsAt'>,
  now: number,
): readonly { readonly inMin: number; readonly timeLimitMin: number }[] {
  const ranMin = Math.max(0, Math.ceil((now - startedAt) / 60_000));
  return ENDS_IN_MIN.map((inMin) => ({ inMin, timeLimitMin: ranMin + inMin })).filter(
    ({ timeLimitMin }) =>
      timeLimitMin <= LONGEST_LIMIT_MIN && (endsAt === null || startedAt + timeLimitMin * 60_000 < endsAt),
  );
}
