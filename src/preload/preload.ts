// Passes this window's three ports to the page, nothing else. The page sees neither Electron nor this file.
import { ipcRenderer } from 'electron';

/** The little of the DOM that is used here: this file is type-checked without the DOM's types. */
declare const window: {
  readonly location: { readonly origin: string };
  addEventListener(
    type: 'message',
    listener: (event: { readonly source: unknown; readonly origin: string; readonly data: unknown }) => void,
  ): void;
  postMessage(message: string, targetOrigin: string, transfer: unknown[]): void;
};

// The page says when it listens; a reloaded page says so again and gets new ports.
window.addEventListener('message', (event) => {
  // Security: only the page of this window itself may ask.
  if (event.source !== window || event.origin !== window.location.origin) return;
  if (event.data === 'ebrainpool-ready') ipcRenderer.send('ports');
});

/** In this order: the contract, the displays, the uploads. */
ipcRenderer.on('ports', (event) => {
  window.postMessage('ebrainpool-ports', window.location.origin, event.ports);
});
