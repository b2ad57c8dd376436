// Containers as they cross a process boundary, and the folders that they see.
import { z } from 'zod';
import { count, nothing, text } from './fields.ts';
import { peerIdSchema } from './ids.ts';

export const mountSchema = z.object({
  path: text(4096).regex(/^\//, 'must be an absolute path'),
  mode: z.enum(['ro', 'rw']),
});
export type Mount = Readonly<z.infer<typeof mountSchema>>;

/** Something to know about a folder that containers are to see; its sentence is `mounts.<reason>` in the message catalogue. */
export const mountNoteSchema = z.object({
  reason: z.enum([
    // Refused, for good:
    'root',
    'profile',
    'containers',
    'kernel',
    'session',
    'temporary',
    'system',
    'programs',
    'keys',
    'container',
    'exchanged',
    // Refused, as it is now:
    'missing',
    'not-a-folder',
    'unreachable',
    // Warned of:
    'home',
    'in-home',
    'hidden',
    'socket',
    'device',
    'setuid',
  ]),
  /** What the sentence is about: the folder, or what lies in it or around it. */
  place: text(4096),
});
export type MountNote = Readonly<z.infer<typeof mountNoteSchema>>;

/** What the core makes of such a folder. */
export const mountVerdictSchema = z.object({
  /** A folder that is refused is not mounted. */
  level: z.enum(['ok', 'warning', 'refused']),
  notes: z.array(mountNoteSchema).max(10),
  /** Where it lies, with its links resolved; null where it is refused. */
  source: text(4096).nullable(),
});
export type MountVerdict = Readonly<z.infer<typeof mountVerdictSchema>>;

/** A folder that the owner chose, and what becomes of it. */
export const judgedMountSchema = mountSchema.extend(mountVerdictSchema.shape);
export type JudgedMount = Readonly<z.infer<typeof judgedMountSchema>>;

/** The container of one peer. */
export const containerSchema = z.object({
  peerId: peerIdSchema,
  peerName: text(100),
  state: z.enum(['stopped', 'warm', 'running']),
  homePath: text(4096),
  homeSizeBytes: count,
  mounts: z.array(z.object({ path: text(4096), target: text(4096), mode: z.enum(['ro', 'rw', 'tmpfs']) })),
});
export type Container = Readonly<z.infer<typeof containerSchema>>;

export const containerMethods = {
  /** What would become of a folder, before it is chosen. */
  'mounts.check': { input: mountSchema.pick({ path: true }), output: mountVerdictSchema },
  /** Lets every container see a folder, or changes how; null for no longer. Fails with `mount-refused`. */
  'mounts.set': {
    input: z.object({ path: mountSchema.shape.path, mode: mountSchema.shape.mode.nullable() }),
    output: nothing,
  },
  /** Ends the peer's sessions and empties its home. */
  'containers.reset': { input: z.object({ peerId: peerIdSchema }), output: nothing },
} as const;
