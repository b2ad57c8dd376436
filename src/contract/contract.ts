// What crosses the boundary between the core and whoever shows it: every method and every topic, on one screen.

import { z } from 'zod';
import { activityCheckSchema, activityEntrySchema, activityFilterSchema, activityFormatSchema } from './activity.ts';
import { problemSchema } from './errors.ts';
import { fileEntrySchema, fileNameSchema, MAX_FILES_LISTED } from './exchange.ts';
import {
  askSchema,
  audienceSchema,
  brokenEntrySchema,
  codeSchema,
  comparisonSchema,
  containerSchema,
  healthItemSchema,
  judgedMountSchema,
  mountSchema,
  mountVerdictSchema,
  offerIdSchema,
  offerSchema,
  ownOfferSchema,
  peerIdSchema,
  peerSchema,
  powersSchema,
  programWindowSchema,
  requestIdSchema,
  requestSchema,
  ruleIdSchema,
  ruleSchema,
  selfSchema,
  sessionIdSchema,
  sessionSchema,
  settingsSchema,
  sizeSchema,
} from './models.ts';
import { viewSchema } from './views.ts';

const nothing = z.object({});
const windowIdSchema = programWindowSchema.shape.id;

/** Methods: called by the window, the tray and the CLI; input is validated on the way in. */
export const methods = {
  /** Connects to a peer and keeps its catalogue in the topic `catalogues` until closed by every client that opened it. */
  'peers.open': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  'peers.close': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Connects to `host` or `host:port` and remembers it; `bad-address` says what is none, nothing included. */
  'peers.add': {
    input: z.object({ address: z.string().trim().max(300) }),
    output: z.object({ peerId: peerIdSchema }),
  },
  /** Ends its sessions, and forgets its name, address, verification, rules and home. */
  'peers.forget': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** The name by which this person knows it; null for the one that it claims. */
  'peers.rename': {
    input: z.object({ peerId: peerIdSchema, name: z.string().trim().min(1).max(100).nullable() }),
    output: nothing,
  },
  /** A blocked peer cannot connect; what runs for it ends. */
  'peers.block': { input: z.object({ peerId: peerIdSchema, isBlocked: z.boolean() }), output: nothing },
  /** Trusts the key in a scanned or pasted key text (key-text.ts): the person has it from the peer itself. */
  'peers.verifyKey': {
    input: z.object({ keyText: z.string().max(500) }),
    output: z.object({ peerId: peerIdSchema }),
  },
  /** Takes a verification back. */
  'peers.unverify': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Begins to compare a code with the person at the peer; follow it in the topic `comparisons`. */
  'comparisons.start': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** What the person says of the code that they were shown. Both must say that it is the same, and then the peer is verified. */
  'comparisons.answer': {
    input: z.object({ peerId: peerIdSchema, code: codeSchema, isSame: z.boolean() }),
    output: nothing,
  },
  /** Breaks one off, or dismisses one that is over. */
  'comparisons.cancel': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** This window shows it. When the last one that did is gone, it is broken off. */
  'comparisons.watch': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Switches offers of this computer; `all` also decides about those that appear later. */
  'offers.share': {
    input: z.object({ offerIds: z.union([z.literal('all'), z.array(offerIdSchema).max(5000)]), isShared: z.boolean() }),
    output: nothing,
  },
  /** Who sees these offers; null for whoever sees what is shared. */
  'offers.setAudience': {
    input: z.object({ offerIds: z.array(offerIdSchema).max(5000), audience: audienceSchema.nullable() }),
    output: nothing,
  },
  /** Whether these offers may build a sandbox of their own: what that opens is in docs/decisions/0009. */
  'offers.allowOwnSandbox': {
    input: z.object({ offerIds: z.array(offerIdSchema).max(5000), isAllowed: z.boolean() }),
    output: nothing,
  },
  /** Asks a peer for an offer; follow it in the topic `asks`. */
  'asks.create': {
    input: z.object({
      peerId: peerIdSchema,
      offerId: offerIdSchema,
      view: viewSchema,
      powers: powersSchema.optional(),
      size: sizeSchema.optional(),
    }),
    output: z.object({ askId: requestIdSchema }),
  },
  /** This client shows the ask, as the one that made it does. When the last of them goes, what still waits is cancelled. */
  'asks.watch': { input: z.object({ askId: requestIdSchema }), output: nothing },
  'asks.cancel': { input: z.object({ askId: requestIdSchema }), output: nothing },
  'asks.dismiss': { input: z.object({ askId: requestIdSchema }), output: nothing },
  /**
   * A person's answer to a request. Whatever lasts longer than once also makes a rule; an `allow` that lasts `always` is for
   * verified peers only. `powers` may be narrower than what was asked, never wider.
   */
  'requests.answer': {
    input: z.object({
      requestId: requestIdSchema,
      answer: z.enum(['allow', 'deny']),
      lasts: z.enum(['once', 'until-quit', 'time', 'always']).default('once'),
      /** For `time`. */
      minutes: z
        .number()
        .int()
        .min(1)
        .max(90 * 24 * 60)
        .optional(),
      powers: powersSchema.optional(),
    }),
    output: nothing,
  },
  /**
   * A host's end is at once. A visitor's asks the program to close first, follow it in `closing` of the session; `isNow` does not ask, or
   * not any longer.
   */
  'sessions.end': {
    input: z.object({ sessionId: sessionIdSchema, isNow: z.boolean().optional() }),
    output: nothing,
  },
  /** Goes on with a session that is being closed. */
  'sessions.keep': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  /** Of a viewer session: brings a window of the program to the front, or asks it to close. */
  'windows.activate': { input: z.object({ sessionId: sessionIdSchema, windowId: windowIdSchema }), output: nothing },
  'windows.close': { input: z.object({ sessionId: sessionIdSchema, windowId: windowIdSchema }), output: nothing },
  /** Ends every session in which this computer is the host. */
  'sessions.endAll': { input: nothing, output: nothing },
  /** Takes powers of a session away, in which this computer is the host, while it runs. */
  'sessions.narrow': { input: z.object({ sessionId: sessionIdSchema, powers: powersSchema }), output: nothing },
  'sessions.dismiss': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  /**
   * The folder Exchange of a session in which this computer is the visitor; its files themselves are streams of the shells. Left out
   * are what is neither file nor folder, names that cannot be shown, and what is beyond the limit.
   */
  'files.list': {
    input: z.object({ sessionId: sessionIdSchema }),
    output: z.object({
      entries: z.array(fileEntrySchema).max(MAX_FILES_LISTED),
      leftOutCount: z.number().int().nonnegative(),
    }),
  },
  /** Deletes a file there, or an empty folder. */
  'files.remove': { input: z.object({ sessionId: sessionIdSchema, name: fileNameSchema }), output: nothing },
  /** Ends what the rule had allowed, too. */
  'rules.remove': { input: z.object({ ruleId: ruleIdSchema }), output: nothing },
  /** Changes the fields that are given; of the quiet hours as well, so that each stays what another client made of it. */
  'settings.update': {
    // Security: folders are looked at before they are kept, by `mounts.set` alone.
    input: settingsSchema
      .omit({ mounts: true })
      .partial()
      .extend({ quietHours: settingsSchema.shape.quietHours.partial().optional() }),
    output: nothing,
  },
  /** What would become of a folder, before it is chosen. */
  'mounts.check': { input: mountSchema.pick({ path: true }), output: mountVerdictSchema },
  /** Lets every container see a folder, or changes how; null for no longer. Fails with `mount-refused`. */
  'mounts.set': {
    input: z.object({ path: mountSchema.shape.path, mode: mountSchema.shape.mode.nullable() }),
    output: nothing,
  },
  /** Ends the peer's sessions and empties its home. */
  'containers.reset': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Looks again at what this computer has and lacks. */
  'health.check': { input: nothing, output: nothing },
  'logs.read': {
    input: z.object({ maxLines: z.number().int().min(1).max(10_000) }),
    output: z.object({ lines: z.array(z.string()) }),
  },
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
  /** Stops the core and with it the shell. */
  'core.stop': { input: nothing, output: nothing },
} as const;

/** Topics: whole state, sent on connect and on every change. */
export const topics = {
  self: selfSchema,
  settings: settingsSchema,
  health: z.array(healthItemSchema),
  /** This computer's offers, and the desktop entries that could not be read. */
  /** leftOut: how many applications are more than the list holds. */
  offers: z.object({
    offers: z.array(ownOfferSchema),
    broken: z.array(brokenEntrySchema),
    leftOut: z.number().int().nonnegative(),
  }),
  peers: z.array(peerSchema),
  /** Offers of the peers that are open. */
  catalogues: z.record(peerIdSchema, z.array(offerSchema)),
  requests: z.array(requestSchema),
  asks: z.array(askSchema),
  sessions: z.array(sessionSchema),
  rules: z.array(ruleSchema),
  containers: z.array(containerSchema),
  /** The folders of `settings.mounts`, each with what becomes of it. */
  mounts: z.array(judgedMountSchema),
  /** One for each peer at most; those that are over stay until dismissed. */
  comparisons: z.array(comparisonSchema),
  /** The number of the last line of the activity log, how many there are, and why it cannot be written. */
  activity: z.object({
    lastSeq: z.number().int().nonnegative(),
    count: z.number().int().nonnegative(),
    problem: problemSchema.nullable(),
  }),
} as const;

export type MethodName = keyof typeof methods;
export type MethodInput<M extends MethodName> = z.input<(typeof methods)[M]['input']>;
export type ParsedInput<M extends MethodName> = z.output<(typeof methods)[M]['input']>;
export type MethodOutput<M extends MethodName> = z.output<(typeof methods)[M]['output']>;
export type TopicName = keyof typeof topics;
export type TopicValue<T extends TopicName> = z.output<(typeof topics)[T]>;
export type Handlers = {
  readonly [M in MethodName]: (input: ParsedInput<M>, client: ClientId) => Promise<MethodOutput<M>> | MethodOutput<M>;
};

/** Which attached client calls, so that what it opened can be closed when it goes. */
export type ClientId = number & { readonly __brand: 'ClientId' };
