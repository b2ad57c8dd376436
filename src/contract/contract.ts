// What crosses the boundary between the core and whoever shows it: every method and every topic, on one screen.
import { z } from 'zod';
import {
  askSchema,
  brokenEntrySchema,
  containerSchema,
  healthItemSchema,
  offerIdSchema,
  offerSchema,
  ownOfferSchema,
  peerIdSchema,
  peerSchema,
  powersSchema,
  requestIdSchema,
  requestSchema,
  ruleIdSchema,
  ruleSchema,
  selfSchema,
  sessionIdSchema,
  sessionSchema,
  settingsSchema,
  sizeSchema,
  viewSchema,
} from './models.ts';

const nothing = z.object({});

/** Methods: called by the window, the tray and the CLI; input is validated on the way in. */
export const methods = {
  /** Connects to a peer and keeps its catalogue in the topic `catalogues` until closed by every client that opened it. */
  'peers.open': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  'peers.close': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Connects to `host` or `host:port` and remembers it. */
  'peers.add': {
    input: z.object({ address: z.string().trim().min(1).max(300) }),
    output: z.object({ peerId: peerIdSchema }),
  },
  /** Forgets a peer that was added by address. */
  'peers.remove': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Switches offers of this computer; `all` also decides about those that appear later. */
  'offers.share': {
    input: z.object({ offerIds: z.union([z.literal('all'), z.array(offerIdSchema).max(5000)]), isShared: z.boolean() }),
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
  /** A person's answer to a request. `always` also makes a rule. */
  'requests.answer': {
    input: z.object({ requestId: requestIdSchema, answer: z.enum(['deny', 'once', 'always']) }),
    output: nothing,
  },
  'sessions.end': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  /** Ends every session in which this computer is the host. */
  'sessions.endAll': { input: nothing, output: nothing },
  'sessions.dismiss': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  'rules.remove': { input: z.object({ ruleId: ruleIdSchema }), output: nothing },
  'settings.update': { input: settingsSchema.partial(), output: nothing },
  /** Ends the peer's sessions and empties its home. */
  'containers.reset': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Looks again at what this computer has and lacks. */
  'health.check': { input: nothing, output: nothing },
  'logs.read': {
    input: z.object({ maxLines: z.number().int().min(1).max(10_000) }),
    output: z.object({ lines: z.array(z.string()) }),
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
  offers: z.object({ offers: z.array(ownOfferSchema), broken: z.array(brokenEntrySchema) }),
  peers: z.array(peerSchema),
  /** Offers of the peers that are open. */
  catalogues: z.record(peerIdSchema, z.array(offerSchema)),
  requests: z.array(requestSchema),
  asks: z.array(askSchema),
  sessions: z.array(sessionSchema),
  rules: z.array(ruleSchema),
  containers: z.array(containerSchema),
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
