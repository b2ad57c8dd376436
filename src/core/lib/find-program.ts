// Where a program of this computer is.
import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** PATH as this process was given it, and where a distribution puts programs: a service's PATH has few of these. */
const OWN_FOLDERS = [
  ...new Set([...(process.env['PATH'] ?? '').split(':'), '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']),
].filter((folder) => isAbsolute(folder));

/**
 * The absolute path of a program that is there and may be executed, or null. A name is looked up in `folders`; a relative
 * path with a slash is nothing, for it would depend on where this process was started.
 */
export async function findProgram(program: string, folders: readonly string[] = OWN_FOLDERS): Promise<string | null> {
  if (isAbsolute(program)) return (await isExecutable(program)) ? program : null;
  if (program === '' || program.includes('/')) return null;
  for (const folder of folders) {
    const path = join(folder, program);
    if (await isExecutable(path)) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // A name with a NUL or a path that is too long is a program that is not there.
    return false;
  }
}
