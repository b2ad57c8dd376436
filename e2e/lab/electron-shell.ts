// The Electron shell on a computer of the lab: in Electron where its binary is there, otherwise under the stand-in.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Page } from '@playwright/test';
import { folderOf, spawnOn } from '../../scripts/lab-hosts.ts';
import { launchStandIn } from '../electron-stand-in/launch.ts';
import { startRelay } from '../electron-stand-in/relay.ts';
import { cameraArgs } from './camera.ts';
import { findPage, type RunningShell, type ShellStart } from './shell.ts';

const root = join(import.meta.dirname, '..', '..');

/** Electron's binary, or undefined where it could not be fetched. */
export function electronPath(): string | undefined {
  const folder = join(root, 'node_modules', 'electron');
  const nameFile = join(folder, 'path.txt');
  const name = existsSync(nameFile) ? readFileSync(nameFile, 'utf8').trim() : 'electron';
  const path = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), name);
  return existsSync(path) ? path : undefined;
}

export function startElectronShell(start: ShellStart): Promise<RunningShell> {
  const path = electronPath();
  return path === undefined ? startStandIn(start) : startElectron(path, start);
}

async function startStandIn({ host, profileDir, env, cameraPath, onLine }: ShellStart): Promise<RunningShell> {
  const app = await launchStandIn({
    prefix: ['/run/lab/bin/on', host],
    folder: folderOf(host, 'tmp'),
    args: ['--profile', profileDir],
    env: { ...env, ...(cameraPath === undefined ? {} : { EBP_STAND_IN_CAMERA: cameraPath }) },
    onLine,
  });
  const windowOf = async (query: string) => {
    const windows = await app.control.send('windows');
    return windows.find(({ url }) => URL.parse(url)?.search.startsWith(query));
  };
  return {
    process: app.process,
    corePid: () => app.process.pid ?? 0,
    context: app.context,
    main: async () => inFront(await app.page('')),
    popup: async () => inFront(await app.page('?window=popup')),
    isPopupShown: async () => (await windowOf('?window=popup'))?.isVisible === true,
    closeWindow: async (page) => {
      // The page may put another address of its own in place of the first while we look for it.
      for (let tries = 0; tries < 50; tries += 1) {
        const window = await windowOf(new URL(page.url()).search);
        if (window !== undefined) {
          await app.control.send('closeWindow', { id: window.id });
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`no window shows ${page.url()}`);
    },
    ended: app.ended,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

/** Chromium draws a page behind others once a second, and every click waits for it to be drawn. */
async function inFront(page: Page): Promise<Page> {
  await page.bringToFront();
  return page;
}

/** Electron itself, driven over the DevTools protocol: its port is on that computer's loopback, and socat leads to it. */
async function startElectron(
  path: string,
  { host, profileDir, env, cameraPath, onLine }: ShellStart,
): Promise<RunningShell> {
  await using stack = new AsyncDisposableStack();
  const number = 90 + Number(readFileSync(`/run/lab/${host}.number`, 'utf8'));
  const screen = spawnOn(host, ['Xvfb', `:${number}`, '-screen', '0', '1600x1000x24', '-nolisten', 'tcp', '-noreset'], {
    stdio: 'ignore',
  });
  stack.defer(() => void screen.kill());
  const child = spawnOn(
    host,
    [
      path,
      ...['--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', ...cameraArgs(cameraPath)],
      ...[root, '--profile', profileDir],
    ],
    { cwd: root, env: { ...process.env, DISPLAY: `:${number}`, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 8000);
    await ended;
    clearTimeout(timer);
  });
  const endpoint = Promise.withResolvers<URL>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      onLine(line);
      const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (found !== undefined) endpoint.resolve(new URL(found));
    });
  }
  setTimeout(() => endpoint.reject(new Error(`Electron on ${host} was not ready in time`)), 30_000).unref();
  const there = await endpoint.promise;
  const socketPath = join(folderOf(host, 'tmp'), `devtools-${child.pid}`);
  const bridge = spawnOn(host, ['socat', `UNIX-LISTEN:${socketPath},fork`, `TCP:127.0.0.1:${there.port}`]);
  stack.defer(() => void bridge.kill());
  while (!existsSync(socketPath)) await new Promise((resolve) => setTimeout(resolve, 20));
  const relay = await startRelay({ host: '127.0.0.1', port: 0 }, { path: socketPath });
  stack.defer(() => void relay.close());
  there.port = String((relay.address() as AddressInfo).port);
  const browser = await chromium.connectOverCDP(there.href);
  stack.defer(() => browser.close().catch(() => {}));
  const [context] = browser.contexts();
  if (context === undefined) throw new Error('Electron has no context');
  const kept = stack.move();
  return {
    process: child,
    corePid: () => child.pid ?? 0,
    context,
    main: async () => inFront(await findPage(context, '')),
    popup: async () => inFront(await findPage(context, '?window=popup')),
    isPopupShown: async () => {
      const page = await findPage(context, '?window=popup');
      return page.getByTestId('request-card').isVisible();
    },
    closeWindow: (page) => page.close(),
    ended,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
