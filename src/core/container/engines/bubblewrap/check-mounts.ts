// Whether what a sandbox was given is what was looked at.
import { lstat } from 'node:fs/promises';
import { AppError } from '../../../../contract/errors.ts';
import type { SandboxMount } from '../../engine.ts';

/**
 * Security: bwrap mounts what lies at a path at that instant. A program of another session may write to a folder that is shared and
 * exchange what lies in it meanwhile; so what is there is compared with what was looked at, before a program of the peer runs.
 * @param root of the sandbox, as this computer reaches it
 * @throws AppError `container-failed`
 */
export async function checkMounts(root: string, mounts: readonly SandboxMount[]): Promise<void> {
  for (const { target, identity } of mounts) {
    const there = await lstat(`${root}${target}`, { bigint: true }).catch(() => null);
    if (there?.dev !== identity.device || there.ino !== identity.inode)
      throw new AppError('container-failed', { why: `the folder ${target} was exchanged while it was mounted` });
  }
}
