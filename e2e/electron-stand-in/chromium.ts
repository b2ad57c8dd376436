// The one Chromium that shows all windows, and the translation between app:// URLs and those that it can show.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { cameraArgs } from '../lab/camera.ts';

let context: BrowserContext | null = null;
let profileDir = '';
let firstPage: Page | null = null;

/** Starts Chromium. @returns the address that `chromium.connectOverCDP` takes; on loopback, with a secret path. */
export async function launchChromium(): Promise<string> {
  profileDir = await mkdtemp(join(tmpdir(), 'ebp-stand-in-'));
  context = await chromium.launchPersistentContext(profileDir, {
    executablePath: process.env['EBP_CHROMIUM'] ?? '/usr/bin/chromium',
    headless: process.env['EBP_STAND_IN_HEADED'] !== '1',
    args: [
      '--remote-debugging-port=0',
      '--disable-dev-shm-usage',
      ...(isSandboxUsable() ? [] : ['--no-sandbox']),
      ...cameraArgs(process.env['EBP_STAND_IN_CAMERA']),
    ],
    chromiumSandbox: isSandboxUsable(),
    viewport: null,
    // The shell ends in good order by itself.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  firstPage = context.pages()[0] ?? null;
  // The window object's own marks of the shell, and two functions that behave otherwise in Electron.
  await context.exposeBinding('ebrainpoolStandInClose', ({ page }) => onPageWantsClose(page));
  await context.exposeBinding('ebrainpoolStandInMedia', ({ page, frame }, types: string[]) =>
    onPageWantsMedia(page, toAppUrl(frame.url()), frame.parentFrame() === null, types),
  );
  await context.addInitScript(pageScript);
  for (let tries = 0; tries < 200; tries += 1) {
    const text = await readFile(join(profileDir, 'DevToolsActivePort'), 'utf8').catch(() => '');
    const [port, path] = text.split('\n');
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    await delay(25);
  }
  throw new Error('Chromium did not say where its debugging port is');
}

export async function stopChromium(): Promise<void> {
  await Promise.race([context?.close().catch(() => {}), delay(3000)]);
  if (profileDir !== '') await rm(profileDir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
}

export function chromiumContext(): BrowserContext {
  if (context === null) throw new Error('windows can be made after the app is ready only');
  return context;
}

/** A page for a window: the one that Chromium starts with, then new ones. */
export async function newPage(): Promise<Page> {
  const page = firstPage ?? (await chromiumContext().newPage());
  firstPage = null;
  return page;
}

let onPageWantsClose: (page: Page) => void = () => {};

export function setCloseListener(listener: (page: Page) => void): void {
  onPageWantsClose = listener;
}

type MediaListener = (page: Page, url: string, isMainFrame: boolean, types: string[]) => Promise<boolean>;
let onPageWantsMedia: MediaListener = async () => false;

export function setMediaListener(listener: MediaListener): void {
  onPageWantsMedia = listener;
}

/** `app://ebp/x` is shown as `https://ebp.app.test/x`: an origin of its own and a secure one, as the real one is. */
export function toChromiumUrl(url: string): string {
  return url.replace(/^app:\/\/([^/?#]+)/, 'https://$1.app.test');
}

export function toAppUrl(url: string): string {
  return url.replace(/^(blob:)?https:\/\/([^/?#]+)\.app\.test/, '$1app://$2');
}

export const WINDOW_OPEN_PATH = '/stand-in/window-open';

/** Runs in every page before its own scripts. */
function pageScript(): void {
  const global = globalThis as unknown as {
    ebrainpoolShell: string;
    ebrainpoolStandInClose?: () => void;
    ebrainpoolStandInMedia?: (types: string[]) => Promise<boolean>;
    navigator: { mediaDevices?: { getUserMedia(constraints: Record<string, unknown>): Promise<unknown> } };
    DOMException: new (message: string, name: string) => Error;
    location: { origin: string };
    close: () => void;
    open: (url?: string | URL, target?: string, features?: string) => unknown;
    XMLHttpRequest: new () => {
      open(method: string, url: string, isAsync: boolean): void;
      send(): void;
      responseText: string;
    };
  };
  if (!/\.app\.test$/.test(global.location.origin)) return;
  global.ebrainpoolShell = 'electron';
  // Electron closes any window whose page asks for it, a browser only those that a page opened.
  const close = global.ebrainpoolStandInClose;
  delete global.ebrainpoolStandInClose;
  global.close = () => close?.();
  // Electron asks its permission request handler before it opens a device.
  const mayUse = global.ebrainpoolStandInMedia;
  delete global.ebrainpoolStandInMedia;
  const devices = global.navigator.mediaDevices;
  const getUserMedia = devices?.getUserMedia.bind(devices);
  if (devices !== undefined)
    devices.getUserMedia = async (constraints) => {
      const types = ['audio', 'video'].filter((type) => constraints[type]);
      if (!(await mayUse?.(types))) throw new global.DOMException('Permission denied', 'NotAllowedError');
      return getUserMedia?.(constraints);
    };
  // Electron asks its window-open handler before it answers the page; so must we, hence a synchronous request.
  const open = global.open.bind(globalThis);
  global.open = (url = 'about:blank', target = '', features = '') => {
    const absolute = new URL(String(url), String(global.location)).href;
    const request = new global.XMLHttpRequest();
    const query = new URLSearchParams({ url: absolute, target, features });
    request.open('GET', `/stand-in/window-open?${query}`, false);
    request.send();
    // The stand-in sends the new window to its address when it is ready for it.
    return request.responseText === 'allow' ? open('about:blank', '_blank', features || 'popup') : null;
  };
}

/** Chromium's own sandbox needs user namespaces that root and containers do not have. */
function isSandboxUsable(): boolean {
  if (process.getuid?.() === 0 || existsSync('/.dockerenv')) return false;
  try {
    return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return false;
  }
}
