// The browser shell on a computer of the lab: the core in Node, its page in a Chromium of the same computer.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium } from '@playwright/test';
import { programOn, spawnOn } from '../../lab/hosts.ts';
import { cameraArgs } from './camera.ts';
import type { RunningShell, ShellStart } from './shell.ts';

const root = join(import.meta.dirname, '..', '..');
const node = join(root, 'node_modules', '.bin', 'node');

/** One Chromium for each computer, with a camera or without one, kept while the worker lives; what a profile knows lies in contexts. */
export class Chromiums implements AsyncDisposable {
  readonly #browsers = new Map<string, Promise<Browser>>();

  async on(host: string, cameraPath?: string): Promise<Browser> {
    const key = `${host} ${cameraPath}`;
    let browser = this.#browsers.get(key);
    // A spec may have killed it.
    if (browser !== undefined && !(await browser).isConnected()) browser = undefined;
    if (browser === undefined) {
      browser = chromium.launch({
        executablePath: programOn(host, 'chromium'),
        // The computers' users are mapped ones, without the namespaces that Chromium's own sandbox needs.
        chromiumSandbox: false,
        args: ['--disable-dev-shm-usage', ...cameraArgs(cameraPath)],
      });
      this.#browsers.set(key, browser);
    }
    return browser;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const browser of this.#browsers.values()) await (await browser).close();
  }
}

/** @throws when it does not print its address within 15 s */
export async function startBrowserShell(start: ShellStart, chromiums: Chromiums): Promise<RunningShell> {
  const { host, profileDir, env, cameraPath, onLine } = start;
  await using stack = new AsyncDisposableStack();
  const child = spawnOn(host, [node, 'src/headless/main.ts', '--profile', profileDir, '--no-open'], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 8000);
    await ended;
    clearTimeout(timer);
  });
  const address = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      onLine(line);
      const found = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(line)?.[0];
      if (found !== undefined) address.resolve(found);
    });
  }
  void ended.then(() => address.reject(new Error(`eBrainPool on ${host} ended before it was ready`)));
  setTimeout(() => address.reject(new Error(`eBrainPool on ${host} was not ready in time`)), 15_000).unref();
  const url = await address.promise;

  const browser = await chromiums.on(host, cameraPath);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  stack.defer(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  const kept = stack.move();
  return {
    process: child,
    corePid: () => child.pid ?? 0,
    context,
    main: async () => page,
    popup: async () => page,
    isPopupShown: () => page.getByTestId('request-card').isVisible(),
    closeWindow: (closing) => closing.close(),
    save: async (of, click) => {
      const downloading = of.waitForEvent('download');
      await click();
      const download = await downloading;
      return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
    },
    ended,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
