// The windows: the main one, the pop-up for requests, and one viewer for each program that is looked at.
import { app, BrowserWindow, type BrowserWindowConstructorOptions, type WebContents } from 'electron';
import { rowOfWindow } from '../contract/windows.ts';
import { say } from '../messages/messages.ts';
import { hardenContents } from './hardening.ts';
import { createMainWindow } from './main-window.ts';
import { createPopupWindow } from './popup-window.ts';
import { windowOfUrl } from './protocol.ts';
import { type FrameOptions, frameOptions } from './window-frame.ts';

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

export interface WindowsOptions extends FrameOptions {
  /** Called when the person closed the main window; true keeps the app running without it. */
  readonly onMainClosed: () => boolean;
  /** Called when the person closed the pop-up. */
  readonly onPopupClosed: () => void;
  /** Called with the URL of a viewer, the window of a session, that was closed. */
  readonly onViewerClosed: (url: string) => void;
}

/** Hardens every window that is made from now on. */
export function startWindows(options: WindowsOptions): Windows {
  const { onMainClosed, onPopupClosed, onViewerClosed, ...frame } = options;
  let isDisposed = false;
  const isEnding = () => isDisposed;
  const main = createMainWindow({ ...frame, onClosed: onMainClosed, isEnding });
  const popup = createPopupWindow({ ...frame, onClosed: onPopupClosed, isEnding });

  const viewerOptions = (): BrowserWindowConstructorOptions => ({
    ...frameOptions(frame),
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
      if (!isDisposed && rowOfWindow(windowOfUrl(url)).isOfSession) onViewerClosed(url);
    });
  }

  return {
    prepareMain: main.prepare,
    showMain: main.show,
    isMainShown: main.isShown,
    preparePopup: popup.prepare,
    showPopup: popup.show,
    hidePopup: popup.hide,
    isPopupShown: popup.isShown,
    [Symbol.dispose]: () => {
      isDisposed = true;
      app.off('web-contents-created', onContents);
      for (const window of BrowserWindow.getAllWindows()) window.destroy();
    },
  };
}
