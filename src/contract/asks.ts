// Asks as they cross a process boundary: requests that this computer made of a peer.
import { z } from 'zod';
import { partySchema } from './consent.ts';
import { problemSchema } from './errors.ts';
import { instant, nothing } from './fields.ts';
import { offerIdSchema, peerIdSchema, requestIdSchema, sessionIdSchema } from './ids.ts';
import { powersSchema } from './powers.ts';
import { sizeSchema } from './sessions.ts';
import { viewSchema } from './views.ts';

/** A request that this computer made of a peer. Ended ones stay until dismissed. */
export const askSchema = partySchema.extend({
  /** Local id, known before the peer has answered anything. */
  id: requestIdSchema,
  view: viewSchema,
  /** What was asked for; what was given of it is in the session. */
  powers: powersSchema,
  state: z.enum(['connecting', 'waiting', 'granted', 'denied', 'expired', 'cancelled', 'failed']),
  askedAt: instant,
  expiresAt: instant.nullable(),
  sessionId: sessionIdSchema.nullable(),
  problem: problemSchema.nullable(),
});
export type Ask = Readonly<z.infer<typeof askSchema>>;

export const askMethods = {
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
  /** Says that this client shows the ask, as the one that made it does. When the last such client goes, an ask that still waits is cancelled. */
  'asks.watch': { input: z.object({ askId: requestIdSchema }), output: nothing },
  'asks.cancel': { input: z.object({ askId: requestIdSchema }), output: nothing },
  'asks.dismiss': { input: z.object({ askId: requestIdSchema }), output: nothing },
} as const;
