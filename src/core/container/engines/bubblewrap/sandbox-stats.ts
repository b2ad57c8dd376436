// What runs in a sandbox, read from proc(5): its ports, its memory, its processes.
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { SandboxStats } from '../../engine.ts';
import { parseListeningPorts } from './listening-ports.ts';

/** @param pid of a process in it, as this computer numbers it */
export async function readListeningPorts(pid: number): Promise<readonly number[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  );
  return [...new Set(tables.flatMap(parseListeningPorts))].sort((a, b) => a - b);
}

/** @param pidNamespace its inode number (pid_namespaces(7)) */
export async function readStats(pidNamespace: number): Promise<SandboxStats> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const namespace = await readlink(`/proc/${pid}/ns/pid`).catch(() => '');
      if (namespace !== `pid:[${pidNamespace}]`) return undefined;
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
      return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
    }),
  );
  const own = sizes.filter((size) => size !== undefined);
  return { memoryBytes: own.reduce((sum, size) => sum + size, 0), processCount: own.length };
}
