// What crosses the boundary between the core and whoever shows it: every method and every topic; each noun has a file of its own.
import { z } from 'zod';
import { activityMethods } from './activity.ts';
import { askMethods, askSchema } from './asks.ts';
import { comparisonMethods, comparisonSchema } from './comparisons.ts';
import { consentMethods, requestSchema, ruleSchema } from './consent.ts';
import { containerMethods, containerSchema, judgedMountSchema } from './containers.ts';
import { problemSchema } from './errors.ts';
import { fileMethods } from './exchange.ts';
import { healthItemSchema, healthMethods } from './health.ts';
import { peerIdSchema } from './ids.ts';
import { brokenEntrySchema, offerMethods, offerSchema, ownOfferSchema } from './offers.ts';
import { peerMethods, peerSchema } from './peers.ts';
import { selfMethods, selfSchema } from './self.ts';
import { sessionMethods, sessionSchema } from './sessions.ts';
import { settingsMethods, settingsSchema } from './settings.ts';

/** Methods: called by the window, the tray and the CLI; input is validated on the way in. */
export const methods = {
  ...peerMethods,
  ...comparisonMethods,
  ...offerMethods,
  ...askMethods,
  ...consentMethods,
  ...sessionMethods,
  ...fileMethods,
  ...settingsMethods,
  ...containerMethods,
  ...healthMethods,
  ...activityMethods,
  ...selfMethods,
} as const;

/** Topics: whole state, sent on connect and on every change. */
export const topics = {
  self: selfSchema,
  settings: settingsSchema,
  health: z.array(healthItemSchema),
  /** This computer's offers, files of offers that could not be read, and how many offers the list has no room for. */
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
