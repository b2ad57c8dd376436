// The main window: made once, hidden when it is closed, and shown again as the person left it.
import { BrowserWindow } from 'electron';
import { say } from '../messages/messages.ts';
import { appOrigin } from './protocol.ts';
import { type FrameOptions, frameOptions, isOpen } from './window-frame.ts';

export interface MainWindow {
  /** Makes it and loads its page without showing it. */
  prepare(): void;
  show(): void;
  isShown(): boolean;
}

interface MainWindowOptions extends FrameOptions {
  /** Called when the person closed it; true keeps it for the next time. */
  readonly onClosed: () => boolean;
  /** Whether the shell is being ended, and windows with it. */
  readonly isEnding: () => boolean;
}

export function createMainWindow({ onClosed, isEnding, ...frame }: MainWindowOptions): MainWindow {
  let current: BrowserWindow | null = null;
  let isWanted = false;
  let isDrawn = false;

  function prepare(): BrowserWindow {
    if (current !== null) return current;
    const window = new BrowserWindow({
      ...frameOptions(frame),
      name: 'main',
      windowStatePersistence: { bounds: true, displayMode: false },
      title: say('shell.name'),
      width: 1120,
      height: 740,
      minWidth: 480,
      minHeight: 420,
    });
    current = window;
    isDrawn = false;
    window.once('ready-to-show', () => {
      isDrawn = true;
      if (isWanted) window.show();
    });
    window.on('close', (event) => {
      if (isEnding()) return;
      isWanted = false;
      if (!onClosed()) return;
      event.preventDefault();
      // Kept for the next time, with the page as the person left it.
      window.hide();
    });
    window.on('closed', () => {
      current = null;
    });
    void window.loadURL(`${appOrigin}/`).catch(() => {});
    return window;
  }

  return {
    prepare,
    show: () => {
      const window = prepare();
      isWanted = true;
      // A new one shows itself when its page has been drawn.
      if (!isDrawn) return;
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    isShown: () => isOpen(current),
  };
}
