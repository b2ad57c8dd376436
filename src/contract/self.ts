// This computer itself, as it crosses a process boundary.
import { z } from 'zod';
import { nothing, text } from './fields.ts';
import { peerIdSchema } from './ids.ts';

export const selfSchema = z.object({
  id: peerIdSchema,
  name: text(100),
  version: text(50),
  /** 0 while the peer port could not be opened. */
  peerPort: z.number().int().min(0).max(65535),
  addresses: z.array(text(300)),
  shell: z.enum(['electron', 'browser']),
  /** linux, darwin, win32 …: only linux can share. */
  platform: text(20),
  /** Whether every part that sharing needs is there. */
  canShare: z.boolean(),
  /** Whether native windows can be shown here (an X display and ssh). */
  canShowNative: z.boolean(),
  profileDir: text(4096),
});
export type Self = Readonly<z.infer<typeof selfSchema>>;

export const selfMethods = {
  /** Stops the core and with it the shell. */
  'core.stop': { input: nothing, output: nothing },
} as const;
