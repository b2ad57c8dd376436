// Replaces a private file as a whole: after a crash or on a full disk it holds the old content or the new, never a part.
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { orDiskFull } from './disk-full.ts';

/**
 * Writes the text to `<path>.tmp` (mode 0600, in a folder of mode 0700), and renames that when the disk has it. The caller
 * writes one path at a time. A `.tmp` left by a crash is replaced by the next write.
 *
 * Not write-file-atomic: version 8 calls `fs.write` once and ignores how much was written, so a disk that fills up during the
 * write leaves a truncated file under the real name (seen on a tmpfs; https://github.com/coder/xum/pull/4282 tells the same).
 * @throws AppError `disk-full`, otherwise the error of the file system; the file is as before.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  // A symbolic link stays one: its target is replaced.
  const target = await realpath(path).catch(() => path);
  const temporaryPath = `${target}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Removed first, so that the mode holds and a link in its place is not followed.
    await rm(temporaryPath, { force: true });
    const file = await open(temporaryPath, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporaryPath, target);
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch(() => {});
    throw orDiskFull(error, dirname(path));
  }
  await syncFolder(dirname(target));
}

/** Makes the rename itself last. Windows cannot open folders, and some file systems cannot sync them: the content is safe anyway. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // The content is safe without it.
  }
}
