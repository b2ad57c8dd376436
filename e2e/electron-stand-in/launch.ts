// Starts the stand-in for a test: its pages through Playwright, everything else through the control socket.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { startRelay } from '../lab/relay.ts';
import { type Control, connectControl } from './control-client.ts';

const root = join(import.meta.dirname, '..', '..');

export interface LaunchOptions {
  /** The main process's entry; by default the built one. */
  readonly main?: string;
  readonly args?: readonly string[];
  /** Runs it on another computer of the lab, for example `['on', 'alice']`. */
  readonly prefix?: readonly string[];
  /** Where its two sockets lie: a folder that both it and the test see. By default one in the folder for temporary files. */
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of its standard output. */
  readonly onLine?: (line: string) => void;
}

export interface StandIn extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly context: BrowserContext;
  readonly control: Control;
  readonly lines: readonly string[];
  /** What it wrote to its standard error so far. */
  readErrors(): string;
  /** The page of the window with this query, for example `?window=popup`; '' is the main window. */
  page(query: string): Promise<Page>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** @throws when the app is not ready within 30 s. */
export async function launchStandIn({
  main,
  args = [],
  prefix = [],
  env = {},
  onLine,
  ...options
}: LaunchOptions): Promise<StandIn> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), 'ebp-stand-in-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const socketPath = join(folder, 'control');
  const cdpPath = join(folder, 'cdp');
  const [command = '', ...rest] = [
    ...prefix,
    join(root, 'node_modules', '.bin', 'node'),
    join(import.meta.dirname, 'run.ts'),
    main ?? join(root, 'out', 'main', 'main.js'),
    ...args,
  ];
  const child = spawn(command, rest, {
    env: { ...process.env, ...env, EBP_STAND_IN_SOCKET: socketPath, EBP_STAND_IN_CDP_SOCKET: cdpPath },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  stack.defer(async () => {
    if (child.exitCode === null) child.kill('SIGTERM');
    await Promise.race([ended, delay(10_000)]);
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const lines: string[] = [];
  const started = async () => {
    const endpoint = await new Promise<string>((resolve, reject) => {
      setTimeout(() => reject(new Error('it was not ready in time')), 30_000).unref();
      void ended.then((code) => reject(new Error(`it ended with ${code}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        lines.push(line);
        onLine?.(line);
        const found = /^STAND-IN CDP (.*)$/.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    const control = stack.use(await connectControl(socketPath));
    // The debugging port is on the loopback of wherever it runs; the socket beside it reaches here.
    const relay = await startRelay({ host: '127.0.0.1', port: 0 }, { path: cdpPath });
    stack.defer(() => void relay.close());
    const { port } = relay.address() as AddressInfo;
    const browser = await chromium.connectOverCDP(endpoint.replace(/:\d+\//, `:${port}/`));
    stack.defer(() => browser.close().catch(() => {}));
    return { control, context: browser.contexts()[0] };
  };
  const { control, context } = await started().catch(async (error: unknown) => {
    await stack.disposeAsync();
    throw new Error(`the stand-in did not start: ${String(error)}\n${lines.join('\n')}\n${errors}`);
  });
  if (context === undefined) throw new Error('Chromium has no context');
  return {
    process: child,
    context,
    control,
    lines,
    readErrors: () => errors,
    ended,
    page: async (query) => {
      for (let tries = 0; tries < 200; tries += 1) {
        const page = context.pages().find((candidate) => {
          const url = URL.parse(candidate.url());
          return url?.host === 'ebp.app.test' && (query === '' ? url.search === '' : url.search.startsWith(query));
        });
        if (page !== undefined) return page;
        await delay(50);
      }
      throw new Error(`no window shows "${query}": ${context.pages().map((page) => page.url())}`);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
