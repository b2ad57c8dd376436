// The programs that `npm run programs` tries: programs.json, which the script that installs them reads as well.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const programSchema = z.strictObject({
  /** The desktop entry's id, which is the offer's. */
  entry: z.string(),
  packages: z.array(z.string()).min(1),
  /** What it is made with, and for. */
  kind: z.string(),
  /** For what no package has an entry for: the command line and the name of one of our own. */
  exec: z.string().optional(),
  name: z.string().optional(),
  /** What is done with it, besides starting and closing it. */
  act: z.enum(['print']).optional(),
  /** The keys that say no when it asks whether to save. It is closed with a text that is not saved, and started twice more. */
  discard: z.array(z.string()).min(1).optional(),
  /** Its owner lets it build a sandbox of its own; it is tried without that first. */
  ownSandbox: z.boolean().optional(),
  /** How long it may take until something is painted. */
  seconds: z.number(),
  /** How long it shows nothing but what says that it starts. */
  startsFor: z.number().optional(),
});
export type Program = Readonly<z.infer<typeof programSchema>>;

export function readPrograms(): readonly Program[] {
  return z.array(programSchema).parse(JSON.parse(readFileSync(join(import.meta.dirname, 'programs.json'), 'utf8')));
}
