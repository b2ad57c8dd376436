// The page's WebSockets: the contract, and the displays of sessions.
import type { IncomingMessage } from 'node:http';
import { type Duplex, pipeline } from 'node:stream';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import { toProblem } from '../contract/errors.ts';
import { sessionIdSchema } from '../contract/ids.ts';
import type { Port } from '../contract/port.ts';
import { maxLocalLineBytes } from '../contract/profile.ts';
import type { Core } from '../core/core.ts';
import type { Log } from '../core/lib/log.ts';
import type { Access } from './access.ts';
import { findRefusal } from './gate.ts';
import { parseTarget } from './request-target.ts';

export interface SocketsOptions {
  readonly core: Pick<Core, 'attach' | 'openDisplay'>;
  readonly access: Access;
  readonly port: number;
  readonly log: Log;
}

export interface Sockets extends Disposable {
  /** Takes a connection that wants to become a WebSocket, or refuses it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;
/** Close codes of the range for applications; the reason is the error code of the contract. */
const DISPLAY_REFUSED = 4000;

export function startSockets({ core, access, port, log }: SocketsOptions): Sockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxLocalLineBytes, perMessageDeflate: false });
  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const refuse = (status: string) =>
        socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      const refusal = findRefusal(request, port, true);
      if (refusal !== null) {
        log.debug({ refusal }, 'browser connection refused');
        refuse('403 Forbidden');
        return;
      }
      if (!access.isSignedIn(request.headers.cookie)) {
        refuse('401 Unauthorized');
        return;
      }
      const { pathname } = parseTarget(request);
      const sessionId = sessionIdSchema.safeParse(/^\/display\/([^/]+)$/.exec(pathname)?.[1]);
      if (pathname === '/contract') {
        sockets.handleUpgrade(request, socket, head, (webSocket) => core.attach(createWebSocketPort(webSocket, log)));
      } else if (sessionId.success) {
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          void carryDisplay(webSocket, () => core.openDisplay(sessionId.data));
        });
      } else {
        refuse('404 Not Found');
      }
    },
    [Symbol.dispose]: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

/** The contract's port on a WebSocket: JSON in text messages. */
function createWebSocketPort(socket: WebSocket, log: Log): Port {
  socket.on('error', (error) => log.warn({ error: String(error) }, 'browser connection failed'));
  return {
    post: (message) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(JSON.stringify(message));
      if (socket.bufferedAmount <= MAX_BUFFERED_BYTES) return;
      log.warn({}, 'browser does not read');
      socket.terminate();
    },
    onMessage: (listener) => {
      socket.on('message', (data, isBinary) => {
        let message: unknown;
        try {
          if (isBinary) throw new Error('a binary message');
          message = JSON.parse(String(data));
        } catch (error) {
          log.warn({ error: String(error) }, 'browser sent what is not JSON');
          socket.close(1007);
          return;
        }
        listener(message);
      });
    },
    onClose: (listener) => socket.on('close', listener),
    close: () => socket.close(1000),
  };
}

/** Carries RFB bytes both ways, each side no faster than the other reads. */
async function carryDisplay(socket: WebSocket, open: () => Promise<Duplex>): Promise<void> {
  socket.on('error', () => socket.terminate());
  // Made at once, so that it keeps what the page sends in the meantime.
  const carrier = createWebSocketStream(socket, { allowHalfOpen: false });
  carrier.on('error', () => socket.terminate());
  let display: Duplex;
  try {
    display = await open();
  } catch (error) {
    socket.close(DISPLAY_REFUSED, toProblem(error).code);
    return;
  }
  const finish = () => {
    display.destroy();
    socket.close(1000);
  };
  if (socket.readyState !== WebSocket.OPEN) {
    finish();
    return;
  }
  // A killed browser sends no end, and its carrier might wait for one for ever.
  socket.once('close', finish);
  pipeline(display, carrier, finish);
  pipeline(carrier, display, finish);
}
