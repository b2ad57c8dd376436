// What runs on a computer of the lab and which ports are open there, read from the kernel and not from eBrainPool.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly pidNamespace: string;
  readonly netNamespace: string;
}

function readProcesses(): ReadonlyMap<number, Process> {
  const found = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      if (/^State:\s+Z/m.test(status)) continue;
      found.set(Number(name), {
        pid: Number(name),
        parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]),
        command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
        pidNamespace: readlinkSync(`/proc/${name}/ns/pid`),
        netNamespace: readlinkSync(`/proc/${name}/ns/net`),
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/**
 * Commands of the processes inside of sandboxes of a computer, bwrap itself included. A sandbox is a PID namespace below the lab's;
 * one whose bwrap is gone belongs to nobody and is counted for every computer.
 */
export function sandboxProcesses(host: string): readonly string[] {
  const processes = readProcesses();
  const own = readlinkSync('/proc/self/ns/pid');
  const isOf = (process: Process): boolean => {
    for (let at: Process | undefined = process; at !== undefined; at = processes.get(at.parent)) {
      if (/^\S*bwrap /.test(at.command) && at.command.includes('/run/lab/'))
        return at.command.includes(`/run/lab/${host}/`);
    }
    return true;
  };
  return [...processes.values()]
    .filter((process) => process.pidNamespace !== own || /^\S*bwrap /.test(process.command))
    .filter(isOf)
    .map(({ command }) => command);
}

/** Commands of everything else that this computer runs, without its Chromium and what keeps it up. */
export function processesOf(host: string): readonly string[] {
  const network = readlinkSync(`/proc/${keeperOf(host)}/ns/net`);
  return [...readProcesses().values()]
    .filter((process) => process.netNamespace === network)
    .map(({ command }) => command)
    .filter((command) => !/chromium|^sleep infinity|crashpad/.test(command));
}

/** TCP ports on which something listens; those of the loopback are not seen from outside and are left out. */
export function openPorts(host: string): readonly number[] {
  const ports = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${keeperOf(host)}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // proc(5): 0A is LISTEN; addresses are in the byte order of the machine.
      .filter(([, local = '', , state]) => state === '0A' && !/^(0100007F|0{24}01000000):/.test(local))
      .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)),
  );
  return [...new Set(ports)].sort((one, other) => one - other);
}

function keeperOf(host: string): string {
  return readFileSync(`/run/lab/${host}/pid`, 'utf8').trim();
}
