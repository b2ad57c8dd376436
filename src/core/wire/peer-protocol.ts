// What two computers say to each other on the control channel: JSON-RPC 2.0, versioned, size-limited, checked on both ends.

import { z } from 'zod';
import { check } from '../../contract/check.ts';
import { errorCodeSchema, errorParamsSchema } from '../../contract/errors.ts';
import { iconHashSchema, offerIdSchema, requestIdSchema, sessionIdSchema } from '../../contract/ids.ts';
import { tolerantPowersSchema } from '../../contract/powers.ts';
import {
  closingSchema,
  endReasonSchema,
  MAX_WINDOWS,
  type ProgramWindow,
  programWindowSchema,
  sizeSchema,
} from '../../contract/sessions.ts';
import { tolerantEnum } from '../../contract/tolerant.ts';
import { type ChannelName, channelNames, type View, viewNameSchema } from '../../contract/views.ts';
import { toLastWords } from '../lib/last-words.ts';
import { problemOfPeer } from './peer-problem.ts';

/** This version, and the oldest that it still understands. */
export const PROTOCOL = 2;
export const OLDEST_PROTOCOL = 2;

/** SSH subsystem name of the control channel (RFC 4254 section 6.5). */
export const CONTROL_SUBSYSTEM = 'ebrainpool-control';

/** The longest message of a host. A catalogue of 2,000 offers fits; more is an error and ends the connection. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** The longest of a visitor: calls are short, and anybody may send the beginning of one. */
export const MAX_CALL_BYTES = 64 * 1024;

/** The most offers that one catalogue may have. */
export const MAX_OFFERS = 2000;

/** The largest icon. */
export const MAX_ICON_BYTES = 512 * 1024;

/** The most capabilities that are looked at. Version 0.1 refuses a hello with more than 64, so no more are sent. */
const MAX_CAPABILITIES = 256;
/** The longest of them, as in version 0.1: they are kept as long as the connection. */
const MAX_CAPABILITY_LENGTH = 64;

function isCapability(told: unknown): told is string {
  return typeof told === 'string' && told.length <= MAX_CAPABILITY_LENGTH;
}

/** Only the version fields are fixed for ever, so that any two versions can tell each other apart. */
export const helloSchema = z.object({
  protocol: z.number().int().min(1).max(1_000_000),
  oldest: z.number().int().min(1).max(1_000_000),
  name: z.string().max(1000),
  /** Beyond the limit they are cut, and what is no name is left out. */
  capabilities: z
    .array(z.unknown())
    .transform((told) => told.slice(0, MAX_CAPABILITIES).filter(isCapability))
    .default([]),
});
export type Hello = z.infer<typeof helloSchema>;

/** What the visitor is given with a yes. */
export const grantedSessionSchema = z.object({
  sessionId: sessionIdSchema,
  /** The host key line of the container's sshd, where the session has one. */
  containerHostKey: z
    .string()
    .max(1000)
    // Security: it becomes a line of a known_hosts file.
    .regex(/^ssh-ed25519 [A-Za-z0-9+/]+=*$/)
    .nullable()
    .catch(null),
  classicPort: z.number().int().min(1).max(65535).nullable().catch(null),
  /** What was granted: no more than was asked for, and maybe less. */
  powers: tolerantPowersSchema,
  /** Until the time limit ends it. It is only shown, and the host holds the limit: what cannot be read is shown as none. */
  remainingMs: z.number().int().nonnegative().nullable().catch(null),
  /** The largest file that may be put into the folder Exchange; null where files are not exchanged, or the host is of before it was told. */
  maxUploadBytes: z.number().int().positive().nullable().catch(null),
});
export type GrantedSession = z.infer<typeof grantedSessionSchema>;

const nothing = z.object({});
const windowIdSchema = programWindowSchema.shape.id;
/** 32 bytes in hex: a nonce, or a commitment to one, which is also the name of its comparison. */
const bytes32 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a view is called on the wire: as in version 0.1, with which this one still speaks. */
export function viewOnWire(view: View): string {
  return view === 'ssh-command' ? 'classic' : view;
}

/** What the visitor calls. */
export const visitorCalls = {
  hello: { input: helloSchema, output: helloSchema },
  /** Offers are checked one by one by the receiver, so that one bad offer does not hide the others. */
  'catalogue.get': {
    input: nothing,
    output: z
      .object({
        offers: z.array(z.unknown()),
        /** Whether there are more, which come after these by name. */
        isCut: z.boolean().catch(false),
      })
      .transform(({ offers, isCut }) => ({
        offers: offers.slice(0, MAX_OFFERS),
        isCut: isCut || offers.length > MAX_OFFERS,
      })),
  },
  'icon.get': {
    input: z.object({ hash: iconHashSchema }),
    output: z.object({ data: z.base64().max(Math.ceil((MAX_ICON_BYTES * 4) / 3) + 4) }),
  },
  'request.create': {
    input: z.object({
      offerId: offerIdSchema,
      /** A request for a view that this version does not have is refused by the name of the view. */
      view: viewNameSchema,
      powers: tolerantPowersSchema,
      size: sizeSchema.optional(),
    }),
    output: z.object({ requestId: requestIdSchema, answerTimeoutMs: z.number().int().nonnegative() }),
  },
  'request.cancel': { input: z.object({ requestId: requestIdSchema }), output: nothing },
  'session.end': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  /** Capability `close`: asks the program to close, and ends the session when it has. */
  'session.close': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  /** Capability `close`: the visitor goes on with it after all. */
  'session.keep': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  /** Capability `windows`: to the front, or the question whether it closes. */
  'window.activate': { input: z.object({ sessionId: sessionIdSchema, windowId: windowIdSchema }), output: nothing },
  'window.close': { input: z.object({ sessionId: sessionIdSchema, windowId: windowIdSchema }), output: nothing },
  /** After a lost connection: is the session still there? */
  'session.resume': { input: z.object({ sessionId: sessionIdSchema }), output: nothing },
  /** Two people compare a code (peers/verification/comparison.ts): the visitor commits, the host gives its nonce, the visitor reveals. */
  'verify.begin': { input: z.object({ commitment: bytes32 }), output: z.object({ nonce: bytes32 }) },
  'verify.reveal': { input: z.object({ commitment: bytes32, nonce: bytes32 }), output: nothing },
  'verify.answer': { input: z.object({ commitment: bytes32, isSame: z.boolean() }), output: nothing },
  'verify.cancel': { input: z.object({ commitment: bytes32 }), output: nothing },
} as const;

/** A code that a newer host has, and this version does not know, is a fault like any other. */
const problemSchema = z
  .object({ code: tolerantEnum(errorCodeSchema.options, 'internal'), params: errorParamsSchema.catch({}) })
  .transform(problemOfPeer)
  .nullable()
  .catch(null);
/** That it was because the host quits. A field of its own: versions from before it know no such reason, and read the other fields. */
const isQuitSchema = z.boolean().optional().catch(undefined);

/** The windows that are what they should be: a bad one does not hide the others, and beyond the limit they are cut. */
const toldWindowsSchema = z.array(z.unknown()).transform((told): ProgramWindow[] =>
  told.slice(0, MAX_WINDOWS).flatMap((window) => {
    const checked = check(programWindowSchema, window);
    return checked.success ? [checked.data] : [];
  }),
);

/**
 * What the host tells the visitor. The wire outlives versions: a notice ends what somebody waits for, so each field that this version cannot
 * read has a safe value, and only the ids must be right (`versions.test.ts`).
 */
export const hostNotices = {
  'catalogue.changed': nothing,
  'request.answered': z.object({
    requestId: requestIdSchema,
    answer: tolerantEnum(['granted', 'denied', 'expired', 'failed'], 'failed'),
    /** A yes without a session that this version can read has failed. */
    session: grantedSessionSchema.nullable().catch(null),
    problem: problemSchema,
    isQuit: isQuitSchema,
  }),
  /** The person there took powers away. */
  'session.changed': z.object({
    sessionId: sessionIdSchema,
    powers: tolerantPowersSchema,
    remainingMs: z.number().int().nonnegative().nullable().catch(null),
  }),
  /** Capability `windows`: which windows the program has. */
  'session.windows': z.object({ sessionId: sessionIdSchema, windows: toldWindowsSchema }),
  /** Capability `close`: how far it is with a program that the visitor closes. */
  'session.closing': z.object({
    sessionId: sessionIdSchema,
    /** An unknown step counts as still under way: the visitor's own limit ends it. */
    closing: tolerantEnum(closingSchema.options, 'closing'),
  }),
  'session.ended': z.object({
    sessionId: sessionIdSchema,
    reason: tolerantEnum(endReasonSchema.options, 'failed'),
    isQuit: isQuitSchema,
    exitCode: z.number().int().nullable().catch(null),
    problem: problemSchema,
    /** What the program wrote last, when it failed. What is no such list counts for nothing: the end itself is what matters. */
    lastWords: z.unknown().transform(toLastWords).default([]),
  }),
  'verify.answered': z.object({ commitment: bytes32, isSame: z.boolean() }),
  'verify.cancelled': z.object({ commitment: bytes32 }),
} as const;

export type VisitorCall = keyof typeof visitorCalls;
/** What is sent, and what the other side makes of it. */
export type CallParams<C extends VisitorCall> = z.input<(typeof visitorCalls)[C]['input']>;
export type CallInput<C extends VisitorCall> = z.output<(typeof visitorCalls)[C]['input']>;
export type CallOutput<C extends VisitorCall> = z.output<(typeof visitorCalls)[C]['output']>;
export type HostNotice = keyof typeof hostNotices;
export type NoticeValue<N extends HostNotice> = z.output<(typeof hostNotices)[N]>;

/** The channel of a session that a tunnel channel of the connection is for. */
export type TunnelEnd = ChannelName;
const tunnelPathPattern = new RegExp(`^session/([0-9a-f-]{36})/(${channelNames.join('|')})$`);

/** The "socket path" of a direct-streamlocal channel (OpenSSH PROTOCOL section 2.4). Security: a name, never a path on the host. */
export function tunnelPath(sessionId: string, end: TunnelEnd): string {
  return `session/${sessionId}/${end}`;
}

/** Null for anything that is not exactly such a name. */
export function parseTunnelPath(path: string): { sessionId: string; end: TunnelEnd } | null {
  const match = tunnelPathPattern.exec(path);
  return match === null ? null : { sessionId: match[1] as string, end: match[2] as TunnelEnd };
}
