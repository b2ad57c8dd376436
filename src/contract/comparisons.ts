// Comparisons as they cross a process boundary: two people compare a code.
import { z } from 'zod';
import { problemSchema } from './errors.ts';
import { instant, nothing, text } from './fields.ts';
import { peerIdSchema } from './ids.ts';
import { warningSchema } from './peers.ts';

/** What two people compare. */
export const codeSchema = z.string().regex(/^\d{6}$/);

/** Two people compare a code that both screens show. */
export const comparisonSchema = z.object({
  peerId: peerIdSchema,
  peerName: text(100),
  isVerified: z.boolean(),
  warning: warningSchema.nullable(),
  /** Who began it. */
  role: z.enum(['asking', 'asked']),
  /** waiting: this person said that the codes are the same; the other has not answered yet. */
  state: z.enum(['connecting', 'comparing', 'waiting', 'verified', 'different', 'failed']),
  /** Null before both sides have revealed, and when it is over. */
  code: codeSchema.nullable(),
  expiresAt: instant.nullable(),
  problem: problemSchema.nullable(),
});
export type Comparison = Readonly<z.infer<typeof comparisonSchema>>;

export const comparisonMethods = {
  /** Begins to compare a code with the person at the peer; follow it in the topic `comparisons`. */
  'comparisons.start': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** What the person says of the code that they were shown. Both must say that it is the same, and then the peer is verified. */
  'comparisons.answer': {
    input: z.object({ peerId: peerIdSchema, code: codeSchema, isSame: z.boolean() }),
    output: nothing,
  },
  /** Breaks one off, or dismisses one that is over. */
  'comparisons.cancel': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Says that this window shows it. It is broken off when the last such window is gone. */
  'comparisons.watch': { input: z.object({ peerId: peerIdSchema }), output: nothing },
} as const;
