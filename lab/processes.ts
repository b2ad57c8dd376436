// What runs on a computer of the lab and which ports are open there, read from the kernel and not from eBrainPool.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cutCable, mendCable } from './hosts.ts';

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
  return sandboxesOf(host).map(({ command }) => command);
}

function sandboxesOf(host: string): readonly Process[] {
  const processes = readProcesses();
  const own = readlinkSync('/proc/self/ns/pid');
  const isOf = (process: Process): boolean => {
    for (let at: Process | undefined = process; at !== undefined; at = processes.get(at.parent)) {
      if (/^\S*bwrap /.test(at.command) && at.command.includes('/run/lab/'))
        return at.command.includes(`/run/lab/${host}/`);
    }
    return true;
  };
  return (
    [...processes.values()]
      .filter((process) => process.pidNamespace !== own || /^\S*bwrap /.test(process.command))
      // Electron's renderers are in PID namespaces of its own sandbox.
      .filter((process) => !isOfElectron(process))
      .filter(isOf)
  );
}

/** Whether it is one of Electron’s helper processes; the one with the core in it is not. */
function isOfElectron({ command }: Process): boolean {
  return /^\S*\/(electron|ebrainpool) --type=/.test(command);
}

/** Commands of everything else that this computer runs, without its Chromium, its desktop and what keeps it up. */
export function processesOf(host: string): readonly string[] {
  const network = readlinkSync(`/proc/${keeperOf(host)}/ns/net`);
  return [...readProcesses().values()]
    .filter((process) => process.netNamespace === network && !isOfElectron(process))
    .map(({ command }) => command)
    .filter((command) => !/chromium|^sleep infinity|crashpad|^Xvfb |^openbox --sm-disable|^dbus-daemon /.test(command));
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

/** Connections that this computer still holds open with an address. */
export function connectionsTo(host: string, address: string): number {
  // proc(5): words of four bytes in the byte order of the machine, here a little-endian one; 01 is ESTABLISHED, 08 CLOSE_WAIT.
  const words = address.includes(':')
    ? inFull(address)
    : [
        address
          .split('.')
          .map((part) => Number(part).toString(16).padStart(2, '0'))
          .join(''),
      ];
  const hex = words
    .map((word) => word.match(/../g)?.reverse().join(''))
    .join('')
    .toUpperCase();
  return ['tcp', 'tcp6']
    .flatMap((table) =>
      readFileSync(`/proc/${keeperOf(host)}/net/${table}`, 'utf8')
        .split('\n')
        .slice(1),
    )
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , remote = '', state = '']) => (state === '01' || state === '08') && remote.split(':')[0]?.endsWith(hex),
    ).length;
}

/** The four words of an IPv6 address. */
function inFull(address: string): string[] {
  const [head = '', tail = ''] = address.split('::').map((part) =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => group.padStart(4, '0'))
      .join(''),
  );
  return (head + '0'.repeat(32 - head.length - tail.length) + tail).match(/.{8}/g) ?? [];
}

/** Processes of this computer outside of sandboxes, by their command line. */
export function pidsOf(host: string, command: RegExp): readonly number[] {
  const network = readlinkSync(`/proc/${keeperOf(host)}/ns/net`);
  return [...readProcesses().values()]
    .filter((process) => process.netNamespace === network && command.test(process.command))
    .map(({ pid }) => pid);
}

function keeperOf(host: string): string {
  return readFileSync(`/run/lab/${host}/pid`, 'utf8').trim();
}

/**
 * Puts a computer to sleep: its cable is dead, and every process of it stands still, sandboxes and browser included.
 * @returns what wakes it up
 */
export function sleepOn(host: string): () => void {
  const keeper = keeperOf(host);
  const network = readlinkSync(`/proc/${keeper}/ns/net`);
  const stopped = new Set<number>();
  cutCable(host);
  // Repeated until nothing new is found: a process may just have started others.
  for (let isNew = true; isNew; ) {
    isNew = false;
    const own = [...readProcesses().values()].filter(({ netNamespace }) => netNamespace === network);
    for (const { pid } of [...own, ...sandboxesOf(host)]) {
      if (stopped.has(pid) || String(pid) === keeper) continue;
      stopped.add(pid);
      signal(pid, 'SIGSTOP');
      isNew = true;
    }
  }
  return () => {
    mendCable(host);
    for (const pid of stopped) signal(pid, 'SIGCONT');
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
