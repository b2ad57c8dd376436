// The Ed25519 key that this computer is: made on the first run, kept sealed by the system's key store where there is one.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { type PeerId, peerIdSchema } from '../../contract/ids.ts';
import { orDiskFull } from '../lib/disk-full.ts';
import { type Log, silentLog } from '../lib/log.ts';
import { replaceFile } from '../lib/replace-file.ts';
import { type Followable, State } from '../lib/state.ts';
import { type Key, type KeyFiles, keyFilesIn, makeKey, parseKey, type SealedKey } from './key-files.ts';
import type { SecretStore } from './secret-store.ts';

/** Where the private key lies. */
export type KeyPlace =
  | { readonly kind: 'store'; readonly store: string }
  | {
      readonly kind: 'file';
      /**
       * `no-store`: this shell has none; `no-system-store`: the system gave it none; `chosen`: the person wants it so;
       * `linked`: the file is a link to a place that the person chose; `failed`: sealing or unsealing did not succeed.
       */
      readonly why: 'no-store' | 'no-system-store' | 'chosen' | 'linked' | 'failed';
    };

/** The private key as a file for a stock `ssh -i`, until it is disposed. */
export interface LentKey extends AsyncDisposable {
  readonly path: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Identity {
  readonly id: PeerId;
  /** OpenSSH private key text. Security: never logged, never sent, never in a topic. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA… eBrainPool`, as in an authorized_keys file. */
  readonly publicKey: string;
  readonly place: Followable<KeyPlace>;
  /** Seals the key where that is possible, or puts it back into a plain file; `place` tells what came of it. */
  setSealed(isSealed: boolean): Promise<void>;
  /** A private copy of the key (mode 0600) in the folder for short-lived files. @throws AppError `disk-full` */
  lendKey(): Promise<LentKey>;
}

export interface IdentityOptions {
  /** Null where the shell has no key store. */
  readonly store: SecretStore | null;
  /** Whether the person wants the key sealed where that is possible. */
  readonly isSealed: boolean;
  /** Lent keys lie here: below the runtime folder, which is in memory on most systems and gone after a restart. */
  readonly lentDir: string;
  readonly log: Log;
}

/** The OpenSSH SHA256 fingerprint of a public key in SSH wire format (RFC 4253 section 6.6). */
export function fingerprintOf(keyBlob: Buffer): PeerId {
  const digest = createHash('sha256').update(keyBlob).digest('base64').replace(/=+$/, '');
  return peerIdSchema.parse(`SHA256:${digest}`);
}

/**
 * Reads the identity below the folder, or makes one on the first run. Files have mode 0600, the folder 0700.
 * A key that is there is never overwritten or lost, because it *is* this computer: at any instant a good file of it is on the disk.
 * @throws AppError `bad-input` when a file is there and is no key, `key-sealed` when this shell cannot open it, `key-store-locked`
 * when the store does not, `key-conflict` when the plain and the sealed file hold different keys
 */
export async function openIdentity(folder: string, options: Partial<IdentityOptions> = {}): Promise<Identity> {
  const { store = null, isSealed = true, lentDir = join(folder, 'lent'), log = silentLog } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Security: copies that a crash has left.
  await rm(lentDir, { recursive: true, force: true });
  const files = keyFilesIn(folder);
  await files.removeUnfinished();

  const key = (await findKey(files, store, log)) ?? makeKey();
  const place = new State<KeyPlace>(await settle(files, key, store, isSealed, log));
  const publicKey = `ssh-ed25519 ${key.blob.toString('base64')} eBrainPool`;
  await replaceFile(`${files.plainPath}.pub`, `${publicKey}\n`);

  let last: Promise<void> = Promise.resolve();
  return {
    id: fingerprintOf(key.blob),
    privateKey: key.privateKey,
    publicKey,
    place,
    setSealed: (isWanted) => {
      last = last.then(async () => {
        try {
          place.set(await settle(files, key, store, isWanted, log));
        } catch (error) {
          log.error({ error: String(error) }, 'the key stays where it is');
          if (place.value.kind === 'file') place.set({ kind: 'file', why: 'failed' });
        }
      });
      return last;
    },
    lendKey: async () => {
      await mkdir(lentDir, { recursive: true, mode: 0o700 });
      const path = join(lentDir, randomBytes(4).toString('hex'));
      const lent: LentKey = { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
      try {
        await writeFile(path, key.privateKey, { mode: 0o600, flag: 'wx' });
      } catch (error) {
        await lent[Symbol.asyncDispose]();
        throw orDiskFull(error, path);
      }
      return lent;
    },
  };
}

/** The key that is there, or null on the first run. Changes no file but a sealed one that its store wants renewed. */
async function findKey(files: KeyFiles, store: SecretStore | null, log: Log): Promise<Key | null> {
  const plain = await files.readPlain();
  const sealed = await files.readSealed();
  if (plain !== null) {
    if (sealed !== null && sealed.publicKey !== plain.key.blob.toString('base64')) throw conflict(files);
    return plain.key;
  }
  if (sealed === null) return null;
  const params = { path: files.sealedPath, store: sealed.store };
  if (store === null) throw new AppError('key-sealed', params);
  const name = await store.prepare();
  if (name === null) throw new AppError('key-store-locked', params);
  const { key, isRenewalDue } = await openSealed(files, sealed, store).catch((error) => {
    if (error instanceof AppError) throw error;
    // What a store says may hold anything: it goes to the log, and the person is told what to do.
    log.error({ error: String(error) }, 'the key store did not open the key');
    throw new AppError('key-store-locked', params, { cause: error });
  });
  if (isRenewalDue) {
    await seal(files, key, store, name).catch((error) => log.warn({ error: String(error) }, 'the key was not renewed'));
  }
  return key;
}

/**
 * Brings the key to where it shall lie. Each step follows only when the one before is on the disk and was read back.
 * @throws AppError `key-conflict`, `bad-input`, and what the file system throws when the key lies nowhere yet
 */
async function settle(
  files: KeyFiles,
  key: Key,
  store: SecretStore | null,
  isSealed: boolean,
  log: Log,
): Promise<KeyPlace> {
  try {
    const plain = await files.readPlain();
    const sealed = await files.readSealed();
    if (!isSealed) return await unseal(files, key, store, plain !== null, sealed);
    if (plain?.isLink) return { kind: 'file', why: 'linked' };
    if (plain === null && sealed !== null) return { kind: 'store', store: sealed.store };
    const name = (await store?.prepare()) ?? null;
    if (store !== null && name !== null) {
      if (sealed === null || !(await isOpenedTo(files, key, sealed, store))) await seal(files, key, store, name);
      await files.removePlain();
      return { kind: 'store', store: name };
    }
    if (plain === null) await files.writePlain(key);
    return { kind: 'file', why: store === null ? 'no-store' : 'no-system-store' };
  } catch (error) {
    if (error instanceof AppError && error.code !== 'disk-full') throw error;
    log.error({ error: String(error) }, 'the key was not moved');
  }
  if ((await files.readPlain()) !== null) return { kind: 'file', why: 'failed' };
  const sealed = await files.readSealed().catch(() => null);
  if (sealed !== null && store !== null && (await isOpenedTo(files, key, sealed, store))) {
    return { kind: 'store', store: sealed.store };
  }
  await files.writePlain(key);
  return { kind: 'file', why: 'failed' };
}

async function unseal(
  files: KeyFiles,
  key: Key,
  store: SecretStore | null,
  hasPlain: boolean,
  sealed: SealedKey | null,
): Promise<KeyPlace> {
  if (!hasPlain) await files.writePlain(key);
  // One that cannot be opened now stays: it does no harm, and it may be somebody's only copy of another key.
  if (sealed !== null && store !== null && (await store.prepare()) !== null) {
    if (await isOpenedTo(files, key, sealed, store)) await files.removeSealed();
  }
  return { kind: 'file', why: 'chosen' };
}

/** Writes the sealed file, and resolves when what the disk has was opened to the same key. */
async function seal(files: KeyFiles, key: Key, store: SecretStore, name: string): Promise<void> {
  const sealed = await store.seal(key.privateKey);
  // Before the file is touched: a good one must not be replaced by what cannot be opened.
  if ((await store.open(sealed)).secret !== key.privateKey) throw new Error('the key store gives back something else');
  await files.writeSealed({ store: name, publicKey: key.blob.toString('base64'), sealed });
  const read = await files.readSealed();
  if (read === null || (await store.open(read.sealed)).secret !== key.privateKey) {
    throw new Error(`${files.sealedPath} is not what was written`);
  }
}

/** Whether the sealed file holds this key; false also when the store does not open it. @throws AppError `key-conflict` */
async function isOpenedTo(files: KeyFiles, key: Key, sealed: SealedKey, store: SecretStore): Promise<boolean> {
  const opened = await store.open(sealed.sealed).catch(() => null);
  const other = opened === null ? null : parseKey(opened.secret);
  if (other !== null && !other.blob.equals(key.blob)) throw conflict(files);
  return other !== null;
}

async function openSealed(
  files: KeyFiles,
  sealed: SealedKey,
  store: SecretStore,
): Promise<{ readonly key: Key; readonly isRenewalDue: boolean }> {
  const { secret, isRenewalDue } = await store.open(sealed.sealed);
  const key = parseKey(secret);
  if (key !== null && key.blob.toString('base64') === sealed.publicKey) return { key, isRenewalDue };
  throw new AppError('bad-input', {
    where: files.sealedPath,
    why: 'does not hold the key that it names; put the right file or a backup of id_ed25519 back and move this one away',
  });
}

function conflict(files: KeyFiles): AppError {
  return new AppError('key-conflict', { plain: files.plainPath, sealed: files.sealedPath });
}
