// Requests and rules as they cross a process boundary: what waits for a person here, and what was answered for longer.
import { z } from 'zod';
import { instant, nothing, text } from './fields.ts';
import { offerIdSchema, peerIdSchema, requestIdSchema, ruleIdSchema } from './ids.ts';
import { ownSandboxSchema } from './kinds.ts';
import { offerSchema } from './offers.ts';
import { warningSchema } from './peers.ts';
import { powersSchema } from './powers.ts';
import { viewNameSchema, viewSchema } from './views.ts';

/** Who and what a request or a session is about, as shown to a person. */
export const partySchema = z.object({
  peerId: peerIdSchema,
  peerName: text(100),
  isVerified: z.boolean(),
  warning: warningSchema.nullable(),
  offer: offerSchema,
});

/** A peer asks for an offer of this computer, and a person here must answer. */
export const requestSchema = partySchema.extend({
  id: requestIdSchema,
  view: viewSchema,
  powers: powersSchema,
  askedAt: instant,
  expiresAt: instant,
  /** Why a rule did not answer it: what would run has changed, more is asked for, or the peer is not verified any more. */
  ruleNote: z.enum(['changed', 'wider', 'unverified']).nullable(),
  /** What is mounted in the container besides the system's own programs. */
  mounts: z.array(z.object({ path: text(4096), mode: z.enum(['ro', 'rw']) })),
  ownSandbox: ownSandboxSchema,
});
export type Request = Readonly<z.infer<typeof requestSchema>>;

export const ruleSchema = z.object({
  id: ruleIdSchema,
  peerId: peerIdSchema,
  peerName: text(100),
  offerId: offerIdSchema,
  offerName: text(200),
  /** What was asked for when the person answered: anything wider is asked again. A view of another version is shown, and fits no request. */
  view: viewNameSchema,
  asked: powersSchema,
  /** What the person gave, and the most that the rule gives. */
  powers: powersSchema,
  answer: z.enum(['allow', 'deny']),
  /** What would have run when the person answered (SHA-256 over command and desktop entry): anything else is asked again. */
  launchDigest: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: instant,
  /** Null: for good, or until eBrainPool is quit. */
  expiresAt: instant.nullable(),
  isUntilQuit: z.boolean(),
});
export type Rule = Readonly<z.infer<typeof ruleSchema>>;

export const consentMethods = {
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
  /** Ends what the rule had allowed, too. */
  'rules.remove': { input: z.object({ ruleId: ruleIdSchema }), output: nothing },
} as const;
