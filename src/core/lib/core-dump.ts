// Keeps what is in memory out of the core dumps that a system writes or collects when a process crashes.
import { writeFile } from 'node:fs/promises';

/** Headers of mapped files only (core(5)): enough to see where it crashed, and nothing that the process knew. */
const FILTER = '0x10';

/**
 * Holds for this process and for those that it starts from now on, also where a program collects the dumps. Only on Linux;
 * where it cannot be set, dumps are as the system makes them.
 */
export async function keepMemoryOutOfCoreDumps(): Promise<void> {
  // Security: the private key and the keys of connections are in memory.
  if (process.platform === 'linux') await writeFile('/proc/self/coredump_filter', FILTER).catch(() => {});
}
