// The Electron shell on a computer of the lab: a real Electron, its windows on that computer's desktop, its sandbox on.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Page } from '@playwright/test';
import { folderOf, spawnOn } from '../../scripts/lab-hosts.ts';
import { testElectron } from '../../scripts/test-electron.mjs';
import { cameraArgs } from './camera.ts';
import type { Desktop, Desktops } from './desktop.ts';
import { startRelay } from './relay.ts';
import { findPage, type RunningShell, type ShellStart } from './shell.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Electron {
  readonly path: string;
  readonly version: string;
  /** What it is given to start: the project, or the bundle for an older Electron. */
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
  if (forTests === undefined)
    throw new Error('There is no Electron for tests; npm run e2e says why it could not be fetched.');
  return { path: forTests.path, version: forTests.version, app: join(root, 'out', 'electron-for-tests') };
}

/** @throws when it is not there within 30 s */
export async function startElectronShell(start: ShellStart, desktops: Desktops): Promise<RunningShell> {
  const { host, profileDir, env, cameraPath, onLine } = start;
  await using stack = new AsyncDisposableStack();
  const desktop = await desktops.on(host);
  const { path, app } = electron();
  const child = spawnOn(
    host,
    [
      path,
      ...['--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0', ...cameraArgs(cameraPath)],
      ...[app, '--profile', profileDir],
    ],
    { cwd: root, env: { ...process.env, ...desktop.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
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
  void ended.then(() => endpoint.reject(new Error(`Electron on ${host} ended before it was ready`)));
  setTimeout(() => endpoint.reject(new Error(`Electron on ${host} was not ready in time`)), 30_000).unref();
  const there = await endpoint.promise;
  // The debugging port is on that computer's loopback; a socket leads to it from here.
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
  const windows = new Windows(desktop);
  const kept = stack.move();
  return {
    process: child,
    corePid: () => child.pid ?? 0,
    context,
    main: () => findPage(context, ''),
    popup: () => findPage(context, '?window=popup'),
    isPopupShown: async () => {
      const page = await findPage(context, '?window=popup');
      return desktop.isVisible(await windows.idOf(page));
    },
    closeWindow: async (page) => desktop.close(await windows.idOf(page)),
    ended,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Which window of the X server shows a page: the page is given a name for a moment that nothing else has. */
class Windows {
  readonly #desktop: Desktop;
  readonly #ids = new WeakMap<Page, string>();

  constructor(desktop: Desktop) {
    this.#desktop = desktop;
  }

  async idOf(page: Page): Promise<string> {
    const known = this.#ids.get(page);
    if (known !== undefined) return known;
    for (let tries = 0; tries < 40; tries += 1) {
      const name = randomUUID();
      const before = await page.title();
      await page.evaluate(
        (title) => Object.assign((globalThis as unknown as { document: object }).document, { title }),
        name,
      );
      const id = await this.#desktop.find(name);
      await page.evaluate(
        (title) => Object.assign((globalThis as unknown as { document: object }).document, { title }),
        before,
      );
      if (id === undefined) continue;
      this.#ids.set(page, id);
      return id;
    }
    throw new Error(`no window on ${this.#desktop.host} shows ${page.url()}`);
  }
}
