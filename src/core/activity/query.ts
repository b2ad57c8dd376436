// Which lines of the activity log somebody looks for.
import { z } from 'zod';
import {
  type ActivityEntry,
  type ActivityFilter,
  activityEntrySchema,
  activityEventSchema,
  activityGroups,
  type UnknownEvent,
} from '../../contract/activity.ts';
import { toShowable } from '../lib/text.ts';

export function isEverything({ search = '', peerId, group }: ActivityFilter): boolean {
  return wordsOf(search).length === 0 && peerId === undefined && group === undefined;
}

/** Returns a test of lines that parses as few of them as it can. Damaged lines never fit. */
export function createMatcher(filter: ActivityFilter): (line: string) => boolean {
  const words = wordsOf(filter.search ?? '');
  // The words as JSON writes them, to search the line's text.
  const quickWords = words.map((word) => JSON.stringify(word).slice(1, -1));
  const kinds: readonly string[] | undefined = filter.group && activityGroups[filter.group];
  return (line) => {
    if (filter.peerId !== undefined && !line.includes(filter.peerId)) return false;
    if (kinds !== undefined && !kinds.some((kind) => line.includes(`"kind":"${kind}"`))) return false;
    if (quickWords.length > 0) {
      const lower = line.toLowerCase();
      if (!quickWords.every((word) => lower.includes(word))) return false;
    }
    const entry = parseJson(line);
    if (entry === null) return false;
    if (filter.peerId !== undefined && entry.peerId !== filter.peerId) return false;
    if (kinds !== undefined && !kinds.includes(entry.event.kind)) return false;
    if (words.length === 0) return true;
    return words.every(createWordTest(entry));
  };
}

const { shape } = activityEntrySchema;
/** A field that this version cannot read must not hide the line: it becomes null, and an unknown event is shown as text. */
const lineSchema = activityEntrySchema.extend({
  role: shape.role.catch(null),
  peerId: shape.peerId.catch(null),
  peerName: shape.peerName.catch(null),
  isVerified: shape.isVerified.catch(null),
  offerId: shape.offerId.catch(null),
  offerName: shape.offerName.catch(null),
  event: z.union([activityEventSchema, z.looseObject({ kind: z.string() }).transform(toUnknown)]),
});

/** Null for a damaged line. */
export function parseEntry(line: string): ActivityEntry | null {
  return lineSchema.safeParse(parseJson(line)).data ?? null;
}

function toUnknown({ kind, ...more }: { readonly kind: string }): UnknownEvent {
  const words = Object.entries(more).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const text = toShowable([kind, ...words].join(', '), 1000);
  return { kind: 'unknown', name: toShowable(kind, 64), text };
}

/** Cheap, for the search alone: what is shown goes through the schema. */
function parseJson(line: string): ActivityEntry | null {
  try {
    const value: unknown = JSON.parse(line);
    const isEntry = typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'object';
    return isEntry && value.event !== null ? (value as ActivityEntry) : null;
  } catch {
    return null;
  }
}

function wordsOf(search: string): readonly string[] {
  return search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** A shorter word is more likely not meant as an id. */
const MIN_ID_LENGTH = 4;
const idPattern = /^(SHA256:|[0-9a-f]{8}-[0-9a-f]{4}-)/;

/** Whether a word stands in a name or among the words of what happened, or is the beginning of an id. */
function createWordTest({
  peerName,
  peerId,
  offerName,
  offerId,
  role,
  event,
}: ActivityEntry): (word: string) => boolean {
  let text = `${peerName ?? ''}\n${offerName ?? ''}\n${offerId ?? ''}\n${role ?? ''}`;
  let ids = `\n${peerId ?? ''}\n${peerId?.slice('SHA256:'.length) ?? ''}`;
  for (const value of Object.values(event)) {
    if (typeof value !== 'string') continue;
    if (idPattern.test(value)) ids += `\n${value}`;
    else text += `\n${value}`;
  }
  text = text.toLowerCase();
  ids = ids.toLowerCase();
  return (word) => text.includes(word) || (word.length >= MIN_ID_LENGTH && ids.includes(`\n${word}`));
}
