// Removes a folder that a program in a sandbox could write to: it may have taken away the permission to look into it.
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes everything below and the folder itself. Symbolic links are removed and never followed. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await openFolders(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function openFolders(path: string): Promise<void> {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    // `isDirectory` is false for a symbolic link to one.
    if (entry.isDirectory()) await openFolders(join(path, entry.name));
  }
}
