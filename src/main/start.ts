// The Electron shell in order: its table of contents. main.ts gives it the real core, tests another.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, dialog, Menu, powerMonitor, protocol, session } from 'electron';
import { createClient } from '../contract/client.ts';
import type { Comparison } from '../contract/comparisons.ts';
import { AppError, toProblem } from '../contract/errors.ts';
import { createPortPair } from '../contract/port.ts';
import type { Core, CoreOptions } from '../core/core.ts';
import { say, sayProblem } from '../messages/messages.ts';
import { hardenSession } from './hardening.ts';
import { followLoginItem, wasStartedAtLogin } from './login-item.ts';
import { startNotifications, tellThatItStays } from './notifications.ts';
import { startPorts } from './ports.ts';
import { appScheme, createAppHandler } from './protocol.ts';
import { createSecretStore } from './secrets.ts';
import { startTray } from './tray.ts';
import { endViewer } from './viewer-close.ts';
import { startWindows } from './windows.ts';

export interface ShellOptions {
  readonly createCore: (options: CoreOptions) => Promise<Core>;
  readonly profileDir: string;
  /** Whether it starts in the tray, as it does at login. */
  readonly isHidden: boolean;
  readonly rendererDir: string;
  readonly preloadPath: string;
  readonly assetsDir: string;
}

/** How long the core may take to end its sessions when the person quits. */
const QUIT_TIMEOUT_MS = 5000;

/** Starts the shell, or hands over to the one that runs already with this profile. Must be called before the app is ready. */
export function startShell(options: ShellOptions): void {
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([appScheme]);
  app.setAppUserModelId('org.ebrainpool.app');
  // One instance for each profile: Electron's lock lies in this folder.
  const userDataDir = join(options.profileDir, 'electron');
  mkdirSync(userDataDir, { recursive: true, mode: 0o700 });
  app.setPath('userData', userDataDir);
  app.setPath('sessionData', userDataDir);
  if (!app.requestSingleInstanceLock()) {
    app.exit(0);
    return;
  }
  void app.whenReady().then(() => run(options));
}

async function run(options: ShellOptions): Promise<void> {
  const stack = new AsyncDisposableStack();
  const iconPath = join(options.assetsDir, 'icon.png');
  endOnQuit(stack);
  setApplicationMenu();
  hardenSession(session.defaultSession);

  // The window loads while the core starts.
  const starting = options.createCore({
    profileDir: options.profileDir,
    shell: 'electron',
    version: app.getVersion(),
    secrets: createSecretStore(),
  });
  // Deferred first, so done last, when the windows are gone. Ends every session, even of a core that is still starting.
  stack.defer(async () => (await starting.catch(() => null))?.[Symbol.asyncDispose]());
  protocol.handle(
    'app',
    createAppHandler(options.rendererDir, {
      readIcon: async (hash) => (await starting).readIcon(hash),
      openFile: async (sessionId, name) => (await starting).openFile(sessionId, name),
    }),
  );
  stack.use(startPorts(starting));
  let canStayWithoutWindow = true;
  let hasToldThatItStays = false;
  /** Closing a window breaks off its comparison, and the other person is told at once. One that this person has answered goes on. */
  let breakOff = (_isMeant: (comparison: Comparison) => boolean) => {};
  let onPopupClosed = () => {};
  let onViewerClosed = (_url: string) => {};
  const windows = stack.use(
    startWindows({
      preloadPath: options.preloadPath,
      assetsDir: options.assetsDir,
      onMainClosed: () => {
        if (!canStayWithoutWindow) return false;
        if (!windows.isPopupShown()) breakOff(({ role }) => role === 'asking');
        if (!hasToldThatItStays && client.read('settings')?.hasNotifications === true) tellThatItStays(iconPath);
        hasToldThatItStays = true;
        return true;
      },
      onPopupClosed: () => onPopupClosed(),
      onViewerClosed: (url) => onViewerClosed(url),
    }),
  );
  const isHidden = options.isHidden || wasStartedAtLogin();
  if (!isHidden) windows.prepareMain();

  // Made before the core is up, so that whoever follows a topic hears its first state.
  const [portOfCore, portOfShell] = createPortPair();
  const client = createClient(portOfShell);
  stack.defer(() => client.close());

  let core: Core;
  try {
    core = await starting;
  } catch (error) {
    tellWhyNot(error, options.profileDir);
    app.exit(1);
    return;
  }
  if (stack.disposed) return;
  core.attach(portOfCore);
  void core.stopRequested.then(() => app.quit());

  const onFailure = (error: unknown) => {
    // What a person clicked may be over already; the topics show it as it is.
    if (!(error instanceof AppError)) console.error(error);
  };
  breakOff = (isMeant) => {
    for (const comparison of client.read('comparisons') ?? []) {
      if (comparison.state === 'waiting' || !isMeant(comparison)) continue;
      client.call('comparisons.cancel', { peerId: comparison.peerId }).catch(onFailure);
    }
  };
  // What this person began is shown in the main window as well.
  onPopupClosed = () => breakOff(({ role }) => role === 'asked' || !windows.isMainShown());
  onViewerClosed = (url) => void endViewer(url, client).catch(onFailure);
  const openPopup = () => windows.showPopup(true);
  await client.ready;
  if (stack.disposed) return;
  stack.use(startNotifications({ client, iconPath, openPopup, onFailure }));
  const tray = startTray({
    client,
    assetsDir: options.assetsDir,
    open: windows.showMain,
    openPopup,
    quit: () => app.quit(),
    onFailure,
  });
  if (tray === null) canStayWithoutWindow = false;
  else stack.use(tray);

  stack.defer(followLoginItem(client));

  // What waits for this person: requests, and the codes that others wish to compare.
  let known: ReadonlySet<string> = new Set();
  const showWhatWaits = () => {
    const waiting = [
      ...(client.read('requests') ?? []).map(({ id }) => id),
      ...(client.read('comparisons') ?? []).filter(({ role }) => role === 'asked').map(({ peerId }) => peerId),
    ];
    const isNew = waiting.some((id) => !known.has(id));
    known = new Set(waiting);
    // Without a main window, a comparison that began in the pop-up can be seen only there.
    const isComparing = (client.read('comparisons')?.length ?? 0) > 0 && !windows.isMainShown();
    if (waiting.length === 0 && !isComparing) windows.hidePopup();
    else if (isNew) windows.showPopup(false);
  };
  stack.defer(client.follow('requests', showWhatWaits));
  stack.defer(client.follow('comparisons', showWhatWaits));

  app.on('second-instance', windows.showMain);
  // macOS: a click on the icon in the dock.
  app.on('activate', windows.showMain);
  // Without a main window the tray keeps the app; without a tray nothing does.
  app.on('window-all-closed', () => {
    if (!canStayWithoutWindow) app.quit();
  });
  if (!isHidden || !canStayWithoutWindow) windows.showMain();
  windows.preparePopup();
}

/** Quitting in whatever way ends the core in good order, but never waits longer than the limit. */
function endOnQuit(stack: AsyncDisposableStack): void {
  let isEnding = false;
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (isEnding) return;
    isEnding = true;
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, QUIT_TIMEOUT_MS));
    const end = stack.disposeAsync().catch((error: unknown) => console.error(error));
    void Promise.race([end, timeout]).then(() => app.exit(0));
  });
  // The computer is switched off: Linux and macOS wait for us a moment.
  powerMonitor.on('shutdown', () => app.quit());
}

/** Only macOS has a menu, for its editing keys. Elsewhere menu keys would be taken from the remote program. */
function setApplicationMenu(): void {
  Menu.setApplicationMenu(
    process.platform === 'darwin'
      ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }])
      : null,
  );
}

function tellWhyNot(error: unknown, profileDir: string): void {
  if (error instanceof Error && error.name === 'AlreadyRunningError') {
    dialog.showErrorBox(
      say('shell.dialog.alreadyRunningTitle'),
      say('shell.dialog.alreadyRunningBody', { profileDir }),
    );
    return;
  }
  if (!(error instanceof AppError)) console.error(error);
  dialog.showErrorBox(say('shell.dialog.failedTitle'), sayProblem(toProblem(error)));
}
