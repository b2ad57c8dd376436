// The pop-up: what waits for an answer, in the corner of the screen that the person looks at.
import { BrowserWindow, screen } from 'electron';
import { say } from '../messages/messages.ts';
import { hardenedWebPreferences } from './hardening.ts';
import { appOrigin } from './protocol.ts';
import { type FrameOptions, frameOptions, isOpen } from './window-frame.ts';

export interface PopupWindow {
  /** Makes it without showing it. */
  prepare(): void;
  /** Shows it above other windows; `isFocused` only when the person asked for it. */
  show(isFocused: boolean): void;
  hide(): void;
  isShown(): boolean;
}

interface PopupWindowOptions extends FrameOptions {
  /** Called when the person closed it. */
  readonly onClosed: () => void;
  /** Whether the shell is being ended, and windows with it. */
  readonly isEnding: () => boolean;
}

const SIZE = { width: 420, height: 520 };
const MARGIN_PX = 16;

export function createPopupWindow({ onClosed, isEnding, ...frame }: PopupWindowOptions): PopupWindow {
  let current: BrowserWindow | null = null;

  function prepare(): BrowserWindow {
    if (current !== null) return current;
    const window = new BrowserWindow({
      ...frameOptions(frame),
      title: say('shell.window.popup'),
      ...SIZE,
      resizable: false,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      alwaysOnTop: true,
      skipTaskbar: false,
      webPreferences: {
        ...hardenedWebPreferences(frame.preloadPath),
        // Draws while hidden, so that it never shows an old request for a moment.
        backgroundThrottling: false,
      },
    });
    current = window;
    window.setAlwaysOnTop(true, 'floating');
    window.on('close', (event) => {
      if (isEnding()) return;
      // Closing it is no answer: the request still waits, in the main window and the tray.
      event.preventDefault();
      window.hide();
      onClosed();
      // Nothing that was left open may lie above the next request.
      window.webContents.reload();
    });
    window.on('closed', () => {
      current = null;
    });
    void window.loadURL(`${appOrigin}/?window=popup`).catch(() => {});
    return window;
  }

  return {
    prepare,
    show: (isFocused) => {
      const window = prepare();
      if (!window.isVisible()) {
        const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
        const x = workArea.x + workArea.width - SIZE.width - MARGIN_PX;
        const y = workArea.y + workArea.height - SIZE.height - MARGIN_PX;
        window.setBounds({ x, y, ...SIZE });
      }
      // Whoever types in another window goes on typing there.
      if (isFocused) window.show();
      else window.showInactive();
    },
    hide: () => current?.hide(),
    isShown: () => isOpen(current),
  };
}
