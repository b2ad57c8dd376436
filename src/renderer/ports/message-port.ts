// The Electron shell's carrier: two MessagePorts that the preload passes on from the main process.
import type { SessionId } from '../../contract/models.ts';
import type { Port } from '../../contract/port.ts';
import type { Carrier } from './carrier.ts';
import { createDisplayPort, type DisplayPort } from './display-port.ts';

/** How long the main process may take to hand over the ports. */
const PORTS_TIMEOUT_MS = 10_000;

export function messagePortCarrier(): Carrier {
  let displays: DisplayPort | undefined;
  return {
    shell: 'electron',
    open: async () => {
      const [contractPort, displayPort] = await requestPorts();
      displays?.close();
      displays = createDisplayPort(displayPort);
      return toPort(contractPort);
    },
    openDisplay: (sessionId: SessionId) => {
      if (displays === undefined) throw new Error('the core is not connected');
      return displays.open(sessionId);
    },
  };
}

function requestPorts(): Promise<[MessagePort, MessagePort]> {
  const { promise, resolve, reject } = Promise.withResolvers<[MessagePort, MessagePort]>();
  const timer = setTimeout(() => reject(new Error('the main process gave no ports')), PORTS_TIMEOUT_MS);
  const onMessage = (event: MessageEvent) => {
    // Security: only this window's own preload may hand over ports.
    if (event.source !== window || event.data !== 'ebrainpool-ports') return;
    const [contractPort, displayPort] = event.ports;
    if (contractPort !== undefined && displayPort !== undefined) resolve([contractPort, displayPort]);
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
