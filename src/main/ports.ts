// Gives each of our windows its two ports: the contract, and the displays. Other pages and frames get none.
import { type IpcMainEvent, ipcMain, MessageChannelMain, type MessagePortMain } from 'electron';
import type { Port } from '../contract/port.ts';
import type { Core } from '../core/core.ts';
import { serveDisplays } from './display.ts';
import { isOwnFrame } from './hardening.ts';

/** Serves every window that asks, from now on until disposed. A window that asks before the core is up waits for it. */
export function startPorts(core: Promise<Core>): Disposable {
  /** By the id of the web contents: a page that was reloaded leaves its old ports behind. */
  const portsOf = new Map<number, MessagePortMain[]>();

  async function give(event: IpcMainEvent): Promise<void> {
    const { senderFrame: frame, sender } = event;
    // Security: whoever gets these ports can answer requests.
    if (!isOwnFrame(frame)) return;
    const started = await core;
    if (sender.isDestroyed()) return;
    for (const port of portsOf.get(sender.id) ?? []) port.close();
    const contract = new MessageChannelMain();
    const displays = new MessageChannelMain();
    portsOf.set(sender.id, [contract.port1, displays.port1]);
    serveDisplays(toPort(displays.port1), (sessionId) => started.openDisplay(sessionId));
    started.attach(toPort(contract.port1));
    contract.port1.start();
    displays.port1.start();
    frame.postMessage('ports', null, [contract.port2, displays.port2]);
    sender.once('destroyed', () => portsOf.delete(sender.id));
  }

  const onPorts = (event: IpcMainEvent) => {
    // The core did not start: start.ts tells the person and ends.
    give(event).catch(() => {});
  };
  ipcMain.on('ports', onPorts);
  return {
    [Symbol.dispose]: () => {
      ipcMain.off('ports', onPorts);
      for (const port of [...portsOf.values()].flat()) port.close();
    },
  };
}

/** Messages from before `start()` wait in the channel. */
function toPort(port: MessagePortMain): Port {
  let isOpen = true;
  const closeListeners: (() => void)[] = [];
  const onClose = () => {
    if (!isOpen) return;
    isOpen = false;
    for (const listener of closeListeners) listener();
  };
  port.once('close', onClose);
  return {
    post: (message) => {
      if (isOpen) port.postMessage(message);
    },
    onMessage: (listener) => {
      port.removeAllListeners('message');
      port.on('message', (event) => {
        if (isOpen) listener(event.data);
      });
    },
    onClose: (listener) => closeListeners.push(listener),
    close: () => {
      port.close();
      onClose();
    },
  };
}
