// Sessions as they cross a process boundary: grants in use, and the windows of their programs.
import { z } from 'zod';
import { partySchema } from './consent.ts';
import { problemSchema } from './errors.ts';
import { count, instant, nothing, text } from './fields.ts';
import { sessionIdSchema } from './ids.ts';
import { powersSchema } from './powers.ts';
import { viewSchema } from './views.ts';

export const sizeSchema = z.object({
  width: z.number().int().min(64).max(8192),
  height: z.number().int().min(64).max(8192),
});
export type Size = Readonly<z.infer<typeof sizeSchema>>;

export const endReasonSchema = z.enum(['visitor', 'host', 'program', 'expired', 'lost', 'failed', 'quit']);
export type EndReason = z.infer<typeof endReasonSchema>;

/** The most windows of one program that are told of, and the longest title. */
export const MAX_WINDOWS = 64;
export const MAX_TITLE_LENGTH = 200;

const programWindowIdSchema = z.number().int().min(1).max(0xffffffff);

/** One window of a program in a viewer. The title is the program's own text. */
export const programWindowSchema = z.object({
  id: programWindowIdSchema,
  title: text(MAX_TITLE_LENGTH),
  /** It asks something, or belongs to another window. */
  isDialog: z.boolean(),
  /** The window of this list that it belongs to. A host of an older version does not say. */
  parentId: programWindowIdSchema.nullable().optional().catch(undefined),
  /** Keys go to it. */
  isActive: z.boolean(),
  canClose: z.boolean(),
});
export type ProgramWindow = Readonly<z.infer<typeof programWindowSchema>>;

/**
 * no: it is used. closing: the visitor closes it, and the program was asked to. asking: the program has a question for the visitor before
 * it closes.
 */
export const closingSchema = z.enum(['no', 'closing', 'asking']);
export type Closing = z.infer<typeof closingSchema>;

export const sessionSchema = partySchema.extend({
  id: sessionIdSchema,
  /** Which side this computer is on. */
  role: z.enum(['host', 'visitor']),
  view: viewSchema,
  state: z.enum(['starting', 'running', 'reconnecting', 'ended']),
  startedAt: instant,
  endedAt: instant.nullable(),
  endReason: endReasonSchema.nullable(),
  exitCode: z.number().int().nullable(),
  /** From the visitor to the host, and back. */
  bytesToHost: count,
  bytesToVisitor: count,
  /** For the view ssh-command: the port, and the whole command line to type. */
  sshCommand: z.object({ port: z.number().int().min(1).max(65535), command: text(1000) }).nullable(),
  problem: problemSchema.nullable(),
  /** What a program that failed wrote last, line by line: its own words, never shown as ours. */
  lastWords: z.array(text(200)).max(10),
  powers: powersSchema,
  /** When the time limit ends it. */
  endsAt: instant.nullable(),
  /** In a viewer, for its visitor, where the host can tell. */
  windows: z.array(programWindowSchema).max(MAX_WINDOWS),
  closing: closingSchema,
  /** The largest file that the host takes, in bytes; null where it takes none, or has not said. */
  maxUploadBytes: count.nullable(),
});
export type Session = Readonly<z.infer<typeof sessionSchema>>;

export const sessionMethods = {
  /**
   * The host's end is immediate. The visitor's asks the program to close first: follow it in `closing` of the session. `isNow` does not
   * ask, or stops asking.
   */
  'sessions.end': {
    input: z.object({ sessionId: sessionIdSchema, isNow: z.boolean().optional() }),
    output: nothing,
  },
  /** Goes on with a session that is being closed. */
  'sessions.keep': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  /** Of a viewer session: brings a window of the program to the front, or asks it to close. */
  'windows.activate': {
    input: z.object({ sessionId: sessionIdSchema, windowId: programWindowIdSchema }),
    output: nothing,
  },
  'windows.close': {
    input: z.object({ sessionId: sessionIdSchema, windowId: programWindowIdSchema }),
    output: nothing,
  },
  /** Ends every session in which this computer is the host. */
  'sessions.endAll': { input: nothing, output: nothing },
  /** Takes powers away from a running session in which this computer is the host. */
  'sessions.narrow': { input: z.object({ sessionId: sessionIdSchema, powers: powersSchema }), output: nothing },
  'sessions.dismiss': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
} as const;
