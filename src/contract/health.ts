// What this computer has and lacks, as it crosses a process boundary.
import { z } from 'zod';
import { nothing, text } from './fields.ts';

/** One thing that sharing or using needs; its sentence is `health.<id>` in the message catalogue. */
export const healthItemSchema = z.object({
  id: z.enum([
    'bubblewrap',
    'namespaces',
    'sshd',
    'socat',
    'xvnc',
    'window-manager',
    'xauth',
    'internet',
    'ssh',
    'port',
    'network',
    'multicast',
    'disk',
    'settings',
    'people',
    'rules',
    'activity',
    'root',
    'secrets',
    'mounts',
  ]),
  level: z.enum(['ok', 'warning', 'error']),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  /** The command that mends it. */
  command: text(1000).nullable(),
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
