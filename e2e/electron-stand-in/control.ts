// Lets a test see and use what a person sees and uses outside of pages: one JSON command a line on a Unix socket.
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { app } from './app.ts';
import { BrowserWindow } from './browser-window.ts';
import type { ControlCommands, ControlMenuItem } from './control-client.ts';
import { dialogs, type MenuTemplateItem, Notification, powerMonitor, Tray } from './desktop.ts';
import { createEvent } from './event.ts';
import { keyStore } from './safe-storage.ts';
import { downloads } from './session.ts';

type Commands = { [K in keyof ControlCommands]: (input: ControlCommands[K]['input']) => ControlCommands[K]['output'] };

const commands: Commands = {
  windows: () =>
    BrowserWindow.getAllWindows().map((window) => ({
      id: window.id,
      url: window.webContents.getURL(),
      isVisible: window.isVisible(),
      isFocused: window.isFocused(),
      isAlwaysOnTop: window.isAlwaysOnTop(),
      calls: window.calls,
      bounds: window.getBounds(),
      options: window.options,
    })),
  tray: () => {
    const tray = [...Tray.all][0];
    if (tray === undefined) return null;
    return {
      image: tray.image.path,
      isImageThere: !tray.image.isEmpty(),
      toolTip: tray.toolTip,
      menu: describe(tray.menu?.template ?? []),
    };
  },
  clickTray: () => {
    for (const tray of Tray.all) tray.emit('click', createEvent());
    return {};
  },
  clickMenu: ({ path }) => {
    let items: readonly MenuTemplateItem[] = [...Tray.all][0]?.menu?.template ?? [];
    let item: MenuTemplateItem | undefined;
    for (const label of path) {
      item = items.find((candidate) => candidate.label === label);
      if (item === undefined) throw new Error(`the tray has no "${label}" in ${JSON.stringify(describe(items))}`);
      items = item.submenu ?? [];
    }
    item?.click?.();
    return {};
  },
  notifications: () =>
    Notification.all.map(({ options, isShown }) => ({
      title: String(options['title']),
      body: String(options['body']),
      isShown,
      actions: ((options['actions'] as { text: string }[]) ?? []).map(({ text }) => text),
    })),
  clickNotification: ({ index, action }) => {
    const notification = Notification.all[index];
    if (notification === undefined) throw new Error('there is no such notification');
    if (action === undefined) notification.emit('click', createEvent());
    else notification.emit('action', createEvent({ actionIndex: action, selectionIndex: -1 }), action, -1);
    return {};
  },
  dialogs: () => dialogs,
  downloads: () => downloads,
  closeWindow: ({ id }) => {
    windowOf(id).close();
    return {};
  },
  visit: async ({ id, url }) => {
    await windowOf(id).loadURL(url);
    return {};
  },
  setKeyStore: ({ state }) => {
    keyStore.state = state;
    return {};
  },
  emit: ({ target, event }) => {
    (target === 'app' ? app : powerMonitor).emit(event, createEvent());
    return {};
  },
  quit: () => {
    setImmediate(() => app.quit());
    return {};
  },
};

/** Listens until the process ends. */
export function startControl(path: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    createInterface({ input: socket }).on('line', async (line) => {
      const { id, command, input } = JSON.parse(line);
      let answer: object;
      try {
        answer = { id, result: await commands[command as keyof Commands](input as never) };
      } catch (error) {
        answer = { id, error: String(error) };
      }
      if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
    });
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

function windowOf(id: number): BrowserWindow {
  const window = BrowserWindow.getAllWindows().find((candidate) => candidate.id === id);
  if (window === undefined) throw new Error(`there is no window ${id}`);
  return window;
}

function describe(items: readonly MenuTemplateItem[]): ControlMenuItem[] {
  return items.map(({ label, type, checked, submenu }) => ({
    label: label ?? '',
    type: type ?? (submenu === undefined ? 'normal' : 'submenu'),
    isChecked: checked === true,
    items: describe(submenu ?? []),
  }));
}
