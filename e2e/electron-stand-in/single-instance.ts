// Electron's single-instance lock: one process for each userData folder; a second one sends its arguments to the first.
import { readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Takes the lock, or tells the process that has it and returns false. `onSecond` is called for each later process. */
export function isFirstInstance(folder: string, onSecond: (argv: string[], cwd: string) => void): boolean {
  const lock = join(folder, 'stand-in.lock');
  const note = join(folder, 'stand-in.second-instance');
  const holder = readOrNull(lock);
  if (holder !== null && holder !== self() && holder === describe(Number(holder.split(' ')[0]))) {
    writeFileSync(`${note}.new`, JSON.stringify({ argv: process.argv, cwd: process.cwd() }));
    renameSync(`${note}.new`, note);
    return false;
  }
  writeFileSync(lock, self());
  watch(folder, { persistent: false }, (_type, name) => {
    if (name !== 'stand-in.second-instance') return;
    const text = readOrNull(note);
    if (text === null) return;
    rmSync(note, { force: true });
    const { argv, cwd } = JSON.parse(text);
    onSecond(argv, cwd);
  });
  return true;
}

function self(): string {
  return describe(process.pid) ?? String(process.pid);
}

/** The process id and when it started (proc_pid_stat(5), field 22), so that a reused id is not taken for the holder. */
function describe(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  return stat === null ? null : `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
