// Memory and processor time of processes, out of /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** The proportional set size in MiB: memory that is shared counts for each of its users in part (proc(5)). */
export function pssMiB(pid: number): number {
  return field(readText(`/proc/${pid}/smaps_rollup`), 'Pss') / 1024;
}

export function rssMiB(pid: number): number {
  return field(readText(`/proc/${pid}/status`), 'VmRSS') / 1024;
}

/** User and system time so far. */
export function cpuSeconds(pid: number): number {
  const fields = readText(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The process and everything that came from it. The lab's /proc has the lab's processes only. */
export function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const child of allPids()) {
    const parent = Number(readText(`/proc/${child}/stat`).split(') ')[1]?.split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found = [pid];
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}

export function nameOf(pid: number): string {
  return readText(`/proc/${pid}/comm`).trim();
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

export const isThere = (pid: number) => nameOf(pid) !== '';

/** Empty for a process that has ended meanwhile. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);
}
