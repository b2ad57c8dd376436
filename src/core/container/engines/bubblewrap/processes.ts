// Ends processes of this computer, and the sandboxes that a killed core left behind.
import { readdir, readFile } from 'node:fs/promises';
import type { Log } from '../../../lib/log.ts';
import { removeTree } from '../../../lib/remove-tree.ts';

/** The folder of its small files is in the command line of every bwrap of ours, and of nobody else's. */
export async function endLeftovers(folder: string, log: Log): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!words[0]?.endsWith('bwrap') || !words.some((word) => word.startsWith(`${folder}/`))) continue;
    log.warn({ pid }, 'a sandbox was left and is ended');
    killIfThere(Number(pid));
  }
  await removeTree(folder).catch((error) => log.warn({ error: String(error) }, 'old sandboxes not removed'));
}

export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
