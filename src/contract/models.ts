// The nouns of eBrainPool as they cross a process boundary. Types are inferred from these schemas, never written twice.

import { z } from 'zod';
import { problemSchema } from './errors.ts';
import { viewSchema } from './views.ts';

const text = (max: number) => z.string().max(max);
/** Milliseconds since the Unix epoch. */
const instant = z.number().int().nonnegative();
const count = z.number().int().nonnegative();
/** Hours and minutes of a day, 00:00 to 23:59. */
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** OpenSSH fingerprint of the peer's Ed25519 key (RFC 4716 key hashed with SHA-256, base64 without padding). */
export const peerIdSchema = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/)
  .brand('PeerId');
export type PeerId = z.infer<typeof peerIdSchema>;

/** `<kind>:<id>`; for an app the id is its desktop file id without `.desktop`. */
export const offerIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}:[A-Za-z0-9][A-Za-z0-9._+@-]{0,200}$/)
  .brand('OfferId');
export type OfferId = z.infer<typeof offerIdSchema>;

export const requestIdSchema = z.uuid().brand('RequestId');
export type RequestId = z.infer<typeof requestIdSchema>;
export const sessionIdSchema = z.uuid().brand('SessionId');
export type SessionId = z.infer<typeof sessionIdSchema>;
export const ruleIdSchema = z.uuid().brand('RuleId');
export type RuleId = z.infer<typeof ruleIdSchema>;

/** SHA-256 of an icon's bytes, in hex. */
export const iconHashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand('IconHash');
export type IconHash = z.infer<typeof iconHashSchema>;

/** Who may see an offer, and ask for it. */
export const audienceSchema = z.discriminatedUnion('who', [
  z.object({ who: z.literal('everybody') }),
  z.object({ who: z.literal('verified') }),
  z.object({ who: z.literal('chosen'), peerIds: z.array(peerIdSchema).max(500) }),
]);
export type Audience = Readonly<z.infer<typeof audienceSchema>>;

/** The kinds that this version can start. A peer may offer others: they are shown as "needs a newer version". */
export const knownOfferKinds = ['app', 'service', 'web', 'shell'] as const;

export const offerSchema = z.object({
  id: offerIdSchema,
  kind: text(32),
  name: text(200),
  summary: text(500),
  /** Registered main categories of the Desktop Menu Specification, the most telling first. */
  categories: z.array(text(64)).max(32),
  keywords: z.array(text(64)).max(64),
  icon: iconHashSchema.nullable(),
});
export type Offer = Readonly<z.infer<typeof offerSchema>>;

/**
 * Whether a program may build a sandbox of its own in its container, as browsers do for each page. off: no. needed: no, and the last time
 * it was started it ended because of that. allowed: its owner chose so.
 */
export const ownSandboxSchema = z.enum(['off', 'needed', 'allowed']);
export type OwnSandbox = z.infer<typeof ownSandboxSchema>;

/**
 * Why an application cannot be offered. wayland: it draws on Wayland alone, and no compositor is here to run it in. flatpak, snap: it is started by
 * that, in a container of its own.
 */
export const obstacleSchema = z.enum(['wayland', 'flatpak', 'snap']);
export type Obstacle = z.infer<typeof obstacleSchema>;

/** An offer as its owner sees it. */
export const ownOfferSchema = offerSchema.extend({
  isShared: z.boolean(),
  /** Null: as for the whole catalogue. */
  audience: audienceSchema.nullable(),
  ownSandbox: ownSandboxSchema,
  /** Null where it can be offered; else nobody but its owner sees it, whatever is shared. */
  obstacle: obstacleSchema.nullable(),
  /** The file that it comes from. */
  source: text(4096),
  /** The program and arguments that will run, for showing only. */
  command: text(4096),
});
export type OwnOffer = Readonly<z.infer<typeof ownOfferSchema>>;

/** A desktop entry that could not be read; `reason` names the place, in the words of the message catalogue. */
export const brokenEntrySchema = z.object({
  source: text(4096),
  reason: text(64),
  detail: text(500),
  line: count.nullable(),
});
export type BrokenEntry = Readonly<z.infer<typeof brokenEntrySchema>>;

/** What a grant lets visitor and program do beyond a program that runs alone in its container. What is wider is in powers.ts. */
export const powersSchema = z.object({
  /** What the visitor copies reaches the program. */
  clipboardIn: z.boolean(),
  /** What is copied in the program reaches the visitor's clipboard. */
  clipboardOut: z.boolean(),
  /** internet: what lies beyond the host's own networks, and nothing in them. */
  network: z.enum(['none', 'internet']),
  /** The visitor puts files into the container's folder Exchange, and takes files out of it. */
  files: z.boolean(),
  /** The visitor sees, and can neither type nor click. */
  isViewOnly: z.boolean(),
  /** Minutes until the session ends by itself; null for no limit. */
  timeLimitMin: z
    .number()
    .int()
    .min(1)
    .max(7 * 24 * 60)
    .nullable(),
});
export type Powers = Readonly<z.infer<typeof powersSchema>>;

/** What does not fit what is known of a peer: another key had this very name, or this address. */
export const warningSchema = z.enum(['name-of-another', 'address-of-another']);
export type Warning = z.infer<typeof warningSchema>;

export const sizeSchema = z.object({
  width: z.number().int().min(64).max(8192),
  height: z.number().int().min(64).max(8192),
});
export type Size = Readonly<z.infer<typeof sizeSchema>>;

export const peerSchema = z.object({
  id: peerIdSchema,
  /** The name that this computer's person gave it, else the one that it claims. */
  name: text(100),
  /** What it says its name is. Proves nothing. */
  claimedName: text(100),
  isRenamed: z.boolean(),
  /** host or host:port, the best first; decoration only. */
  addresses: z.array(text(300)).max(32),
  /** online: advertised or connected now. */
  presence: z.enum(['online', 'offline']),
  connection: z.enum(['none', 'connecting', 'connected', 'failed']),
  /** Why the last try to connect failed, or why this peer cannot be used (protocol-newer, protocol-older). */
  problem: problemSchema.nullable(),
  /** The person here compared its key with it. */
  isVerified: z.boolean(),
  isBlocked: z.boolean(),
  /** Whether something about it is stored here: it stays in the list while it is away. */
  isKnown: z.boolean(),
  isAddedByAddress: z.boolean(),
  /** Whether it shares more than a catalogue can have, and the rest is not in it. */
  isCatalogueCut: z.boolean(),
  warning: warningSchema.nullable(),
  lastSeenAt: instant,
});
export type Peer = Readonly<z.infer<typeof peerSchema>>;

/** Who and what a request or a session is about, as shown to a person. */
const partySchema = z.object({
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
  /** Why it is asked although a rule was made: what would run has changed, more is asked for, or the peer is not verified any more. */
  ruleNote: z.enum(['changed', 'wider', 'unverified']).nullable(),
  /** What is mounted in the container besides the system's own programs. */
  mounts: z.array(z.object({ path: text(4096), mode: z.enum(['ro', 'rw']) })),
  ownSandbox: ownSandboxSchema,
});
export type Request = Readonly<z.infer<typeof requestSchema>>;

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
  /** It has the keys. */
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

export const ruleSchema = z.object({
  id: ruleIdSchema,
  peerId: peerIdSchema,
  peerName: text(100),
  offerId: offerIdSchema,
  offerName: text(200),
  /** What was asked for when the person answered: anything wider is asked again. */
  view: viewSchema,
  asked: powersSchema,
  /** What the person gave of it, and the most that the rule gives. */
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
  /** waiting: this person said that they are the same, and the other has not answered yet. */
  state: z.enum(['connecting', 'comparing', 'waiting', 'verified', 'different', 'failed']),
  /** Null before both sides have revealed, and when it is over. */
  code: codeSchema.nullable(),
  expiresAt: instant.nullable(),
  problem: problemSchema.nullable(),
});
export type Comparison = Readonly<z.infer<typeof comparisonSchema>>;

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

export const logLevelSchema = z.enum(['error', 'warn', 'info', 'debug']);

export const settingsSchema = z.object({
  /** Name that others see. */
  name: z.string().trim().min(1).max(100),
  /** Whether the first-run page was finished. */
  isSetUp: z.boolean(),
  /** While true nobody sees this computer's offers and every request is refused. */
  isPaused: z.boolean(),
  /** Whether an application is shared that the owner has not switched by hand. */
  isSharedByDefault: z.boolean(),
  /** What the owner switched by hand. */
  sharedByOfferId: z.record(offerIdSchema, z.boolean()),
  /** Who sees what is shared. */
  audience: audienceSchema,
  /** Where it differs for one offer. */
  audienceByOfferId: z.record(offerIdSchema, audienceSchema),
  /** Which of them may build a sandbox of their own. */
  ownSandboxOfferIds: z.array(offerIdSchema).max(5000),
  /** While true nobody is asked: a rule answers, and everything else is a no. */
  isDoNotDisturb: z.boolean(),
  /** The same each day, by this computer's clock; from 22:00 to 07:00 goes over midnight. */
  quietHours: z.object({ isOn: z.boolean(), from: clockTime, to: clockTime }),
  /** Further folders that every container sees. */
  mounts: z.array(mountSchema).max(50),
  /** MiB of the largest file that a visitor may put into the folder of its container. */
  maxUploadMib: z
    .number()
    .int()
    .min(1)
    .max(1024 * 1024),
  /** Start container and display while the person reads a request. */
  isWarmUp: z.boolean(),
  /** Start eBrainPool when the person logs in. */
  isStartedAtLogin: z.boolean(),
  /** Keep this computer's key sealed by the system's key store, where the shell has one. */
  isKeySealed: z.boolean(),
  hasNotifications: z.boolean(),
  logLevel: logLevelSchema,
  /** TCP port for peers; the next free one is used when it is taken. */
  peerPort: z.number().int().min(1024).max(65535),
  /** Seconds until an unanswered request is a no. */
  answerTimeoutS: z.number().int().min(2).max(600),
});
export type Settings = Readonly<z.infer<typeof settingsSchema>>;

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
