// The browser shell's carrier: WebSockets to the server that this page came from.
import { AppError, problemSchema } from '../../contract/errors.ts';
import { filePath } from '../../contract/exchange.ts';
import type { SessionId } from '../../contract/ids.ts';
import type { Port } from '../../contract/port.ts';
import { type Carrier, type DisplayChannel, Unauthorized, type Upload } from './carrier.ts';

/** The server closes with this code when the page's cookie is not, or no longer, valid. */
const CLOSED_UNAUTHORIZED = 4401;

export function webSocketCarrier(): Carrier {
  return { shell: 'browser', open: openContract, openDisplay, sendFile, saveFile };
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

/** By XMLHttpRequest: `fetch` tells no progress, and reads a file into memory before it sends it as a stream. */
function sendFile({ sessionId, name, file, signal, onProgress }: Upload): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  signal.addEventListener('abort', abort, { once: true });
  request.upload.onprogress = ({ loaded }) => onProgress(loaded);
  request.onabort = () => reject(new AppError('cancelled'));
  request.onerror = () => reject(new AppError('transfer-broken'));
  request.onload = () => {
    const answer: unknown = request.response;
    if (request.status === 201 && isObject(answer) && typeof answer['name'] === 'string') resolve(answer['name']);
    else {
      const problem = problemSchema.safeParse(isObject(answer) ? answer['problem'] : null);
      reject(problem.success ? new AppError(problem.data.code, problem.data.params) : new AppError('internal'));
    }
  };
  request.open('PUT', filePath(sessionId, name));
  request.responseType = 'json';
  if (signal.aborted) reject(new AppError('cancelled'));
  else request.send(file);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

/** With the attribute `download`, so that an answer that is no file does not replace this page. */
function saveFile(sessionId: SessionId, name: string): void {
  const link = document.createElement('a');
  link.href = filePath(sessionId, name);
  link.download = name;
  link.click();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
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
