// The Ed25519 key that this computer is: made on the first run, kept in a private file, in OpenSSH's own format.
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { AppError } from '../../contract/errors.ts';
import { type PeerId, peerIdSchema } from '../../contract/models.ts';
import { replaceFile } from '../lib/replace-file.ts';

export interface Identity {
  readonly id: PeerId;
  /** OpenSSH private key text. Security: never logged, never sent, never in a topic. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA… eBrainPool`, as in an authorized_keys file. */
  readonly publicKey: string;
  /** The private key file, which a stock `ssh -i` can use. */
  readonly privateKeyPath: string;
}

/** The OpenSSH SHA256 fingerprint of a public key in SSH wire format (RFC 4253 section 6.6). */
export function fingerprintOf(keyBlob: Buffer): PeerId {
  const digest = createHash('sha256').update(keyBlob).digest('base64').replace(/=+$/, '');
  return peerIdSchema.parse(`SHA256:${digest}`);
}

/**
 * Reads the identity below the folder, or makes one on the first run. File mode 0600, folder 0700.
 * @throws AppError `bad-input` when the file is there and is no Ed25519 key: it is never overwritten, because it *is* this computer.
 */
export async function openIdentity(folder: string): Promise<Identity> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const privateKeyPath = join(folder, 'id_ed25519');
  let privateKey: string;
  try {
    privateKey = await readFile(privateKeyPath, 'utf8');
    await chmod(privateKeyPath, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    privateKey = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'eBrainPool' }).private;
    await replaceFile(privateKeyPath, privateKey);
  }
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error || parsed.type !== 'ssh-ed25519' || !parsed.isPrivateKey()) {
    throw new AppError('bad-input', {
      where: privateKeyPath,
      why: 'is not an Ed25519 private key in OpenSSH format; put the right file back, or move it away to become a new computer',
    });
  }
  const blob = parsed.getPublicSSH();
  const publicKey = `ssh-ed25519 ${blob.toString('base64')} eBrainPool`;
  await replaceFile(`${privateKeyPath}.pub`, `${publicKey}\n`);
  return { id: fingerprintOf(blob), privateKey, publicKey, privateKeyPath };
}
