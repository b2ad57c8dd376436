// Peers as they cross a process boundary: who is there, and what is known of them.
import { z } from 'zod';
import { problemSchema } from './errors.ts';
import { instant, nothing, text } from './fields.ts';
import { peerIdSchema } from './ids.ts';
import { viewNames } from './views.ts';

/** What does not fit what is known of a peer: another key had this very name, or this address. */
export const warningSchema = z.enum(['name-of-another', 'address-of-another']);
export type Warning = z.infer<typeof warningSchema>;

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
  /** The views of this version that its version has too; null while there is no connection to ask. */
  views: z.array(z.enum(viewNames)).readonly().nullable(),
  warning: warningSchema.nullable(),
  lastSeenAt: instant,
});
export type Peer = Readonly<z.infer<typeof peerSchema>>;

export const peerMethods = {
  /** Connects to a peer and keeps its catalogue in the topic `catalogues` until closed by every client that opened it. */
  'peers.open': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  'peers.close': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** Connects to `host` or `host:port` and remembers it; `bad-address` for anything else, an empty text too. */
  'peers.add': {
    input: z.object({ address: z.string().trim().max(300) }),
    output: z.object({ peerId: peerIdSchema }),
  },
  /** Ends its sessions, and forgets its name, address, verification, rules and home. */
  'peers.forget': { input: z.object({ peerId: peerIdSchema }), output: nothing },
  /** The name by which this person knows it; null for the one that it claims. */
  'peers.rename': {
    input: z.object({ peerId: peerIdSchema, name: z.string().trim().min(1).max(100).nullable() }),
    output: nothing,
  },
  /** A blocked peer cannot connect; what runs for it ends. */
  'peers.block': { input: z.object({ peerId: peerIdSchema, isBlocked: z.boolean() }), output: nothing },
  /** Trusts the key in a scanned or pasted key text (key-text.ts): the person has it from the peer itself. */
  'peers.verifyKey': {
    input: z.object({ keyText: z.string().max(500) }),
    output: z.object({ peerId: peerIdSchema }),
  },
  /** Takes a verification back. */
  'peers.unverify': { input: z.object({ peerId: peerIdSchema }), output: nothing },
} as const;
