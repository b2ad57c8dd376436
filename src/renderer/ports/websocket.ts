// The browser shell's carrier: WebSockets to the server that this page came from.
import type { SessionId } from '../../contract/models.ts';
import type { Port } from '../../contract/port.ts';
import { type Carrier, type DisplayChannel, Unauthorized } from './carrier.ts';

/** The server closes with this code when the page's cookie is not, or no longer, valid. */
const CLOSED_UNAUTHORIZED = 4401;

export function webSocketCarrier(): Carrier {
  return { shell: 'browser', open: openContract, openDisplay };
}

function socketUrl(path: string): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = '';
  url.hash = '';
  return url.href;
}

function openDisplay(sessionId: SessionId): DisplayChannel {
  return new WebSocket(socketUrl(`/display/${sessionId}`));
}

async function openContract(): Promise<Port> {
  const socket = new WebSocket(socketUrl('/contract'));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let messageListener: ((message: unknown) => void) | undefined;
  let isClosed = false;
  const closeListeners: (() => void)[] = [];
  socket.onopen = () => resolve();
  socket.onmessage = (event) => messageListener?.(JSON.parse(String(event.data)));
  socket.onclose = (event) => {
    if (isClosed) return;
    isClosed = true;
    reject(event.code === CLOSED_UNAUTHORIZED ? new Unauthorized() : new Error('the core is not reachable'));
    for (const listener of closeListeners) listener();
  };
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof Unauthorized) && (await isRefused())) throw new Unauthorized();
    throw error;
  }
  return {
    post: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    onMessage: (listener) => {
      messageListener = listener;
    },
    onClose: (listener) => {
      closeListeners.push(listener);
    },
    close: () => socket.close(),
  };
}

/** A page is not told the HTTP status of a refused WebSocket, so ask for the page itself. */
async function isRefused(): Promise<boolean> {
  try {
    const response = await fetch(new URL('/', location.href), { method: 'HEAD', cache: 'no-store' });
    return response.status === 401 || response.status === 403;
  } catch {
    return false;
  }
}
