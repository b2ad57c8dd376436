// The activity log in words: a sentence and details for each line, the same in the window and on the command line.
import type { ActivityCheck, ActivityEntry } from '../contract/activity.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { Powers } from '../contract/powers.ts';
import { isView } from '../contract/views.ts';
import { say, sayProblem } from './messages.ts';

/** How amounts are written by whoever shows the words. */
export interface Formats {
  duration(durationMs: number): string;
  size(sizeBytes: number): string;
  instant(instantMs: number): string;
  number(value: number): string;
}

const MINUTE_MS = 60_000;

/** What happened, in one sentence or two. */
export function sayEntry(entry: ActivityEntry, formats: Formats): string {
  const { event, role } = entry;
  const values = { peer: entry.peerName ?? say('activity.somebody'), offer: offerOf(entry) };
  const tell = (variant: string, more: Record<string, unknown> = {}) =>
    say(`activity.kind.${event.kind}${variant && `.${variant}`}`, { ...values, ...more });
  const side = role ?? 'host';
  switch (event.kind) {
    case 'answered': {
      const { answer, by, lasts, minutes, problem } = event;
      const more = { duration: formats.duration((minutes ?? 0) * MINUTE_MS) };
      if (side === 'visitor') {
        const sentence = tell(`visitor.${answer}`);
        return problem === null ? sentence : `${sentence} ${sayWhy(problem)}`;
      }
      if (answer === 'allowed') return tell(`host.allowed.${by === 'rule' ? 'rule' : (lasts ?? 'once')}`, more);
      if (answer === 'denied') return tell(`host.denied.${by === 'person' && lasts === 'always' ? 'always' : by}`);
      return tell(`host.${answer}`);
    }
    case 'not-started':
      return `${tell('')} ${sayWhy(event.problem)}`;
    case 'ended': {
      const isUnknown = event.durationMs === null;
      const reason = isUnknown ? 'crash' : `${side}.${event.reason}`;
      const duration = formats.duration(event.durationMs ?? 0);
      const sentence = tell(isUnknown ? `${side}Unknown` : side, { duration });
      return `${sentence} ${say(`activity.reason.${reason}`, values)}`;
    }
    case 'rule-made':
    case 'rule-removed':
      return tell(event.answer);
    case 'peer-verified':
      return tell(event.how);
    case 'peer-renamed':
      return tell(event.name === null ? 'none' : 'name', { name: event.name });
    case 'unknown':
      return tell(entry.peerName === null ? 'nobody' : 'peer', { text: event.text });
    case 'left-out':
      return tell('', { count: event.count });
    case 'log-damaged':
      return tell(event.what, { count: event.count });
    case 'log-resumed':
      return tell('', {
        since: formats.instant(event.since),
        late: formats.number(event.lateCount),
        lost: formats.number(event.lostCount),
      });
    case 'requested':
    case 'started':
    case 'narrowed':
      return tell(side);
    default:
      return tell('');
  }
}

/** Details that do not fit into the sentence, a few words each. */
export function sayDetails(entry: ActivityEntry, formats: Formats): readonly string[] {
  const { event } = entry;
  const details: (string | false)[] = [entry.isVerified === false && say('activity.detail.unverified')];
  if ('view' in event) details.push(sayView(event.view));
  if ('powers' in event && event.powers !== null) {
    const powers = sayPowers(event.powers, formats);
    details.push(event.kind === 'narrowed' ? say('activity.detail.left', { powers }) : powers);
  }
  if (event.kind === 'ended' && event.bytesToHost !== null && event.bytesToVisitor !== null) {
    const amounts = { toVisitor: formats.size(event.bytesToVisitor), toHost: formats.size(event.bytesToHost) };
    details.push(say('activity.detail.traffic', amounts));
  }
  if (event.kind === 'ended' && event.exitCode !== null && event.exitCode !== 0) {
    details.push(say('activity.detail.exitCode', { code: event.exitCode }));
  }
  if ('ruleId' in event && event.ruleId !== null) {
    details.push(say('activity.detail.rule', { id: event.ruleId.slice(0, 8) }));
  }
  if (event.kind === 'connection-refused') details.push(say('activity.detail.address', { address: event.address }));
  if (event.kind === 'log-torn' && event.keptAs !== null) {
    details.push(say('activity.detail.keptAs', { file: event.keptAs }));
  }
  return details.filter((detail) => detail !== false);
}

/** A view in a word or two; one of another version by its name. */
export function sayView(view: string): string {
  return say(`activity.detail.view.${isView(view) ? view : 'other'}`, { view });
}

export function sayCheck(check: ActivityCheck): string {
  if (!check.isSound) return say(`activity.check.${check.what}`, { file: check.file, line: check.line });
  return say('activity.check.sound', { count: check.count });
}

/** The log keeps no more of a problem than its code; where that makes no whole sentence, eBrainPool's own log has the rest. */
function sayWhy(code: ErrorCode): string {
  const sentence = sayProblem({ code, params: {} });
  return sentence.includes('{{') ? say('activity.seeLogs') : sentence;
}

function offerOf({ offerName, offerId }: ActivityEntry): string {
  return offerName ?? offerId ?? say('activity.something');
}

function sayPowers(powers: Powers, formats: Formats): string {
  const limitMs = (powers.timeLimitMin ?? 0) * MINUTE_MS;
  const given = [
    powers.clipboardIn && say('activity.detail.clipboardIn'),
    powers.clipboardOut && say('activity.detail.clipboardOut'),
    powers.network === 'internet' && say('activity.detail.internet'),
    powers.files && say('activity.detail.files'),
    powers.isViewOnly && say('activity.detail.isViewOnly'),
    powers.timeLimitMin !== null && say('activity.detail.timeLimit', { duration: formats.duration(limitMs) }),
  ].filter((one) => one !== false);
  return given.length === 0 ? say('activity.detail.noPowers') : given.join(', ');
}
