// The nouns of eBrainPool as they cross a process boundary. Types are inferred from these schemas, never written twice.
import { z } from 'zod';
import { problemSchema } from './errors.ts';

const text = (max: number) => z.string().max(max);
/** Milliseconds since the Unix epoch. */
const instant = z.number().int().nonnegative();
const count = z.number().int().nonnegative();

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

/** An offer as its owner sees it. */
export const ownOfferSchema = offerSchema.extend({
  isShared: z.boolean(),
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

/** viewer: in a viewer window (safe). native: X11 forwarding by `ssh -X`. classic: the visitor's own SSH client on a port. */
export const viewSchema = z.enum(['viewer', 'native', 'classic']);
export type View = z.infer<typeof viewSchema>;

/** What a grant lets the program do beyond its container. */
export const powersSchema = z.object({ clipboard: z.boolean(), network: z.boolean() });
export type Powers = Readonly<z.infer<typeof powersSchema>>;

export const sizeSchema = z.object({
  width: z.number().int().min(64).max(8192),
  height: z.number().int().min(64).max(8192),
});
export type Size = Readonly<z.infer<typeof sizeSchema>>;

export const peerSchema = z.object({
  id: peerIdSchema,
  name: text(100),
  /** host or host:port, the best first; decoration only. */
  addresses: z.array(text(300)).max(32),
  /** online: advertised or connected now. */
  presence: z.enum(['online', 'offline']),
  connection: z.enum(['none', 'connecting', 'connected', 'failed']),
  /** Why the last try to connect failed, or why this peer cannot be used (protocol-newer, protocol-older). */
  problem: problemSchema.nullable(),
  isVerified: z.boolean(),
  isAddedByAddress: z.boolean(),
  lastSeenAt: instant,
});
export type Peer = Readonly<z.infer<typeof peerSchema>>;

/** Who and what a request or a session is about, as shown to a person. */
const partySchema = z.object({
  peerId: peerIdSchema,
  peerName: text(100),
  isVerified: z.boolean(),
  offer: offerSchema,
});

/** A peer asks for an offer of this computer, and a person here must answer. */
export const requestSchema = partySchema.extend({
  id: requestIdSchema,
  view: viewSchema,
  powers: powersSchema,
  askedAt: instant,
  expiresAt: instant,
  /** Another key is known by this very name: a stranger, or a computer that was set up anew. */
  isNameOfAnother: z.boolean(),
  /** What is mounted in the container besides the system's own programs. */
  mounts: z.array(z.object({ path: text(4096), mode: z.enum(['ro', 'rw']) })),
});
export type Request = Readonly<z.infer<typeof requestSchema>>;

/** A request that this computer made of a peer. Ended ones stay until dismissed. */
export const askSchema = partySchema.extend({
  /** Local id, known before the peer has answered anything. */
  id: requestIdSchema,
  view: viewSchema,
  state: z.enum(['connecting', 'waiting', 'granted', 'denied', 'expired', 'cancelled', 'failed']),
  askedAt: instant,
  expiresAt: instant.nullable(),
  sessionId: sessionIdSchema.nullable(),
  problem: problemSchema.nullable(),
});
export type Ask = Readonly<z.infer<typeof askSchema>>;

export const endReasonSchema = z.enum(['visitor', 'host', 'program', 'expired', 'lost', 'failed']);
export type EndReason = z.infer<typeof endReasonSchema>;

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
  /** For classic sessions: the port, and the whole command line to type. */
  classic: z.object({ port: z.number().int().min(1).max(65535), command: text(1000) }).nullable(),
  problem: problemSchema.nullable(),
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
  powers: powersSchema,
  answer: z.enum(['allow', 'deny']),
  createdAt: instant,
});
export type Rule = Readonly<z.infer<typeof ruleSchema>>;

export const mountSchema = z.object({
  path: text(4096).regex(/^\//, 'must be an absolute path'),
  mode: z.enum(['ro', 'rw']),
});
export type Mount = Readonly<z.infer<typeof mountSchema>>;

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
  /** Further folders that every container sees. */
  mounts: z.array(mountSchema).max(50),
  /** Start container and display while the person reads a request. */
  isWarmUp: z.boolean(),
  /** Start eBrainPool when the person logs in. */
  isStartedAtLogin: z.boolean(),
  hasNotifications: z.boolean(),
  logLevel: logLevelSchema,
  /** TCP port for peers; the next free one is used when it is taken. */
  peerPort: z.number().int().min(1024).max(65535),
  /** Seconds until an unanswered request is a no. */
  answerTimeoutS: z.number().int().min(2).max(600),
  /** Peers added by address: host or host:port. */
  addresses: z.array(text(300)).max(200),
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
    'ssh',
    'port',
    'multicast',
    'disk',
    'settings',
    'root',
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
