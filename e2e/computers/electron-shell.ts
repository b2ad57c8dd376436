// The Electron shell on a computer of the lab: a real Electron, its windows on that computer's desktop, its sandbox on.
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testPackage } from '../../scripts/packaging.mjs';
import { Desktop } from '../electron/desktop.ts';
import { findPage, launchElectron } from '../electron/launch.ts';
import { cameraArgs } from './camera.ts';
import { labPerson } from './lab-person.ts';
import type { RunningShell, ShellStart } from './shell.ts';

/** One desktop for each computer, kept while the worker lives. */
export class Desktops implements AsyncDisposable {
  readonly #desktops = new Map<string, Promise<Desktop>>();

  on(host: string): Promise<Desktop> {
    const desktop = this.#desktops.get(host) ?? Desktop.start(labPerson(host));
    this.#desktops.set(host, desktop);
    return desktop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const desktop of this.#desktops.values()) await (await desktop)[Symbol.asyncDispose]();
  }
}

/** @throws when it is not there within 30 s */
export async function startElectronShell(
  start: ShellStart,
  desktops: Desktops,
  kind: 'electron' | 'package',
): Promise<RunningShell> {
  const { host, profileDir, env, cameraPath, onLine } = start;
  const desktop = await desktops.on(host);
  const running = await launchElectron({
    desktop,
    ...(kind === 'package' ? { program: testPackage.program } : {}),
    args: ['--profile', profileDir],
    switches: cameraArgs(cameraPath),
    env,
    onLine,
  });
  const { context, windows } = running;
  return {
    process: running.process,
    corePid: () => running.process.pid ?? 0,
    context,
    main: () => findPage(context, ''),
    popup: () => findPage(context, '?window=popup'),
    isPopupShown: async () => windows.isVisible(await findPage(context, '?window=popup')),
    closeWindow: (page) => windows.close(page),
    save: async (_page, click) => {
      const folder = mkdtempSync(join(desktop.person.folder, 'saved-'));
      const path = join(folder, 'chosen');
      // Playwright takes what is saved for itself unless it is told not to.
      const session = await context.browser()?.newBrowserCDPSession();
      await session?.send('Browser.setDownloadBehavior', { behavior: 'default' });
      await click();
      return { name: await desktop.saveAs(path), bytes: readFileSync(path) };
    },
    ended: running.ended,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
