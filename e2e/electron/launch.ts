// Starts eBrainPool in a real Electron on somebody's desktop, and leads to its windows.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { testElectron } from '../../scripts/test-electron.mjs';
import type { Desktop } from './desktop.ts';
import { Windows } from './windows.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Electron {
  readonly path: string;
  readonly version: string;
  /** The folder that it is given to start: the project, or the bundle for an older Electron. */
  readonly app: string;
}

/** The product's own Electron where its binary is, otherwise the one that the set-up for tests fetched. */
export function electron(): Electron {
  const folder = join(root, 'node_modules', 'electron');
  const nameFile = join(folder, 'path.txt');
  const name = existsSync(nameFile) ? readFileSync(nameFile, 'utf8').trim() : 'electron';
  const path = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  if (existsSync(path)) return { path, version, app: root };
  const forTests = testElectron();
  if (forTests === undefined) throw new Error('There is no Electron here. The set-up of npm test says why.');
  return { path: forTests.path, version: forTests.version, app: join(root, 'out', 'electron-for-tests') };
}

export interface LaunchOptions {
  readonly desktop: Desktop;
  /** For eBrainPool. */
  readonly args: readonly string[];
  readonly app?: string;
  /** A program that has its app in it, such as a package, to be started instead of Electron. */
  readonly program?: string;
  /** For Chromium. */
  readonly switches?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with each line that it prints. */
  readonly onLine?: (line: string) => void;
}

export interface RunningElectron extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly context: BrowserContext;
  readonly windows: Windows;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts it and no more: for what ends by itself. */
export function spawnElectron(options: LaunchOptions, stdin: 'pipe' | 'ignore' = 'ignore'): ChildProcess {
  const { desktop, args, app, program, switches = [], env, cwd, onLine } = options;
  const started = program === undefined ? [electron().path, app ?? electron().app] : [program];
  const child = desktop.person.spawn(
    // On a screen without a graphics card, in a container with little shared memory.
    [...started, '--disable-gpu', '--disable-dev-shm-usage', ...switches, ...args],
    { cwd: cwd ?? root, env: { ...process.env, ...desktop.env, ...env }, stdio: [stdin, 'pipe', 'pipe'] },
  );
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => onLine?.(line));
  return child;
}

/** @throws when it is not there within 30 s */
export async function launchElectron(options: LaunchOptions): Promise<RunningElectron> {
  await using stack = new AsyncDisposableStack();
  const endpoint = Promise.withResolvers<URL>();
  const child = spawnElectron(
    {
      ...options,
      switches: [...(options.switches ?? []), '--remote-debugging-port=0'],
      onLine: (line) => {
        options.onLine?.(line);
        const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
        if (found !== undefined) endpoint.resolve(new URL(found));
      },
    },
    'pipe',
  );
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  stack.defer(async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 8000);
    await ended;
    clearTimeout(timer);
  });
  void ended.then((code) => endpoint.reject(new Error(`Electron ended with ${code} before it was ready`)));
  setTimeout(() => endpoint.reject(new Error('Electron was not ready in time')), 30_000).unref();
  const there = await endpoint.promise;
  there.port = String(await options.desktop.person.reach(Number(there.port), stack));
  const browser = await chromium.connectOverCDP(there.href);
  stack.defer(() => browser.close().catch(() => {}));
  const [context] = browser.contexts();
  if (context === undefined) throw new Error('Electron has no context');
  const kept = stack.move();
  return {
    process: child,
    context,
    windows: new Windows(options.desktop),
    ended,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The first page whose query begins so; '' is the main window. */
export async function findPage(context: BrowserContext, query: string, timeoutMs = 10_000): Promise<Page> {
  const isIt = (page: Page) => {
    const url = URL.parse(page.url());
    if (url === null || url.protocol === 'about:') return false;
    return query === '' ? url.search === '' : url.search.startsWith(query);
  };
  const until = performance.now() + timeoutMs;
  for (;;) {
    const page = context.pages().find(isIt);
    if (page !== undefined) return page;
    if (performance.now() > until)
      throw new Error(`no window shows "${query}": ${context.pages().map((other) => other.url())}`);
    await sleep(30);
  }
}
