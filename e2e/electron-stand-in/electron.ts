// The module that the shell gets when it imports `electron`.
export { app } from './app.ts';
export { BrowserWindow } from './browser-window.ts';
export {
  dialog,
  Menu,
  Notification,
  nativeImage,
  nativeTheme,
  powerMonitor,
  screen,
  systemPreferences,
  Tray,
} from './desktop.ts';
export { ipcMain } from './ipc.ts';
export { MessageChannelMain } from './message-ports.ts';
export { safeStorage } from './safe-storage.ts';
export { protocol, session } from './session.ts';
