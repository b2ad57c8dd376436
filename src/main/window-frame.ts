// What all windows of the shell have in common.
import { join } from 'node:path';
import { type BrowserWindow, type BrowserWindowConstructorOptions, nativeTheme } from 'electron';
import { hardenedWebPreferences } from './hardening.ts';

export interface FrameOptions {
  readonly preloadPath: string;
  readonly assetsDir: string;
}

export function frameOptions({ preloadPath, assetsDir }: FrameOptions): BrowserWindowConstructorOptions {
  return {
    show: false,
    icon: join(assetsDir, 'icon.png'),
    // What is seen before the page has drawn: no white flash in the dark.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1a1b1e' : '#ffffff',
    // Outside macOS no window has a menu: its keys would be taken from the remote program.
    autoHideMenuBar: true,
    webPreferences: hardenedWebPreferences(preloadPath),
  };
}

/** Whether the person has it open, be it behind others or minimised. */
export function isOpen(window: BrowserWindow | null): boolean {
  return window !== null && (window.isVisible() || window.isMinimized());
}
