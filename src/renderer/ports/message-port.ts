// The Electron shell's carrier: three MessagePorts that the preload passes on from the main process.
import { AppError } from '../../contract/errors.ts';
import { filePath } from '../../contract/exchange.ts';
import type { SessionId } from '../../contract/ids.ts';
import type { Port } from '../../contract/port.ts';
import type { Carrier } from './carrier.ts';
import { createDisplayPort, type DisplayPort } from './display-port.ts';
import { createUploadPort, type UploadPort } from './upload-port.ts';

/** How long the main process may take to hand over the ports. */
const PORTS_TIMEOUT_MS = 10_000;

export function messagePortCarrier(): Carrier {
  let displays: DisplayPort | undefined;
  let uploads: UploadPort | undefined;
  return {
    shell: 'electron',
    open: async () => {
      const [contractPort, displayPort, uploadPort] = await requestPorts();
      displays?.close();
      uploads?.close();
      displays = createDisplayPort(displayPort);
      uploads = createUploadPort(uploadPort);
      return toPort(contractPort);
    },
    openDisplay: (sessionId: SessionId) => {
      if (displays === undefined) throw new Error('the core is not connected');
      return displays.open(sessionId);
    },
    sendFile: (upload) => {
      if (uploads === undefined) return Promise.reject(new AppError('core-not-running'));
      return uploads.send(upload);
    },
    // The main process saves it in place of going there (main/hardening.ts).
    saveFile: (sessionId, name) => location.assign(filePath(sessionId, name)),
  };
}

type Ports = readonly [contract: MessagePort, displays: MessagePort, uploads: MessagePort];

function requestPorts(): Promise<Ports> {
  const { promise, resolve, reject } = Promise.withResolvers<Ports>();
  const timer = setTimeout(() => reject(new Error('the main process gave no ports')), PORTS_TIMEOUT_MS);
  const onMessage = (event: MessageEvent) => {
    // Security: only this window's own preload may hand over ports.
    if (event.source !== window || event.data !== 'ebrainpool-ports') return;
    const [contractPort, displayPort, uploadPort] = event.ports;
    if (contractPort !== undefined && displayPort !== undefined && uploadPort !== undefined)
      resolve([contractPort, displayPort, uploadPort]);
  };
  window.addEventListener('message', onMessage);
  window.postMessage('ebrainpool-ready', location.origin);
  return promise.finally(() => {
    clearTimeout(timer);
    window.removeEventListener('message', onMessage);
  });
}

function toPort(port: MessagePort): Port {
  let isClosed = false;
  const closeListeners: (() => void)[] = [];
  const onClosed = () => {
    if (isClosed) return;
    isClosed = true;
    for (const listener of closeListeners) listener();
  };
  // Chromium tells when the other end is gone: https://developer.mozilla.org/en-US/docs/Web/API/MessagePort
  port.addEventListener('close', onClosed);
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.onmessage = (event) => listener(event.data);
    },
    onClose: (listener) => {
      closeListeners.push(listener);
    },
    close: () => {
      port.close();
      queueMicrotask(onClosed);
    },
  };
}
