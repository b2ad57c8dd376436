// The windows: the main one, the pop-up for requests, and one viewer for each program that is looked at.
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  type BrowserWindowConstructorOptions,
  nativeTheme,
  screen,
  type WebContents,
} from 'electron';
import { say } from '../messages/messages.ts';
import { hardenContents, hardenedWebPreferences } from './hardening.ts';
import { appOrigin, windowKindOf } from './protocol.ts';

export interface Windows extends Disposable {
  /** Makes the main window and loads its page without showing it: what `showMain` then shows at once. */
  prepareMain(): void;
  showMain(): void;
  /** Makes the pop-up without showing it. */
  preparePopup(): void;
  /** Shows the pop-up above other windows; `isFocused` only when the person asked for it. */
  showPopup(isFocused: boolean): void;
  hidePopup(): void;
  /** Whether the person has it open, be it behind others or minimised. */
  isMainShown(): boolean;
  isPopupShown(): boolean;
}

export interface WindowsOptions {
  readonly preloadPath: string;
  readonly assetsDir: string;
  /** Called when the person closed the main window; true keeps the app running without it. */
  readonly onMainClosed: () => boolean;
  /** Called when the person closed the pop-up. */
  readonly onPopupClosed: () => void;
  /** Called with the URL of a viewer that was closed. */
  readonly onViewerClosed: (url: string) => void;
}

const POPUP = { width: 420, height: 520, marginPx: 16 };

function isOpen(window: BrowserWindow | null): boolean {
  return window !== null && (window.isVisible() || window.isMinimized());
}

/** Hardens every window that is made from now on. */
export function startWindows(options: WindowsOptions): Windows {
  const { preloadPath, assetsDir, onMainClosed, onPopupClosed, onViewerClosed } = options;
  let main: BrowserWindow | null = null;
  let popup: BrowserWindow | null = null;
  let isMainWanted = false;
  let isMainDrawn = false;
  let isDisposed = false;

  const common = (): BrowserWindowConstructorOptions => ({
    show: false,
    icon: join(assetsDir, 'icon.png'),
    // What is seen before the page has drawn: no white flash in the dark.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1a1b1e' : '#ffffff',
    // Outside macOS no window has a menu: its keys would be taken from the remote program.
    autoHideMenuBar: true,
    webPreferences: hardenedWebPreferences(preloadPath),
  });
  const viewerOptions = (): BrowserWindowConstructorOptions => ({
    ...common(),
    show: true,
    // The page says how large the program's screen is to be, in window.open's features.
    useContentSize: true,
    minWidth: 240,
    minHeight: 180,
    title: say('shell.window.viewer'),
    fullscreenable: true,
  });

  const onContents = (_event: unknown, contents: WebContents) => {
    hardenContents(contents, viewerOptions);
    contents.on('did-create-window', (window) => adoptViewer(window));
    contents.on('render-process-gone', (_gone, { reason }) => {
      // The state is the core's: a page that crashed is as good as new after a reload.
      if (reason !== 'clean-exit' && !contents.isDestroyed()) contents.reload();
    });
  };
  app.on('web-contents-created', onContents);

  function adoptViewer(window: BrowserWindow): void {
    const contents = window.webContents;
    let url = contents.getURL();
    const remember = () => {
      url = contents.getURL();
    };
    window.on('close', remember);
    // A page that closes its window itself takes it away without that event.
    contents.on('did-navigate', remember);
    contents.on('did-navigate-in-page', remember);
    window.on('closed', () => {
      if (!isDisposed && windowKindOf(url) === 'viewer') onViewerClosed(url);
    });
  }

  function prepareMain(): BrowserWindow {
    if (main !== null) return main;
    const window = new BrowserWindow({
      ...common(),
      name: 'main',
      windowStatePersistence: { bounds: true, displayMode: false },
      title: say('shell.name'),
      width: 1120,
      height: 740,
      minWidth: 480,
      minHeight: 420,
    });
    main = window;
    isMainDrawn = false;
    window.once('ready-to-show', () => {
      isMainDrawn = true;
      if (isMainWanted) window.show();
    });
    window.on('close', (event) => {
      if (isDisposed) return;
      isMainWanted = false;
      if (!onMainClosed()) return;
      event.preventDefault();
      // Kept for the next time, with the page as the person left it.
      window.hide();
    });
    window.on('closed', () => {
      main = null;
    });
    void window.loadURL(`${appOrigin}/`).catch(() => {});
    return window;
  }

  function showMain(): void {
    const window = prepareMain();
    isMainWanted = true;
    // A new one shows itself when its page has been drawn.
    if (!isMainDrawn) return;
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  function preparePopup(): BrowserWindow {
    if (popup !== null) return popup;
    const window = new BrowserWindow({
      ...common(),
      title: say('shell.window.popup'),
      width: POPUP.width,
      height: POPUP.height,
      resizable: false,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      alwaysOnTop: true,
      skipTaskbar: false,
      webPreferences: {
        ...hardenedWebPreferences(preloadPath),
        // Draws while hidden, so that it never shows an old request for a moment.
        backgroundThrottling: false,
      },
    });
    popup = window;
    window.setAlwaysOnTop(true, 'floating');
    window.on('close', (event) => {
      if (isDisposed) return;
      // Closing it is no answer: the request still waits, in the main window and the tray.
      event.preventDefault();
      window.hide();
      onPopupClosed();
      // What was open in it is not to lie above the next request.
      window.webContents.reload();
    });
    window.on('closed', () => {
      popup = null;
    });
    void window.loadURL(`${appOrigin}/?window=popup`).catch(() => {});
    return window;
  }

  return {
    prepareMain,
    showMain,
    preparePopup,
    showPopup: (isFocused) => {
      const window = preparePopup();
      if (!window.isVisible()) {
        const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
        window.setBounds({
          x: workArea.x + workArea.width - POPUP.width - POPUP.marginPx,
          y: workArea.y + workArea.height - POPUP.height - POPUP.marginPx,
          width: POPUP.width,
          height: POPUP.height,
        });
      }
      // Whoever types in another window goes on typing there.
      if (isFocused) window.show();
      else window.showInactive();
    },
    hidePopup: () => popup?.hide(),
    isMainShown: () => isOpen(main),
    isPopupShown: () => isOpen(popup),
    [Symbol.dispose]: () => {
      isDisposed = true;
      app.off('web-contents-created', onContents);
      for (const window of BrowserWindow.getAllWindows()) window.destroy();
    },
  };
}
