// Electron's security checklist (https://www.electronjs.org/docs/latest/tutorial/security), items by their number there.
// Items elsewhere: 7 (CSP) and 18 (no file://) in protocol.ts, 19 (fuses) in electron-builder.yml, 20 in preload.ts;
// 15 is kept by never calling shell.openExternal, 16 by the pinned version in package.json.
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  type BrowserWindowConstructorOptions,
  type Session,
  systemPreferences,
  type WebContents,
  type WebFrameMain,
  type WebPreferences,
} from 'electron';
import { rowOfWindow } from '../contract/windows.ts';
import { isCameraOfMainWindow } from './camera.ts';
import { appOrigin, isFileUrl, isOwnDownload, windowOfUrl } from './protocol.ts';

/** For every window, and stated although most are Electron's defaults, so that a change of defaults changes nothing here. */
export function hardenedWebPreferences(preload: string): WebPreferences {
  return {
    preload,
    nodeIntegration: false, // 2
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    contextIsolation: true, // 3
    sandbox: true, // 4
    webSecurity: true, // 6
    allowRunningInsecureContent: false, // 8
    experimentalFeatures: false, // 9
    webviewTag: false, // 11
    navigateOnDragDrop: false,
    // Spell checking would fetch dictionaries from the network.
    spellcheck: false,
    devTools: !app.isPackaged,
  };
}

/**
 * What a page of ours may use; everything else is refused, but for the camera (below). The clipboard is read in the moment in which
 * a person pastes in a viewer whose session has that power, and at no other (renderer/viewer/clipboard.ts).
 */
const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set([
  'clipboard-read',
  'clipboard-sanitized-write',
  'fullscreen',
  'notifications',
]);

/** Item 5, item 1: no request ever leaves for the network; and what is saved is our own and goes where the person says. */
export function hardenSession(session: Session): void {
  const isAllowed = (permission: string, url: string) =>
    // Security: the check handler is given an origin, the request handler a whole URL.
    ALLOWED_PERMISSIONS.has(permission) && (url === appOrigin || windowOfUrl(url) !== null);
  session.setPermissionRequestHandler((contents, permission, callback, details) => {
    if (permission !== 'media') {
      callback(isAllowed(permission, details.requestingUrl));
      return;
    }
    const types = 'mediaTypes' in details ? (details.mediaTypes ?? []) : [];
    // Security: a window that nobody sees gets no camera.
    const isShown = BrowserWindow.fromWebContents(contents)?.isVisible() === true;
    if (isShown && isCameraOfMainWindow({ ...details, types })) void askSystemForCamera().then(callback);
    else callback(false);
  });
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin, details) =>
    permission === 'media'
      ? isCameraOfMainWindow({ ...details, types: [details.mediaType] })
      : isAllowed(permission, requestingOrigin.replace(/\/$/, '')),
  );
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest((details, callback) =>
    callback({ cancel: !/^(app|blob|data|devtools):/.test(details.url) }),
  );
  session.on('will-download', (event, item, contents) => {
    if (!isOwnDownload(item.getURL(), contents?.getURL() ?? '')) {
      event.preventDefault();
      return;
    }
    // Security: no path is set here, so that Electron asks the person.
    item.setSaveDialogOptions({ defaultPath: join(app.getPath('downloads'), item.getFilename()) });
  });
}

/** macOS asks the person once; without NSCameraUsageDescription (electron-builder.yml) it would end the program instead. */
async function askSystemForCamera(): Promise<boolean> {
  return process.platform !== 'darwin' || systemPreferences.askForMediaAccess('camera').catch(() => false);
}

/** Items 11 to 14 for every page that is ever made. `viewerOptions` are those of a window that our page opens. */
export function hardenContents(contents: WebContents, viewerOptions: () => BrowserWindowConstructorOptions): void {
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    // A click on a file is a navigation here, with or without the attribute `download` (electron#44375): it is saved instead.
    const isOwn = event.isMainFrame && rowOfWindow(windowOfUrl(contents.getURL())).isOfSession;
    if (isOwn && isFileUrl(event.url)) contents.downloadURL(event.url);
    // A reload is a navigation too, and the page's own.
    if (!event.isMainFrame || windowOfUrl(event.url) === null) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) =>
    windowOfUrl(contents.getURL()) !== null && rowOfWindow(windowOfUrl(url)).isOfSession
      ? { action: 'allow', outlivesOpener: true, overrideBrowserWindowOptions: viewerOptions() }
      : { action: 'deny' },
  );
}

/** Item 17: whether a message comes from a page of ours, and not from a frame in it. */
export function isOwnFrame(frame: WebFrameMain | null): frame is WebFrameMain {
  return frame !== null && frame.parent === null && frame.origin === appOrigin && windowOfUrl(frame.url) !== null;
}
