// The peers that a person added by address, kept in peers.json with the key that was found there: the pin.
import { join } from 'node:path';
import { z } from 'zod';
import { type PeerId, peerIdSchema } from '../../contract/models.ts';
import { JsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';

const knownPeerSchema = z.object({ id: peerIdSchema, name: z.string().max(100), address: z.string().max(300) });
export type KnownPeer = Readonly<z.infer<typeof knownPeerSchema>>;
const fileSchema = z.object({ peers: z.array(knownPeerSchema).max(500) });

export interface KnownPeers {
  readonly list: readonly KnownPeer[];
  put(peer: KnownPeer): Promise<void>;
  remove(id: PeerId): Promise<void>;
}

export async function openKnownPeers(profileDir: string, log: Log): Promise<KnownPeers> {
  const file = await JsonFile.open({
    path: join(profileDir, 'peers.json'),
    schema: fileSchema,
    initial: { peers: [] },
    log,
  });
  return {
    get list() {
      return file.value.peers;
    },
    put: async (peer) => {
      await file.update(({ peers }) => ({ peers: [...peers.filter((other) => other.id !== peer.id), peer] }));
    },
    remove: async (id) => {
      await file.update(({ peers }) => ({ peers: peers.filter((other) => other.id !== id) }));
    },
  };
}
