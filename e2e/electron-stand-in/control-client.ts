// A test's end of control.ts.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { KeyStore } from './safe-storage.ts';

export interface ControlMenuItem {
  readonly label: string;
  readonly type: string;
  readonly isChecked: boolean;
  readonly items: readonly ControlMenuItem[];
}

export interface ControlWindow {
  readonly id: number;
  readonly url: string;
  readonly isVisible: boolean;
  readonly isFocused: boolean;
  readonly isAlwaysOnTop: boolean;
  /** show, showInactive and hide, in the order in which they were called. */
  readonly calls: readonly string[];
  readonly bounds: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly options: Readonly<Record<string, unknown>>;
}

/** Every command, what it takes and what it gives. */
export interface ControlCommands {
  windows: { input: undefined; output: ControlWindow[] };
  tray: {
    input: undefined;
    output: { image: string; isImageThere: boolean; toolTip: string; menu: ControlMenuItem[] } | null;
  };
  clickTray: { input: undefined; output: object };
  /** Clicks a menu item of the tray by the labels that lead to it. */
  clickMenu: { input: { path: string[] }; output: object };
  notifications: { input: undefined; output: { title: string; body: string; isShown: boolean; actions: string[] }[] };
  /** Without `action` the notification itself is clicked. */
  clickNotification: { input: { index: number; action?: number }; output: object };
  dialogs: { input: undefined; output: readonly { title: string; content: string }[] };
  /** What pages wanted to save, and the place that the save dialog proposes; null where the shell refused. */
  downloads: { input: undefined; output: readonly { url: string; proposal: string | null }[] };
  /** Closes a window as its cross does. */
  closeWindow: { input: { id: number }; output: object };
  /** Loads an address into a window as the main process does. */
  visit: { input: { id: number; url: string }; output: Promise<object> };
  /** What the system's key store is from now on. */
  setKeyStore: { input: { state: KeyStore }; output: object };
  /** For example `powerMonitor` `shutdown`, `app` `activate`. */
  emit: { input: { target: 'app' | 'powerMonitor'; event: string }; output: object };
  quit: { input: undefined; output: object };
}

export interface Control extends Disposable {
  send<K extends keyof ControlCommands>(
    command: K,
    ...input: ControlCommands[K]['input'] extends undefined ? [] : [ControlCommands[K]['input']]
  ): Promise<Awaited<ControlCommands[K]['output']>>;
}

/** Connects to the socket that the stand-in was given in EBP_STAND_IN_SOCKET. */
export async function connectControl(socketPath: string): Promise<Control> {
  const socket = connect(socketPath);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let nextId = 1;
  createInterface({ input: socket }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    if (error === undefined) waiting.get(id)?.resolve(result as never);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  socket.on('error', () => {});
  socket.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the stand-in has ended'));
    waiting.clear();
  });
  return {
    send: (command, ...[input]) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve: resolve as (value: never) => void, reject });
        socket.write(`${JSON.stringify({ id, command, input })}\n`);
      }),
    [Symbol.dispose]: () => socket.destroy(),
  };
}
