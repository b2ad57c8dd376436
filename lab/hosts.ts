// The lab's computers, for specs and measurements that run inside the lab (`npm run lab -- COMMAND`).
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';

const FILLING = 'filling';

/** The names of the lab's computers; empty outside of the lab. */
export function hosts(): readonly string[] {
  return process.env['EBP_LAB_HOSTS']?.split(' ') ?? [];
}

export function isInLab(): boolean {
  return process.env['EBP_LAB'] === '1';
}

/**
 * Starts a program on a computer, as its ordinary user (uid 1000, without capabilities). The child is the program
 * itself, so signals reach it; file descriptors, working directory and `options.env` are passed on, except that
 * HOME, USER, LOGNAME, TMPDIR and XDG_RUNTIME_DIR are that computer's.
 */
export function spawnOn(host: string, argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn('/run/lab/bin/on', [host, ...argv], options);
}

/** A connection to a Unix socket, made by a program on that computer: cores answer nobody from elsewhere. */
export function connectOn(host: string, path: string): Duplex {
  return streamOf(spawnOn(host, ['socat', '-', `UNIX-CONNECT:${path}`], { stdio: ['pipe', 'pipe', 'ignore'] }));
}

/** Standard input and output of a program that has both as pipes. It ends with the stream. */
export function streamOf(child: ChildProcess): Duplex {
  if (child.stdin === null || child.stdout === null) throw new Error('the program has no pipes');
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  return stream.once('close', () => child.kill());
}

/** A folder that only this computer uses: `home` survives until the lab ends, `run` is its XDG_RUNTIME_DIR. */
export function folderOf(host: string, kind: 'home' | 'run' | 'tmp'): string {
  return `/run/lab/${host}/${kind}`;
}

/** The path of a program that runs `program` on a computer: for tools that want a path, such as Playwright's `executablePath`. */
export function programOn(host: string, program: string): string {
  const path = `/run/lab/${host}/on-${program.replaceAll('/', '-')}`;
  writeFileSync(path, `#!/bin/sh\nexec /run/lab/bin/on ${host} '${program}' "$@"\n`, { mode: 0o755 });
  return path;
}

/** Takes a computer's cable out: its network card loses the carrier, its addresses stay. */
export function cutCable(host: string): void {
  execFileSync('/run/lab/bin/cut', [host]);
}

export function mendCable(host: string): void {
  execFileSync('/run/lab/bin/mend', [host]);
}

/** Fills the disk that a computer's home lies on to its last page; `freeDisk` gives it room again. */
export function fillDisk(host: string): void {
  const home = folderOf(host, 'home');
  const { blocks, bfree, bsize } = statfsSync(home);
  const usedBytes = (blocks - bfree) * bsize;
  execFileSync('mount', ['-o', `remount,size=${usedBytes + 64 * 1024}`, home]);
  const page = Buffer.alloc(bsize);
  try {
    for (;;) appendFileSync(join(home, FILLING), page);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

export function freeDisk(host: string): void {
  const home = folderOf(host, 'home');
  execFileSync('mount', ['-o', 'remount,size=50%', home]);
  rmSync(join(home, FILLING), { force: true });
}

/** A computer's address in the lab's network. */
export function addressOf(host: string, family: 4 | 6 = defaultFamily()): string {
  const number = Number(readFileSync(`/run/lab/${host}.number`, 'utf8')) + 10;
  return family === 4 ? `192.168.77.${number}` : `fd00:77::${number}`;
}

function defaultFamily(): 4 | 6 {
  return process.env['EBP_LAB_FAMILIES']?.includes('4') ? 4 : 6;
}
