// Starts real ends of the peer connection in processes of their own, with a well-behaved peer on each, and measures how they are.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endChild, firstMatch, root } from '../../bench/computers.ts';
import { type Identity, openIdentity } from '../../src/core/identity/identity.ts';

export interface AttackedEnd extends AsyncDisposable {
  /** The longest that a well-behaved peer has waited for an answer since the last question, without what a busy computer added (queued.ts). */
  worstMs(): Promise<number>;
  /** Resident memory, in MiB. */
  residentMiB(): Promise<number>;
  /** Memory that is in use after garbage collection, in MiB. */
  keptMiB(): Promise<number>;
  /** Processor time since it started, in milliseconds. */
  cpuMs(): Promise<number>;
}

/** Whom a well-behaved visitor visits. */
export interface GoodHost {
  readonly port: number;
  readonly pid: number;
}

export interface HostEnd extends AttackedEnd, GoodHost {
  /** A key that may visit it. */
  readonly mallory: Identity;
}

export interface VisitorEnd extends AttackedEnd {
  /** Has it visit a host that may be hostile. */
  visit(port: number): void;
}

/** The peer port, with so many open files at most, and a visitor who has a session there, in a process of its own as well. */
export async function startHostEnd(folder: string, maxFiles = 1024): Promise<HostEnd> {
  await using stack = new AsyncDisposableStack();
  const child = startEnd(maxFiles, 'host', join(folder, 'bob'));
  stack.defer(() => endChild(child));
  const port = Number((await firstMatch(child, /^ready \d+$/)).split(' ')[1]);
  const alice = stack.use(await startVisitorEnd(folder, { port, pid: child.pid as number }, 'alice'));
  const ask = questioner(child);
  const mallory = await openIdentity(join(folder, 'mallory'));
  const kept = stack.move();
  return {
    port,
    pid: child.pid as number,
    mallory,
    worstMs: alice.worstMs,
    keptMiB: () => ask('kept'),
    residentMiB: () => residentMiB(child),
    cpuMs: () => cpuMs(child),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A visitor that has a session at a good host. */
export async function startVisitorEnd(folder: string, good: GoodHost, name = 'carol'): Promise<VisitorEnd> {
  await using stack = new AsyncDisposableStack();
  const child = startEnd(1024, 'visitor', join(folder, name), String(good.port), String(good.pid));
  stack.defer(() => endChild(child));
  await firstMatch(child, /^ready$/);
  const ask = questioner(child);
  const kept = stack.move();
  return {
    visit: (port) => child.stdin?.write(`${port}\n`),
    worstMs: () => ask('worst'),
    keptMiB: () => ask('kept'),
    residentMiB: () => residentMiB(child),
    cpuMs: () => cpuMs(child),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Waits for the line in which a process tells a number after this word, when it was asked for it. @throws when it says `failed` instead */
export function questioner(child: ChildProcess): (word: string, ask?: () => void) => Promise<number> {
  const lines = createInterface({ input: child.stdout as never });
  return async (word, ask = () => child.stdin?.write(`${word}\n`)) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timer = setTimeout(() => reject(new Error(`"${word}" was not answered`)), 20_000);
    const take = (line: string) => {
      if (line.startsWith('failed ')) reject(new Error(line));
      if (line.startsWith(`${word} `)) resolve(Number(line.slice(word.length + 1)));
    };
    lines.on('line', take);
    ask();
    return promise.finally(() => {
      clearTimeout(timer);
      lines.off('line', take);
    });
  };
}

function startEnd(maxFiles: number, ...args: readonly string[]): ChildProcess {
  const script = join(root, 'e2e/attacks/peer-end.ts');
  return spawn(
    'sh',
    ['-c', `ulimit -n ${maxFiles}; exec "$0" "$@"`, process.execPath, '--expose-gc', script, ...args],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
}

export async function residentMiB(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** proc(5): utime and stime, in ticks of which Linux has 100 in a second. */
export async function cpuMs(child: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
