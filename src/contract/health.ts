// What this computer has and lacks, as it crosses a process boundary.
import { z } from 'zod';
import { nothing, text } from './fields.ts';

/** One thing that sharing or using needs. The part that reports it names it; its sentence is `health.<id>` in the message catalogue. */
export const healthItemSchema = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/),
  level: z.enum(['ok', 'warning', 'error']),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  /** The command that mends it. */
  command: text(1000).nullable(),
  /** What cannot be done while it is so: share anything, or give a program the internet. */
  blocks: z.array(z.enum(['sharing', 'internet'])).optional(),
});
export type HealthItem = Readonly<z.infer<typeof healthItemSchema>>;

export const healthMethods = {
  /** Looks again at what this computer has and lacks. */
  'health.check': { input: nothing, output: nothing },
  'logs.read': {
    input: z.object({ maxLines: z.number().int().min(1).max(10_000) }),
    output: z.object({ lines: z.array(z.string()) }),
  },
} as const;
