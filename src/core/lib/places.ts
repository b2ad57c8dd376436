// Where the files of one profile lie: the lasting ones, and the short-lived sockets and sandboxes with their short path.
import { createHash } from 'node:crypto';
import { access, constants, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';

/** Sockets' paths have at most 107 bytes, so the folder's name is a digest of the profile's. */
export function runtimeDirOf(
  profileDir: string,
  env: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): string {
  const name = createHash('sha256').update(profileDir).digest('hex').slice(0, 12);
  if (isRoot) return join('/run/ebrainpool', name);
  const base = env['XDG_RUNTIME_DIR'];
  // A folder that is long by itself would leave no room for the sockets.
  if (base?.startsWith('/') && base.length < 40) return join(base, 'ebrainpool', name);
  return join(tmpdir().length < 40 ? tmpdir() : '/tmp', `ebrainpool-${process.getuid?.() ?? 0}`, name);
}

/** Why a folder cannot be a profile, in words for a person. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it can only be read',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'a part of the path is a file',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'the disk is full',
};

/** Makes the profile folder (mode 0700) where it is not there, and the one of the logs. @throws AppError `profile-unusable` */
export async function makeProfile(profileDir: string): Promise<void> {
  try {
    await mkdir(join(profileDir, 'logs'), { recursive: true, mode: 0o700 });
    for (const path of [profileDir, join(profileDir, 'logs')])
      await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new AppError(
      'profile-unusable',
      { path: profileDir.slice(0, 500), why: REASONS[code] ?? message.slice(0, 300) },
      { cause: error },
    );
  }
}
