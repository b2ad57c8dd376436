// Opens the page in a window of its own where a Chromium is there, and in the person's browser otherwise.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether there is a screen to open something on. */
export function hasDisplay(env: Environment, platform: NodeJS.Platform): boolean {
  const { DISPLAY: x11, WAYLAND_DISPLAY: wayland } = env;
  return platform !== 'linux' || Boolean(x11) || Boolean(wayland);
}

/** The command that opens the address; null when there is none. */
export function findOpener(url: string, env: Environment, platform: NodeJS.Platform, isRoot: boolean): string[] | null {
  if (platform === 'darwin') return ['open', url];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  const isInstalled = (name: string) => isInPath(name, env);
  // Chromium refuses to start as root.
  const chromium = isRoot ? undefined : ['chromium', 'chromium-browser', 'google-chrome'].find(isInstalled);
  if (chromium !== undefined) return [chromium, `--app=${url}`];
  return isInstalled('xdg-open') ? ['xdg-open', url] : null;
}

/** Starts the opener and leaves it alone: when it fails, the person has the printed address. */
export function openBrowser(url: string, isRoot: boolean): void {
  if (!hasDisplay(process.env, process.platform)) return;
  const [program, ...args] = findOpener(url, process.env, process.platform, isRoot) ?? [];
  if (program === undefined) return;
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

function isInPath(name: string, env: Environment): boolean {
  const { PATH: path = '' } = env;
  return path.split(delimiter).some((folder) => {
    if (folder === '') return false;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
