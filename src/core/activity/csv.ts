// Lines of the activity log as comma-separated values (RFC 4180), for a spreadsheet.
import type { ActivityEntry } from '../../contract/activity.ts';
import type { Powers } from '../../contract/powers.ts';

type Cell = string | number | boolean | null | undefined;

/** All kinds of lines have the same columns; what a kind does not have is empty. */
const columns: readonly (readonly [string, (entry: ActivityEntry) => Cell])[] = [
  ['number', ({ seq }) => seq],
  ['time', ({ at }) => new Date(at).toISOString()],
  ['kind', ({ event }) => (event.kind === 'unknown' ? event.name : event.kind)],
  ['role', ({ role }) => role],
  ['peer', ({ peerName }) => peerName],
  ['peer key', ({ peerId }) => peerId],
  ['peer verified', ({ isVerified }) => isVerified],
  ['offer', ({ offerName }) => offerName],
  ['offer id', ({ offerId }) => offerId],
  ['answer', ({ event }) => ('answer' in event ? event.answer : null)],
  ['answered by', ({ event }) => ('by' in event ? event.by : null)],
  ['lasts', ({ event }) => ('lasts' in event ? event.lasts : null)],
  ['minutes', ({ event }) => ('minutes' in event ? event.minutes : null)],
  ['rule', ({ event }) => ('ruleId' in event ? event.ruleId : null)],
  ['session', ({ event }) => ('sessionId' in event ? event.sessionId : null)],
  ['view', ({ event }) => ('view' in event ? event.view : null)],
  ['powers', ({ event }) => ('powers' in event ? namePowers(event.powers) : null)],
  ['end', ({ event }) => ('reason' in event ? event.reason : null)],
  ['duration (ms)', ({ event }) => ('durationMs' in event ? event.durationMs : null)],
  ['bytes to host', ({ event }) => ('bytesToHost' in event ? event.bytesToHost : null)],
  ['bytes to visitor', ({ event }) => ('bytesToVisitor' in event ? event.bytesToVisitor : null)],
  ['exit code', ({ event }) => ('exitCode' in event ? event.exitCode : null)],
  ['details', ({ event }) => detailsOf(event)],
  ['hash', ({ hash }) => hash],
];

export const csvHeader = `${columns.map(([name]) => name).join(',')}\r\n`;

export function toCsvLine(entry: ActivityEntry): string {
  return `${columns.map(([, read]) => toCell(read(entry))).join(',')}\r\n`;
}

/** One field. */
export function toCell(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  // Security: a spreadsheet takes text that begins like this for a formula, and names come from other computers.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** For example `clipboard in, internet, 60 minutes`. */
function namePowers(powers: Powers | null): string | null {
  if (powers === null) return null;
  const given = [
    powers.clipboardIn && 'clipboard in',
    powers.clipboardOut && 'clipboard out',
    powers.network === 'internet' && 'internet',
    powers.files && 'files',
    powers.isViewOnly && 'view only',
    powers.timeLimitMin !== null && `${powers.timeLimitMin} minutes`,
  ];
  return given.filter((one) => one !== false).join(', ');
}

function detailsOf(event: ActivityEntry['event']): string | null {
  switch (event.kind) {
    case 'peer-renamed':
      return event.name;
    case 'peer-verified':
      return event.how;
    case 'connection-refused':
      return event.address;
    case 'answered':
    case 'not-started':
      return event.problem;
    case 'unknown':
      return event.text;
    case 'left-out':
      return `${event.count} lines`;
    case 'log-damaged':
      return event.what;
    case 'log-torn':
      return event.keptAs;
    case 'log-resumed':
      return `${event.lateCount} late, ${event.lostCount} lost`;
    default:
      return null;
  }
}
