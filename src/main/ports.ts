// Gives each of our windows its three ports: the contract, the displays and the uploads. Other pages and frames get none.
import { type IpcMainEvent, ipcMain, MessageChannelMain, type MessagePortMain } from 'electron';
import type { Port } from '../contract/port.ts';
import type { Core } from '../core/core.ts';
import { serveDisplays } from './display.ts';
import { isOwnFrame } from './hardening.ts';
import { serveUploads } from './uploads.ts';

/** Serves every window that asks, from now on until disposed. A window that asks before the core is up waits for it. */
export function startPorts(core: Promise<Core>): Disposable {
  /** By the id of the web contents: a page that was reloaded leaves its old ports behind. */
  const portsOf = new Map<number, Port[]>();

  async function give(event: IpcMainEvent): Promise<void> {
    const { senderFrame: frame, sender } = event;
    // Security: whoever gets these ports can answer requests.
    if (!isOwnFrame(frame)) return;
    // A core that does not start is told to the person by start.ts, and the shell ends.
    const started = await core.catch(() => null);
    if (started === null || sender.isDestroyed()) return;
    const { id } = sender;
    if (!portsOf.has(id)) sender.once('destroyed', () => portsOf.delete(id));
    for (const port of portsOf.get(id) ?? []) port.close();
    const contract = new MessageChannelMain();
    const displays = new MessageChannelMain();
    const uploads = new MessageChannelMain();
    const contractPort = toPort(contract.port1);
    const displayPort = toPort(displays.port1);
    const uploadPort = toPort(uploads.port1);
    portsOf.set(id, [contractPort, displayPort, uploadPort]);
    serveDisplays(displayPort, (sessionId) => started.openDisplay(sessionId));
    serveUploads(uploadPort, started.putFile);
    started.attach(contractPort);
    for (const { port1 } of [contract, displays, uploads]) port1.start();
    frame.postMessage('ports', null, [contract.port2, displays.port2, uploads.port2]);
  }

  const onPorts = (event: IpcMainEvent) => void give(event);
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
