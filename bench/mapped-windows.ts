// Tells when a top-level window is mapped on an X display: the X server's own MapNotify events, by way of xev(1).
import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { spawnOn } from '../lab/hosts.ts';
import { endChild } from './computers.ts';

export interface MappedWindows extends AsyncDisposable {
  /** Resolves with the time (as `performance.now`) at which the first window whose name or class matches was mapped after this call. */
  next(pattern: RegExp): Promise<number>;
}

const TIMEOUT_MS = 30_000;
const run = promisify(execFile);

/** Watches the root window of a display on which no window manager runs. */
export async function watchMappedWindows(host: string, display: string): Promise<MappedWindows> {
  const env = { ...process.env, DISPLAY: display };
  const child = spawnOn(host, ['stdbuf', '-oL', 'xev', '-root', '-event', 'substructure'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env,
  });
  if (child.stdout === null) throw new Error('xev has no stdout');
  const listeners = new Set<(id: string, at: number) => void>();
  let isMap = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const at = performance.now();
    if (line.startsWith('MapNotify')) isMap = true;
    const id = /window (0x[0-9a-f]+), override/.exec(line)?.[1];
    if (!isMap || id === undefined) return;
    isMap = false;
    for (const listener of listeners) listener(id, at);
  });
  /** Who it is is asked afterwards and costs the measurement nothing. */
  const nameOf = (id: string) =>
    run('/run/lab/bin/on', [host, 'xprop', '-id', id, 'WM_NAME', 'WM_CLASS'], { env, timeout: 5000 }).then(
      ({ stdout }) => stdout,
      () => '',
    );
  return {
    next: (pattern) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const timer = setTimeout(() => reject(new Error(`no window ${pattern} was mapped`)), TIMEOUT_MS);
      const listener = (id: string, at: number) => {
        void nameOf(id).then((name) => pattern.test(name) && resolve(at));
      };
      listeners.add(listener);
      return promise.finally(() => {
        clearTimeout(timer);
        listeners.delete(listener);
      });
    },
    [Symbol.asyncDispose]: () => endChild(child),
  };
}
