// Start at login on macOS and Windows, whose systems ask the application itself; on Linux the core writes the autostart entry.
import { app } from 'electron';
import type { Client } from '../contract/client.ts';

const args = ['--hidden'];

/** Keeps the system's list as the person's setting is. Returns the way to stop. */
export function followLoginItem(client: Client): () => void {
  // Unpackaged, the entry would start Electron without us.
  if (process.platform === 'linux' || !app.isPackaged) return () => {};
  return client.follow('settings', ({ isStartedAtLogin: openAtLogin }) => {
    if (app.getLoginItemSettings({ args }).openAtLogin !== openAtLogin) app.setLoginItemSettings({ openAtLogin, args });
  });
}

/** macOS starts login items without arguments; this is how it tells. */
export function wasStartedAtLogin(): boolean {
  return process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin;
}
