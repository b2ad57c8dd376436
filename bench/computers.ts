// Computers of the lab with a real core on each, and what is watched on them.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectOn, folderOf, spawnOn } from '../lab/hosts.ts';
import { type Client, createClient } from '../src/contract/client.ts';
import type { TopicName, TopicValue } from '../src/contract/contract.ts';
import { createLinePort } from '../src/contract/line-port.ts';
import { coreFileName, coreFileSchema, maxLocalLineBytes } from '../src/contract/profile.ts';

export const root = resolve(import.meta.dirname, '..');
const READY_TIMEOUT_MS = 30_000;

export interface Computer extends AsyncDisposable {
  readonly host: string;
  /** A client of the core's local socket, as the CLI is. */
  readonly client: Client;
  /** The page's address, with a token. */
  readonly url: string;
  readonly pid: number;
  readonly profileDir: string;
  /** From the start of the process until it says that it is ready. */
  readonly startMs: number;
}

/** Starts the browser shell on a computer of the lab, with the demo's applications, and resolves when it is ready. */
export async function startComputer(
  host: string,
  options: { readonly display?: string; readonly profile?: string } = {},
): Promise<Computer> {
  const home = folderOf(host, 'home');
  cpSync(join(root, 'scripts/demo-apps/applications'), join(home, '.local/share/applications'), { recursive: true });
  const profileDir = join(home, options.profile ?? 'profile');
  const name = host.charAt(0).toUpperCase() + host.slice(1);
  const argv = [process.execPath, join(root, 'src/headless/main.ts'), '--profile', profileDir, '--port', '0'];
  const startedAt = performance.now();
  const child = spawnOn(host, [...argv, '--no-open', '--name', name, '--share-all'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...(options.display === undefined ? {} : { DISPLAY: options.display }) },
  });
  const url = await firstMatch(child, /http:\/\/127\.0\.0\.1:\d+\/\S*/);
  const startMs = performance.now() - startedAt;
  const client = await connectClient(profileDir, (path) => connectOn(host, path));
  return {
    host,
    client,
    url,
    pid: child.pid as number,
    profileDir,
    startMs,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await endChild(child);
    },
  };
}

/** A client of the core that runs with this profile. `dial` connects to its socket from beside it: cores answer nobody from elsewhere. */
export async function connectClient(profileDir: string, dial: (path: string) => Duplex): Promise<Client> {
  const file = coreFileSchema.parse(JSON.parse(readFileSync(join(profileDir, coreFileName), 'utf8')));
  const client = createClient(createLinePort(dial(file.socketPath), { maxLineBytes: maxLocalLineBytes }));
  await client.ready;
  return client;
}

/** Resolves with the first value that `pick` finds in the topic, now or later. */
export function waitFor<T extends TopicName, V>(
  client: Client,
  topic: T,
  pick: (value: TopicValue<T>) => V | undefined | false,
  what: string,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<V> {
  const { promise, resolve, reject } = Promise.withResolvers<V>();
  const timer = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms`)), timeoutMs);
  let stop: (() => void) | undefined;
  let isDone = false;
  stop = client.follow(topic, (value) => {
    const found = pick(value);
    if (isDone || found === undefined || found === false) return;
    isDone = true;
    clearTimeout(timer);
    stop?.();
    resolve(found);
  });
  if (isDone) stop();
  return promise;
}

/** Resolves with what the first line of the child's output that matches has matched. */
export function firstMatch(child: ChildProcess, pattern: RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error(`${pattern} was not said`)), READY_TIMEOUT_MS);
  if (child.stdout === null) throw new Error('The child has no stdout.');
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const found = pattern.exec(line)?.[0];
    if (found !== undefined) resolve(found);
  });
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`${child.spawnargs[2]} ended with ${code}`)));
  return promise.finally(() => clearTimeout(timer));
}

/** Ends a process that we started, gently and then not. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(timer);
}

/** An X server without a window manager on a computer. */
export async function startXvfb(host: string): Promise<AsyncDisposable & { readonly display: string }> {
  // The lab's computers share /tmp and with it the lock files of displays: the server looks for a free number.
  const child = spawnOn(
    host,
    ['Xvfb', '-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp', '-noreset'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const display = `:${await firstMatch(child, /^\d+$/)}`;
  return { display, [Symbol.asyncDispose]: () => endChild(child) };
}

export async function until(isTrue: () => boolean | Promise<boolean>, what: string, timeoutMs = READY_TIMEOUT_MS) {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(10);
  }
}
