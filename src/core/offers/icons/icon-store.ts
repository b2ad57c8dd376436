// Icons by the hash of their bytes: our own, ready to be sent, and those of peers, so that none is fetched twice.
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import { type IconHash, iconHashSchema } from '../../../contract/ids.ts';
import { orDiskFull } from '../../lib/disk-full.ts';
import type { Log } from '../../lib/log.ts';
import { type IconType, MAX_ICON_BYTES, readIconType, readSmallFile } from './icon-file.ts';

export interface Icon {
  readonly type: IconType;
  readonly bytes: Uint8Array;
}

export interface IconStore {
  /**
   * Keeps an icon and gives its hash. @throws AppError `too-large`, `bad-input` when it is no icon, `disk-full`
   */
  put(bytes: Uint8Array): Promise<IconHash>;
  /** null for what is not here, or is damaged. */
  get(hash: string): Promise<Icon | null>;
  has(hash: string): boolean;
  /** Those that are never deleted to make room. */
  pin(hashes: ReadonlySet<IconHash>): void;
  readonly sizeBytes: number;
}

export interface IconStoreOptions {
  readonly folder: string;
  readonly log: Log;
  readonly maxTotalBytes?: number;
}

/** Opens the folder, which may be missing, and removes what an interrupted write left. */
export async function startIconStore({
  folder,
  log,
  maxTotalBytes = 64 * 1024 * 1024,
}: IconStoreOptions): Promise<IconStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  /** Oldest first, which is the order of a Map: used again means put at its end. */
  const sizes = await readFolder(folder);
  let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  let pinned: ReadonlySet<string> = new Set();
  const writing = new Map<string, Promise<void>>();

  const forget = async (hash: string): Promise<void> => {
    total -= sizes.get(hash) ?? 0;
    sizes.delete(hash);
    await rm(join(folder, hash), { force: true });
  };
  const makeRoom = async (): Promise<void> => {
    for (const hash of [...sizes.keys()]) {
      if (total <= maxTotalBytes) return;
      if (!pinned.has(hash) && !writing.has(hash)) await forget(hash);
    }
  };
  let nextTemporary = 0;
  const write = async (hash: string, bytes: Uint8Array): Promise<void> => {
    const temporaryPath = join(folder, `${hash}.${nextTemporary++}`);
    try {
      // Without fsync: what a crash tears is noticed by its hash and fetched again.
      await writeFile(temporaryPath, bytes, { mode: 0o600 });
      await rename(temporaryPath, join(folder, hash));
    } catch (error) {
      await rm(temporaryPath, { force: true }).catch(() => {});
      throw orDiskFull(error, folder);
    }
    total += bytes.length - (sizes.get(hash) ?? 0);
    sizes.delete(hash);
    sizes.set(hash, bytes.length);
  };

  return {
    put: async (bytes) => {
      if (bytes.length > MAX_ICON_BYTES) throw new AppError('too-large', { field: 'icon', maxBytes: MAX_ICON_BYTES });
      if (readIconType(bytes) === null) throw new AppError('bad-input', { field: 'icon' });
      const hash = hashOf(bytes);
      const size = sizes.get(hash);
      if (size !== undefined) {
        sizes.delete(hash);
        sizes.set(hash, size);
        const now = new Date();
        await utimes(join(folder, hash), now, now).catch(() => {});
        return hash;
      }
      const running = writing.get(hash) ?? write(hash, bytes).finally(() => writing.delete(hash));
      writing.set(hash, running);
      await running;
      await makeRoom();
      return hash;
    },
    get: async (hash) => {
      if (!sizes.has(hash)) return null;
      const bytes = await readSmallFile(join(folder, hash), MAX_ICON_BYTES).catch(() => null);
      const type = Buffer.isBuffer(bytes) && hashOf(bytes) === hash ? readIconType(bytes) : null;
      if (Buffer.isBuffer(bytes) && type) return { type, bytes };
      log.warn({ hash }, 'icon is damaged or gone');
      await forget(hash).catch(() => {});
      return null;
    },
    has: (hash) => sizes.has(hash),
    pin: (hashes) => {
      pinned = hashes;
    },
    get sizeBytes() {
      return total;
    },
  };
}

function hashOf(bytes: Uint8Array): IconHash {
  return createHash('sha256').update(bytes).digest('hex') as IconHash;
}

async function readFolder(folder: string): Promise<Map<string, number>> {
  const found: { name: string; size: number; usedAt: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Only what a crash between write and rename leaves is removed: the folder may hold what somebody else put there.
    if (/^[0-9a-f]{64}\.\d+$/.test(name)) await rm(path, { force: true });
    if (!iconHashSchema.safeParse(name).success) continue;
    const info = await stat(path).catch(() => null);
    if (info?.isFile()) found.push({ name, size: info.size, usedAt: info.mtimeMs });
  }
  found.sort((a, b) => a.usedAt - b.usedAt);
  return new Map(found.map(({ name, size }) => [name, size]));
}
