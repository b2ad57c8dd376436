// The two files that the private key can lie in: plain in OpenSSH's format, or sealed by the system's key store.
import { chmod, lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { replaceFile } from '../lib/replace-file.ts';
import { generateKey } from '../lib/ssh-key.ts';

export interface Key {
  /** OpenSSH private key text. */
  readonly privateKey: string;
  /** The public key in SSH wire format (RFC 4253 section 6.6). */
  readonly blob: Buffer;
}

const sealedSchema = z.object({
  version: z.literal(1),
  /** The key store's name, for whoever has to find it again. */
  store: z.string().min(1).max(100),
  /** Whose key it is, so that it can be told without the store. It is a claim until the store has opened the rest. */
  publicKey: z.base64().max(200),
  sealed: z.base64().max(100_000),
});

export interface SealedKey {
  readonly store: string;
  readonly publicKey: string;
  readonly sealed: Uint8Array;
}

export interface KeyFiles {
  readonly plainPath: string;
  readonly sealedPath: string;
  /** Null when it is not there. @throws AppError `bad-input` */
  readPlain(): Promise<{ readonly key: Key; readonly isLink: boolean } | null>;
  /** Null when it is not there. @throws AppError `bad-input` */
  readSealed(): Promise<SealedKey | null>;
  /** Resolves when the disk has it and it was read back. */
  writePlain(key: Key): Promise<void>;
  writeSealed(key: SealedKey): Promise<void>;
  removePlain(): Promise<void>;
  removeSealed(): Promise<void>;
  /** Removes what a crash left of an interrupted write. Security: that of the plain file holds the key. */
  removeUnfinished(): Promise<void>;
}

export function keyFilesIn(folder: string): KeyFiles {
  const plainPath = join(folder, 'id_ed25519');
  const sealedPath = join(folder, 'id_ed25519.sealed');
  const readPlain = async () => {
    const text = await readIfThere(plainPath);
    if (text === null) return null;
    const key = parseKey(text);
    if (key !== null) return { key, isLink: (await lstat(plainPath)).isSymbolicLink() };
    throw new AppError('bad-input', {
      where: plainPath,
      why: 'is not an Ed25519 private key in OpenSSH format; put the right file back, or move it away to become a new computer',
    });
  };
  const readSealed = async () => {
    const text = await readIfThere(sealedPath);
    if (text === null) return null;
    const parsed = sealedSchema.safeParse(parseJson(text));
    if (parsed.success) {
      const { store, publicKey, sealed } = parsed.data;
      return { store, publicKey, sealed: Buffer.from(sealed, 'base64') };
    }
    throw new AppError('bad-input', {
      where: sealedPath,
      why: 'is damaged or from a newer version; put the right file or a backup of id_ed25519 back and move this one away',
    });
  };
  return {
    plainPath,
    sealedPath,
    readPlain,
    readSealed,
    writePlain: async (key) => {
      await replaceFile(plainPath, key.privateKey);
      const read = await readPlain();
      if (read?.key.privateKey !== key.privateKey) throw new Error(`${plainPath} is not what was written`);
    },
    writeSealed: ({ store, publicKey, sealed }) => {
      const file = { version: 1, store, publicKey, sealed: Buffer.from(sealed).toString('base64') };
      return replaceFile(sealedPath, `${JSON.stringify(file)}\n`);
    },
    removePlain: () => rm(plainPath, { force: true }),
    removeSealed: () => rm(sealedPath, { force: true }),
    removeUnfinished: async () => {
      for (const path of [plainPath, sealedPath]) await rm(`${path}.tmp`, { force: true });
    },
  };
}

/** Null for anything that is no Ed25519 private key. */
export function parseKey(privateKey: string): Key | null {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error || parsed.type !== 'ssh-ed25519' || !parsed.isPrivateKey()) return null;
  return { privateKey, blob: parsed.getPublicSSH() };
}

export function makeKey(): Key {
  const key = parseKey(generateKey('eBrainPool'));
  if (key === null) throw new Error('the new key cannot be read');
  return key;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    const text = await readFile(path, 'utf8');
    await chmod(path, 0o600);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const isLink = await lstat(path).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    if (!isLink) return null;
    // Security: the disk with the key is not mounted. Taken for "no key", this would become another computer and lose the link.
    const why =
      'is a link to a place that is not there now; mount its disk, or move the link away to become a new computer';
    throw new AppError('bad-input', { where: path, why }, { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
