// Electron's BrowserWindow and its WebContents: one page of Chromium each.
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page, Route } from '@playwright/test';
import { app } from './app.ts';
import { chromiumContext, newPage, setCloseListener, setMediaListener, toAppUrl, toChromiumUrl } from './chromium.ts';
import { createEvent } from './event.ts';
import { ipcMain } from './ipc.ts';
import type { MessagePortMain } from './message-ports.ts';
import { type PageBridge, startPageBridge } from './page-bridge.ts';
import { answerRoute, applyPermissions, askForMedia, decideDownload, type Navigation } from './session.ts';
import { addWindow, allWindows, removeWindow } from './window-list.ts';

export interface WindowOptions {
  readonly show?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly title?: string;
  readonly webPreferences?: { readonly preload?: string } & Record<string, unknown>;
  readonly [name: string]: unknown;
}

interface OpenDetails {
  readonly url: string;
  readonly frameName: string;
  readonly features: string;
}
type OpenHandler = (
  details: OpenDetails & { disposition: string },
) => { action: 'deny' } | { action: 'allow'; overrideBrowserWindowOptions?: WindowOptions };

/** Windows whose page was allowed to open another, until Chromium has made that one's page. */
const opening: { readonly opener: WebContents; readonly details: OpenDetails; readonly options: WindowOptions }[] = [];
let nextId = 1;
let isContextReady: Promise<void> | null = null;

class WebContents extends EventEmitter {
  readonly id = nextId++;
  page: Page | null = null;
  #bridge: PageBridge | null = null;
  #openHandler: OpenHandler = () => ({ action: 'deny' });
  #isDestroyed = false;
  #isLoading = false;
  #programmaticUrl: string | null = null;
  #downloadUrl: string | null = null;
  readonly #options: WindowOptions;
  readonly opened: Promise<Page>;
  /** The last address, which outlives the page. */
  #url = '';

  readonly mainFrame: { readonly url: string; readonly parent: null; readonly origin: string };

  constructor(options: WindowOptions, givenPage: Page | null) {
    super();
    this.#options = options;
    this.mainFrame = this.#frame(() => this.getURL(), null);
    app.emit('web-contents-created', createEvent(), this);
    this.opened = this.#open(givenPage);
    this.opened.catch((error: unknown) => {
      if (!this.#isDestroyed) process.stderr.write(`STAND-IN: a window could not be opened: ${String(error)}\n`);
    });
  }

  async #open(givenPage: Page | null): Promise<Page> {
    isContextReady ??= prepareContext();
    await isContextReady;
    const page = givenPage ?? (await newPage());
    this.page = page;
    if (this.#isDestroyed) {
      await page.close();
      return page;
    }
    page.on('crash', () => this.emit('render-process-gone', createEvent(), { reason: 'crashed', exitCode: 1 }));
    page.on('load', () => {
      this.#isLoading = false;
      this.emit('did-finish-load');
    });
    // A window that closes takes what it was saving along.
    page.on('download', (download) => void decideDownload(download, this).catch(() => {}));
    page.on('pageerror', (error) => process.stderr.write(`STAND-IN: error in ${this.getURL()}: ${error.message}\n`));
    const { width = 800, height = 600, webPreferences } = this.#options;
    await page.setViewportSize({ width, height });
    if (webPreferences?.preload !== undefined) {
      this.#bridge = await startPageBridge(page, webPreferences.preload, {
        onIpc: ({ channel, args, url, origin }) => {
          const senderFrame = this.#frame(() => url, origin);
          ipcMain.emit(channel, createEvent({ sender: this, senderFrame, ports: [] }), ...args);
        },
      });
    }
    return page;
  }

  #frame(url: () => string, origin: string | null) {
    return {
      get url() {
        return url();
      },
      get origin() {
        // Node does not know that app: has origins.
        return origin ?? /^[a-z]+:\/\/[^/?#]*/.exec(url())?.[0] ?? 'null';
      },
      parent: null,
      postMessage: (channel: string, message: unknown, ports: MessagePortMain[] = []) =>
        this.postMessage(channel, message, ports),
    };
  }

  postMessage(channel: string, message: unknown, ports: MessagePortMain[] = []): void {
    this.#bridge?.send(channel, [message], ports);
  }

  async loadURL(url: string): Promise<void> {
    this.#isLoading = true;
    this.#url = url;
    const page = await this.opened;
    this.#programmaticUrl = url;
    await page.goto(toChromiumUrl(url)).catch((error: unknown) => {
      if (!this.#isDestroyed) throw error;
    });
  }

  getURL(): string {
    const url = this.page?.url() ?? 'about:blank';
    return url === 'about:blank' ? this.#url : toAppUrl(url);
  }

  isLoadingMainFrame(): boolean {
    return this.#isLoading;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  reload(): void {
    this.#programmaticUrl = this.getURL();
    void this.page?.reload().catch(() => {});
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }

  /** Chromium saves what the handler of this address gives, in place of going there. */
  downloadURL(url: string): void {
    this.#downloadUrl = url;
  }

  onNavigate({ url, isMainFrame }: Navigation): 'go' | 'stay' | 'save' {
    const isAllowed = this.#isNavigationAllowed({ url, isMainFrame });
    if (isAllowed) return 'go';
    const isSaved = this.#downloadUrl === url;
    this.#downloadUrl = null;
    return isSaved ? 'save' : 'stay';
  }

  #isNavigationAllowed({ url, isMainFrame }: Navigation): boolean {
    if (isMainFrame && url === this.#programmaticUrl) {
      this.#programmaticUrl = null;
      return true;
    }
    const event = createEvent({ url, isMainFrame });
    this.emit('will-frame-navigate', event);
    if (isMainFrame && !event.defaultPrevented) this.emit('will-navigate', event);
    return !event.defaultPrevented;
  }

  onWindowOpen(details: OpenDetails): boolean {
    const answer = this.#openHandler({ ...details, disposition: 'new-window' });
    if (answer.action === 'deny') return false;
    opening.push({
      opener: this,
      details,
      options: { ...sizeOf(details.features), ...answer.overrideBrowserWindowOptions },
    });
    return true;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#url = this.getURL();
    this.#isDestroyed = true;
    this.#bridge?.close();
    void this.page?.close().catch(() => {});
    this.emit('destroyed');
  }
}

export class BrowserWindow extends EventEmitter {
  readonly webContents: WebContents;
  readonly options: WindowOptions;
  /** For tests: what was called to show and hide it, in order. */
  readonly calls: string[] = [];
  #isVisible: boolean;
  #isDestroyed = false;
  #isAlwaysOnTop: boolean;
  #bounds: { x: number; y: number; width: number; height: number };
  static #focused: BrowserWindow | null = null;

  constructor(options: WindowOptions = {}, givenPage: Page | null = null) {
    super();
    this.options = options;
    this.#isVisible = options.show !== false;
    this.#isAlwaysOnTop = options['alwaysOnTop'] === true;
    this.#bounds = { x: 0, y: 0, width: options.width ?? 800, height: options.height ?? 600 };
    this.webContents = new WebContents(options, givenPage);
    addWindow(this);
    if (this.#isVisible) BrowserWindow.#focused = this;
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'));
    void this.webContents.opened.then((page) => page.on('close', () => this.#onGone())).catch(() => this.#onGone());
  }

  static getAllWindows(): BrowserWindow[] {
    return allWindows().filter((window) => window instanceof BrowserWindow);
  }

  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find(({ webContents }) => webContents === contents) ?? null;
  }

  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.#focused;
  }

  get id(): number {
    return this.webContents.id;
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    this.#setVisible('show', true);
    this.focus();
  }

  showInactive(): void {
    this.#setVisible('showInactive', true);
  }

  hide(): void {
    this.#setVisible('hide', false);
  }

  #setVisible(call: string, isVisible: boolean): void {
    this.calls.push(call);
    if (!isVisible && BrowserWindow.#focused === this) BrowserWindow.#focused = null;
    if (this.#isVisible === isVisible) return;
    this.#isVisible = isVisible;
    this.emit(isVisible ? 'show' : 'hide');
  }

  focus(): void {
    BrowserWindow.#focused = this;
  }

  isFocused(): boolean {
    return BrowserWindow.#focused === this;
  }

  isVisible(): boolean {
    return this.#isVisible;
  }

  isMinimized(): boolean {
    return false;
  }

  restore(): void {}

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  setAlwaysOnTop(isOnTop: boolean): void {
    this.#isAlwaysOnTop = isOnTop;
  }

  isAlwaysOnTop(): boolean {
    return this.#isAlwaysOnTop;
  }

  getBounds() {
    return this.#bounds;
  }

  setBounds(bounds: Partial<{ x: number; y: number; width: number; height: number }>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    const { width, height } = this.#bounds;
    void this.webContents.opened.then((page) => page.setViewportSize({ width, height })).catch(() => {});
  }

  /** As a click on the window's cross. */
  close(): void {
    if (this.#isDestroyed) return;
    const event = createEvent();
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    removeWindow(this);
    if (BrowserWindow.#focused === this) BrowserWindow.#focused = null;
    this.webContents.destroy();
    this.emit('closed');
    if (allWindows().length === 0) app.emit('window-all-closed');
  }

  /** Its page was closed behind our back, by a test. */
  #onGone(): void {
    if (this.#isDestroyed) return;
    this.emit('close', createEvent());
    this.destroy();
  }
}

/** Electron takes a window's size from the features of `window.open`. */
function sizeOf(features: string): { width?: number; height?: number } {
  const entries = [...features.matchAll(/\b(width|height)=(\d+)/g)].map(([, name, value]) => [name, Number(value)]);
  return Object.fromEntries(entries);
}

function windowOf(page: Page): BrowserWindow | undefined {
  return BrowserWindow.getAllWindows().find(({ webContents }) => webContents.page === page);
}

async function prepareContext(): Promise<void> {
  const context = chromiumContext();
  await applyPermissions(context);
  await context.route(/^https?:/, async (route: Route) => {
    // The first navigation of a page that nobody allowed comes before its 'page' event.
    const contents = windowOf(route.request().frame().page())?.webContents;
    await answerRoute(route, {
      onNavigate: (_route, navigation) => contents?.onNavigate(navigation) ?? 'stay',
      onWindowOpen: (_route, details) => contents?.onWindowOpen(details) ?? false,
    }).catch(() => {});
  });
  context.on('page', (page) => void adoptPage(page));
  setCloseListener((page) => windowOf(page)?.close());
  setMediaListener(async (page, url, isMainFrame, types) => {
    const contents = windowOf(page)?.webContents;
    return contents !== undefined && askForMedia(contents, url, isMainFrame, types);
  });
}

/** A page that appeared: opened by a page of ours with leave, or by a link without; the latter is closed again. */
async function adoptPage(page: Page): Promise<void> {
  // A page that a window asked for itself becomes known to it in a moment.
  const opener = await page.opener().catch(() => null);
  if (opener === null) {
    await delay(1000);
    if (windowOf(page) === undefined && !page.isClosed()) await page.close();
    return;
  }
  const index = opening.findIndex(({ opener: { page: openerPage } }) => openerPage === opener);
  const [asked] = index < 0 ? [] : opening.splice(index, 1);
  if (asked === undefined) {
    await page.close();
    return;
  }
  const window = new BrowserWindow(asked.options, page);
  asked.opener.emit('did-create-window', window, { ...asked.details, options: asked.options });
  await window.loadURL(asked.details.url).catch(() => {});
}
