// One line of the activity log: who asked for what, who answered, what ran, and what this computer's person decided.

import { z } from 'zod';
import { errorCodeSchema } from './errors.ts';
import { count, instant, nothing } from './fields.ts';
import { offerIdSchema, peerIdSchema, requestIdSchema, ruleIdSchema, sessionIdSchema } from './ids.ts';
import { tolerantPowersSchema } from './powers.ts';
import { endReasonSchema } from './sessions.ts';
import { viewNameSchema } from './views.ts';

const durationMs = z.number().int().nonnegative().nullable();

/** How long a person's answer holds; as in `requests.answer`. */
export const lastsSchema = z.enum(['once', 'until-quit', 'time', 'always']);

/** Who or what gave the answer. peer: the host that this computer asked. */
export const answeredBySchema = z.enum([
  'person',
  'rule',
  'timeout',
  'peer',
  'pause',
  'do-not-disturb',
  'quiet-hours',
  'block',
  'limit',
  'not-shared',
  'unavailable',
  'quit',
]);
export type AnsweredBy = z.infer<typeof answeredBySchema>;

export const activityEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('requested'), view: viewNameSchema, powers: tolerantPowersSchema }),
  z.object({
    kind: z.literal('answered'),
    answer: z.enum(['allowed', 'denied', 'expired', 'cancelled', 'failed']),
    by: answeredBySchema,
    requestId: requestIdSchema.nullable(),
    ruleId: ruleIdSchema.nullable(),
    /** Null where no person answered. */
    lasts: lastsSchema.nullable(),
    /** For `time`. */
    minutes: count.nullable(),
    /** What was given; null for anything but a yes. */
    powers: tolerantPowersSchema.nullable(),
    problem: errorCodeSchema.nullable(),
  }),
  /** There was a yes, but the program did not start. */
  z.object({ kind: z.literal('not-started'), requestId: requestIdSchema, problem: errorCodeSchema }),
  z.object({
    kind: z.literal('started'),
    sessionId: sessionIdSchema,
    ruleId: ruleIdSchema.nullable(),
    view: viewNameSchema,
    powers: tolerantPowersSchema,
  }),
  z.object({ kind: z.literal('narrowed'), sessionId: sessionIdSchema, powers: tolerantPowersSchema }),
  z.object({
    kind: z.literal('ended'),
    sessionId: sessionIdSchema,
    reason: endReasonSchema,
    /** Null when eBrainPool was gone before the end; so are the amounts. */
    durationMs,
    bytesToHost: count.nullable(),
    bytesToVisitor: count.nullable(),
    exitCode: z.number().int().nullable(),
  }),
  z.object({
    kind: z.literal('rule-made'),
    ruleId: ruleIdSchema,
    answer: z.enum(['allow', 'deny']),
    lasts: lastsSchema,
    minutes: count.nullable(),
    view: viewNameSchema,
    powers: tolerantPowersSchema,
  }),
  z.object({ kind: z.literal('rule-removed'), ruleId: ruleIdSchema, answer: z.enum(['allow', 'deny']) }),
  /** comparison: two people compared a code; key: this person scanned or pasted the key. */
  z.object({ kind: z.literal('peer-verified'), how: z.enum(['comparison', 'key']) }),
  z.object({ kind: z.literal('peer-unverified') }),
  /** One of the two people said that the codes differ. */
  z.object({ kind: z.literal('codes-differed') }),
  z.object({ kind: z.literal('peer-blocked') }),
  z.object({ kind: z.literal('peer-unblocked') }),
  /** Null: it goes by the name that it claims again. */
  z.object({ kind: z.literal('peer-renamed'), name: z.string().max(100).nullable() }),
  z.object({ kind: z.literal('peer-forgotten'), ruleCount: count }),
  z.object({ kind: z.literal('paused') }),
  z.object({ kind: z.literal('resumed') }),
  /** A blocked peer proved its key and was sent away. */
  z.object({ kind: z.literal('connection-refused'), address: z.string().max(300) }),
  /** This many lines were not written, because others could have caused any number of them. */
  z.object({ kind: z.literal('left-out'), count }),
  /** A crash or a power cut left only a part of the last line, which is kept in `keptAs`. */
  z.object({ kind: z.literal('log-torn'), sizeBytes: count, keptAs: z.string().max(100).nullable() }),
  /** Found at a start: last lines are missing or do not fit, or the file that says where the log begins and ends is gone. */
  z.object({ kind: z.literal('log-damaged'), what: z.enum(['cut', 'changed', 'head']), count }),
  /** The log could not be written from `since` on; now it can. `lateCount` lines were written late, and `lostCount` never. */
  z.object({ kind: z.literal('log-resumed'), since: instant, lateCount: count, lostCount: count }),
]);
export type ActivityEvent = Readonly<z.infer<typeof activityEventSchema>>;
export type ActivityKind = ActivityEvent['kind'];

/** A line of another version, with words that this one does not know: its kind, and the whole line as it stands. */
const unknownEventSchema = z.object({
  kind: z.literal('unknown'),
  name: z.string().max(64),
  text: z.string().max(1000),
});
export type UnknownEvent = Readonly<z.infer<typeof unknownEventSchema>>;

/** SHA-256 in hex. */
const chainHash = z.string().regex(/^[0-9a-f]{64}$/);

export const activityEntrySchema = z.object({
  /** 1 for the first line ever, and one more for each. */
  seq: z.number().int().positive(),
  at: instant,
  /** Which side this computer was on; null for what has no sides. */
  role: z.enum(['host', 'visitor']).nullable(),
  peerId: peerIdSchema.nullable(),
  /** As it was shown then. */
  peerName: z.string().max(100).nullable(),
  isVerified: z.boolean().nullable(),
  offerId: offerIdSchema.nullable(),
  offerName: z.string().max(200).nullable(),
  event: z.union([activityEventSchema, unknownEventSchema]),
  /** The hash of the line before; of zeros for the first. */
  previous: chainHash,
  /** Over the bytes of this line without its hash. */
  hash: chainHash,
});
export type ActivityEntry = Readonly<z.infer<typeof activityEntrySchema>>;

/** What the window and the command line filter by. */
export const activityGroups = {
  requests: ['requested', 'answered', 'not-started', 'connection-refused', 'left-out'],
  sessions: ['started', 'narrowed', 'ended'],
  decisions: [
    'rule-made',
    'rule-removed',
    'peer-verified',
    'peer-unverified',
    'codes-differed',
    'peer-blocked',
    'peer-unblocked',
    'peer-renamed',
    'peer-forgotten',
    'paused',
    'resumed',
  ],
  log: ['log-torn', 'log-damaged', 'log-resumed'],
} as const satisfies Record<string, readonly ActivityKind[]>;
export const activityGroupSchema = z.enum(['requests', 'sessions', 'decisions', 'log']);
export type ActivityGroup = z.infer<typeof activityGroupSchema>;

/** Which lines: every word of `search` stands somewhere in the line's values. */
export const activityFilterSchema = z.object({
  search: z.string().max(200).optional(),
  peerId: peerIdSchema.optional(),
  group: activityGroupSchema.optional(),
});
export type ActivityFilter = Readonly<z.infer<typeof activityFilterSchema>>;

export const activityCheckSchema = z.discriminatedUnion('isSound', [
  /** `lastHash` stands for the whole log: written down elsewhere, it shows later that nothing before it was rewritten. */
  z.object({ isSound: z.literal(true), count, lastSeq: count, lastHash: chainHash }),
  /** The first bad place. truncated: the end is missing, and `line` is where it should go on. */
  z.object({
    isSound: z.literal(false),
    file: z.string().max(100),
    line: count,
    what: z.enum(['changed', 'removed', 'reordered', 'repeated', 'truncated']),
  }),
]);
export type ActivityCheck = Readonly<z.infer<typeof activityCheckSchema>>;

export const activityFormatSchema = z.enum(['jsonl', 'csv']);
export type ActivityFormat = z.infer<typeof activityFormatSchema>;

export const activityMethods = {
  /** Lines of the activity log, the newest first, and how many fit the filter in all. */
  'activity.read': {
    input: activityFilterSchema.extend({
      beforeSeq: z.number().int().positive().optional(),
      limit: z.number().int().min(1).max(500).default(100),
    }),
    output: z.object({ entries: z.array(activityEntrySchema), total: z.number().int().nonnegative() }),
  },
  /** Reads the whole activity log and follows its chain of hashes. */
  'activity.check': { input: nothing, output: activityCheckSchema },
  /** The next part of an export, the oldest lines first; null for `nextAfterSeq` after the last. */
  'activity.export': {
    input: activityFilterSchema.extend({
      format: activityFormatSchema,
      afterSeq: z.number().int().nonnegative().default(0),
    }),
    output: z.object({ text: z.string(), nextAfterSeq: z.number().int().positive().nullable() }),
  },
} as const;
