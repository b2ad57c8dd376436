// What this computer's person decided about peers, kept in peers.json: names, addresses, verified and blocked keys.
import { join } from 'node:path';
import { z } from 'zod';
import { check } from '../../contract/check.ts';
import { AppError } from '../../contract/errors.ts';
import { type PeerId, peerIdSchema } from '../../contract/ids.ts';
import type { Warning } from '../../contract/peers.ts';
import { hasUnknownFields } from '../lib/file-version.ts';
import { entriesOf, isPlainObject, JsonFile, type JsonFileProblem } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';

const MAX_PEERS = 2000;
const knownPeerSchema = z.object({
  id: peerIdSchema,
  /** What it called itself when something was decided about it; once its key was compared, the name that stays. */
  name: z.string().max(100),
  /** Given by the person, with the key that was found there: the pin. */
  address: z.string().max(300).nullable().default(null),
  /** The name by which the person here knows it. */
  localName: z.string().max(100).nullable().default(null),
  /** When the person here compared its key with it; milliseconds since the Unix epoch. */
  verifiedAt: z.number().int().nonnegative().nullable().default(null),
  isBlocked: z.boolean().default(false),
});
export type KnownPeer = Readonly<z.infer<typeof knownPeerSchema>>;
type Change = (peers: readonly KnownPeer[]) => readonly KnownPeer[];
const fileSchema = z.object({ peers: z.array(knownPeerSchema).max(MAX_PEERS) });

/** How a peer is shown, whatever it says of itself. */
export interface PeerFace {
  readonly name: string;
  readonly isVerified: boolean;
  readonly warning: Warning | null;
}

/** A peer under the name by which a part knows it. */
export interface NamedPeer {
  readonly peerId: PeerId;
  readonly peerName: string;
}

export interface PeerBook {
  readonly state: Followable<readonly KnownPeer[]>;
  find(id: PeerId): KnownPeer | undefined;
  /** Whether the person here compared this key. */
  isVerified(id: PeerId): boolean;
  isBlocked(id: PeerId): boolean;
  /** How to show a peer that calls itself `claimedName`, and that connected from `address` where that is known. */
  faceOf(id: PeerId, claimedName: string, address?: string): PeerFace;
  /**
   * Changes what is stored of a peer, or begins to. A block, and the end of a verification, hold also where the disk is full.
   * @throws AppError `disk-full`, `too-many-requests` when the book is full
   */
  update(id: PeerId, claimedName: string, change: Partial<Omit<KnownPeer, 'id' | 'name'>>): Promise<void>;
  remove(id: PeerId): Promise<void>;
  /** Another part knows peers by name, too: their names are warned of as those in the book are. */
  alsoKnow(named: Followable<readonly NamedPeer[]>): void;
  /** What was wrong with the file at start. */
  readonly damage: JsonFileProblem | null;
}

export async function openPeerBook(options: { readonly profileDir: string; readonly log: Log }): Promise<PeerBook> {
  const file = await JsonFile.open({
    path: join(options.profileDir, 'peers.json'),
    schema: fileSchema,
    initial: { peers: [] },
    log: options.log,
    mend: withCaution,
    narrowNewer,
  });
  const state = new State<readonly KnownPeer[]>(file.value.peers);
  const find = (id: PeerId) => state.value.find((peer) => peer.id === id);
  const namedElsewhere: Followable<readonly NamedPeer[]>[] = [];
  /** Changes that took something away and could not be written. The next write includes them. */
  let unkept: readonly Change[] = [];
  const save = async (change: Change, takesAway = false) => {
    try {
      const { peers } = await file.update((before) => ({
        peers: [...[...unkept, change].reduce((peers, one) => one(peers), before.peers as readonly KnownPeer[])],
      }));
      unkept = [];
      state.set(peers);
    } catch (error) {
      // Security: it holds at once, also when it cannot be kept: a program in a container may be what fills the disk.
      if (takesAway) {
        state.set(change(state.value));
        unkept = [...unkept, change];
      }
      throw error;
    }
  };

  // Security: a name or address by which this computer knows one key is a warning on any other key, unless the person
  // compared that key too: two people may have one name.
  function warningFor(id: PeerId, claimedName: string, address: string | undefined): Warning | null {
    const name = fold(claimedName);
    const others = [
      ...state.value.flatMap((peer) => [
        { peerId: peer.id, peerName: peer.name },
        ...(peer.localName === null ? [] : [{ peerId: peer.id, peerName: peer.localName }]),
      ]),
      ...namedElsewhere.flatMap((named) => named.value),
    ];
    if (others.some(({ peerId, peerName }) => peerId !== id && fold(peerName) === name)) return 'name-of-another';
    const isAddressOfAnother =
      address !== undefined && state.value.some((peer) => peer.id !== id && hostOf(peer.address) === address);
    return isAddressOfAnother ? 'address-of-another' : null;
  }

  return {
    state,
    find,
    isVerified: (id) => (find(id)?.verifiedAt ?? null) !== null,
    isBlocked: (id) => find(id)?.isBlocked === true,
    faceOf: (id, claimedName, address) => {
      const known = find(id);
      const isVerified = (known?.verifiedAt ?? null) !== null;
      // Security: a mark belongs to the name with which the key was compared. What the peer calls itself today may be any name, and
      // whoever is near can advertise its key under any.
      const name = known?.localName ?? (known !== undefined && isPinned(known) ? known.name : null);
      const warning =
        isVerified && name !== null ? null : warningFor(id, claimedName, isVerified ? undefined : address);
      return { name: name ?? claimedName, isVerified, warning };
    },
    update: (id, claimedName, change) =>
      save(
        (peers) => {
          const known = peers.find((peer) => peer.id === id);
          if (known === undefined && peers.length >= MAX_PEERS) throw new AppError('too-many-requests');
          const blank = { id, address: null, localName: null, verifiedAt: null, isBlocked: false };
          const name = known !== undefined && isPinned(known) ? known.name : claimedName.slice(0, 100);
          const peer: KnownPeer = { ...blank, ...known, name, ...change };
          return [...peers.filter((other) => other.id !== id), peer];
        },
        change.isBlocked === true || change.verifiedAt === null,
      ),
    alsoKnow: (named) => void namedElsewhere.push(named),
    damage: file.problem,
    remove: (id) => save((peers) => peers.filter((peer) => peer.id !== id)),
  };
}

/** Security: where damage hid an entry that may have blocked a peer, the peer stays blocked. */
function withCaution(
  file: z.output<typeof fileSchema>,
  _fields: readonly string[],
  raw: unknown,
): z.output<typeof fileSchema> {
  const saved = new Set<string>(file.peers.map(({ id }) => id));
  const blocked = entriesOf(raw, 'peers').flatMap((entry): KnownPeer[] => {
    const id = check(peerIdSchema, entry['id']);
    if (!id.success || saved.has(id.data) || (entry['isBlocked'] ?? false) === false) return [];
    return [{ id: id.data, name: '', address: null, localName: null, verifiedAt: null, isBlocked: true }];
  });
  return { peers: [...file.peers, ...blocked].slice(0, MAX_PEERS) };
}

/** Security: what a newer version says of a peer may take the mark away; without knowing what it is, there is none. A block stays. */
function narrowNewer(stored: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const narrow = (peer: unknown) =>
    isPlainObject(peer) && hasUnknownFields(knownPeerSchema, peer) ? { ...peer, verifiedAt: null } : peer;
  return Array.isArray(stored['peers']) ? { ...stored, peers: stored['peers'].map(narrow) } : stored;
}

/** Whether its key was compared under this name; a key that was taken as text may have come before any name. */
function isPinned({ id, name, verifiedAt }: KnownPeer): boolean {
  return verifiedAt !== null && name !== '' && name !== shortName(id);
}

/** What stands for the name of a peer that has not said any. */
export function shortName(id: PeerId): string {
  return id.slice(7, 19);
}

/** What looks the same to a hurried eye: case, width, spaces and what is invisible. */
function fold(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}

/** The address without its port. */
function hostOf(address: string | null): string | undefined {
  if (address === null) return undefined;
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(address);
  if (bracketed !== null) return bracketed[1];
  return address.split(':').length === 2 ? address.split(':')[0] : address;
}
