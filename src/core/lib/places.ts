// Where the short-lived files of one profile lie: sockets and sandboxes, private, with a short path.
import { createHash } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

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
  return join(tmpdir().length < 40 ? tmpdir() : '/tmp', `ebrainpool-${userInfo().uid}`, name);
}
