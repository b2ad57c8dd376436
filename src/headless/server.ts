// The browser shell's server: the page, its icons, the contract and the displays on 127.0.0.1, for the person alone.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import { toProblem } from '../contract/errors.ts';
import { parseFilePath } from '../contract/exchange.ts';
import { iconHashSchema, sessionIdSchema } from '../contract/ids.ts';
import { permissionsPolicy } from '../contract/permissions-policy.ts';
import type { Port } from '../contract/port.ts';
import { maxLocalLineBytes } from '../contract/profile.ts';
import type { Core } from '../core/core.ts';
import type { Log } from '../core/lib/log.ts';
import { type Access, openAccessFile, startAccess } from './access.ts';
import { receiveFile, sendFile, sizeOf } from './file-transfer.ts';
import { findRefusal, securityHeaders } from './gate.ts';
import type { PageFile } from './page-files.ts';
import { arrivalPage, refusalPage, signInPage } from './small-pages.ts';

export interface BrowserServerOptions {
  readonly core: Pick<Core, 'attach' | 'readIcon' | 'openDisplay' | 'openFile' | 'putFile'>;
  readonly profileDir: string;
  readonly files: ReadonlyMap<string, PageFile>;
  /** The port to take; 0 for any; null for that of last time or 47800. When it is taken, the next. */
  readonly port: number | null;
  readonly log: Log;
}

export interface BrowserServer extends AsyncDisposable {
  /** The address with a token that is still good. */
  readonly url: string;
  readonly port: number;
  /** The port that was wanted and cannot be had, and why; null when all is as wanted. */
  readonly refusedPort: { readonly port: number; readonly why: 'taken' | 'needs-root' } | null;
}

const DEFAULT_PORT = 47800;
const PORTS_TRIED = 50;
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;
const ICON_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Starts serving. */
export async function startBrowserServer(options: BrowserServerOptions): Promise<BrowserServer> {
  const { core, files, log } = options;
  await using stack = new AsyncDisposableStack();
  const accessFile = await openAccessFile(options.profileDir, log);
  // A large file on a slow network takes longer than any limit for a whole request; its headers have theirs.
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 });
  const { takenPorts, isForRoot } = await listen(server, options.port ?? accessFile.value.port ?? DEFAULT_PORT);
  stack.defer(() => close(server));
  // What fails later is one connection that could not be taken (too many open files, say), and no reason to end.
  server.on('error', (error) => log.warn({ error: error.message }, 'a browser connection could not be taken'));
  const { port } = server.address() as AddressInfo;
  const access = stack.use(await startAccess(options.profileDir, accessFile, port, takenPorts, log));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxLocalLineBytes, perMessageDeflate: false });
  stack.defer(() => {
    for (const socket of sockets.clients) socket.terminate();
  });

  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.error({ error: String(error) }, 'browser request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
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
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const refusal = findRefusal(request, port, !isRead);
    const host = refusal === null ? (request.headers.host ?? '') : `127.0.0.1:${port}`;
    const send = (status: number, headers: Record<string, string>, body: string | Uint8Array) => {
      response.writeHead(status, { ...securityHeaders(host), 'Cache-Control': 'no-store', ...headers });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const html = { 'Content-Type': 'text/html; charset=utf-8' };
    if (refusal !== null) {
      log.debug({ refusal }, 'browser request refused');
      send(403, html, refusalPage());
      return;
    }
    const { pathname, searchParams } = parseTarget(request);
    const token = searchParams.get('token');
    if (isRead && pathname === '/' && token !== null) {
      await signIn(request, token, searchParams, send);
      return;
    }
    if (!access.isSignedIn(request.headers.cookie)) {
      send(401, html, signInPage());
      return;
    }
    const place = parseFilePath(pathname);
    if (place !== null && request.method === 'GET') {
      await sendFile(response, securityHeaders(host), place.name, () => core.openFile(place.sessionId, place.name));
      return;
    }
    if (place !== null && request.method === 'PUT') {
      const { status, answer } = await receiveFile(request, (source) =>
        core.putFile(place.sessionId, place.name, source, sizeOf(request)),
      );
      send(status, { 'Content-Type': 'application/json' }, JSON.stringify(answer));
      return;
    }
    if (!isRead) {
      send(405, { Allow: 'GET, HEAD' }, '');
      return;
    }
    const file = files.get(pathname);
    if (file !== undefined && file === files.get('/') && isFromElsewhere(request)) {
      // Security: an address can ask for a program. A page on another port of this host brings the cookie, and gets the start page.
      send(200, { ...html, Refresh: '0; url=/' }, arrivalPage());
      return;
    }
    if (file !== undefined) {
      send(
        200,
        {
          'Content-Type': file.type,
          'Permissions-Policy': permissionsPolicy(file === files.get('/') && searchParams.get('window') === null),
          'Cache-Control': file.isImmutable ? 'private, max-age=31536000, immutable' : 'no-cache',
        },
        file.bytes,
      );
      return;
    }
    const hash = iconHashSchema.safeParse(/^\/icons\/([^/]+)$/.exec(pathname)?.[1]);
    const icon = hash.success ? await core.readIcon(hash.data) : null;
    if (icon === null) {
      send(404, { 'Content-Type': 'text/plain' }, '');
      return;
    }
    // Security: an icon comes from another computer. Opened as a page of its own it may be SVG with anything in it.
    const type = icon.type === 'image/svg+xml' ? 'image/svg+xml' : 'image/png';
    send(
      200,
      {
        'Content-Type': type,
        'Content-Security-Policy': ICON_POLICY,
        'Cache-Control': 'private, max-age=31536000, immutable',
      },
      icon.bytes,
    );
  }

  async function signIn(
    request: IncomingMessage,
    token: string,
    searchParams: URLSearchParams,
    send: (status: number, headers: Record<string, string>, body: string) => void,
  ): Promise<void> {
    const secret = request.method === 'GET' ? await access.exchange(token) : null;
    if (secret === null && !access.isSignedIn(request.headers.cookie)) {
      send(401, { 'Content-Type': 'text/html; charset=utf-8' }, signInPage());
      return;
    }
    const isForeign = isFromElsewhere(request);
    // Security: who guesses at a token gets no more than who has none.
    if (secret === null && isForeign) for (const name of [...searchParams.keys()]) searchParams.delete(name);
    searchParams.delete('token');
    const location = searchParams.size === 0 ? '/' : `/?${searchParams}`;
    const cookie: Record<string, string> = secret === null ? {} : { 'Set-Cookie': cookieOf(access, secret) };
    if (!isForeign) {
      send(303, { ...cookie, Location: location }, '');
      return;
    }
    // Followed from a page of another site (a terminal in a browser), a redirect would not bring the SameSite=Strict cookie along.
    send(200, { ...cookie, 'Content-Type': 'text/html; charset=utf-8', Refresh: `0; url=${location}` }, arrivalPage());
  }

  const kept = stack.move();
  return {
    get url() {
      return access.url;
    },
    port,
    refusedPort: takenPorts[0] === undefined ? null : { port: takenPorts[0], why: isForRoot ? 'needs-root' : 'taken' },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function cookieOf(access: Access, secret: string): string {
  return `${access.cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${access.cookieMaxAgeS}`;
}

/** Whether a page of another origin led here; `findRefusal` has let it pass as a navigation. Old browsers do not say. */
function isFromElsewhere(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  return site === 'same-site' || site === 'cross-site';
}

/** The path as it was sent, neither decoded nor resolved: it is only ever looked up. */
function parseTarget(request: IncomingMessage): { pathname: string; searchParams: URLSearchParams } {
  const [pathname = '', ...query] = (request.url ?? '').split('?');
  return { pathname, searchParams: new URLSearchParams(query.join('?')) };
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

/** Close codes of the range for applications; the reason is the error code of the contract. */
const DISPLAY_REFUSED = 4000;

/** Carries RFB bytes both ways, each side no faster than the other reads. */
async function carryDisplay(socket: WebSocket, open: () => Promise<Duplex>): Promise<void> {
  socket.on('error', () => socket.terminate());
  // Made at once, so that what the page sends meanwhile waits.
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
  // A browser that was killed says no goodbye, and its carrier may wait for the end of a socket that has none.
  socket.once('close', finish);
  pipeline(display, carrier, finish);
  pipeline(carrier, display, finish);
}

interface Listening {
  /** Those that were refused before one was free. */
  readonly takenPorts: readonly number[];
  /** Whether the first of them was refused because an ordinary user may not have it. */
  readonly isForRoot: boolean;
}

/** Listens on the port or, when it cannot be had, on the next free one. */
async function listen(server: Server, port: number): Promise<Listening> {
  const takenPorts: number[] = [];
  let isForRoot = false;
  for (;;) {
    const attempt = takenPorts.length < PORTS_TRIED && port + takenPorts.length <= 65535 ? port + takenPorts.length : 0;
    const code = await listenAt(server, port === 0 ? 0 : attempt);
    if (code === null) return { takenPorts, isForRoot };
    if (takenPorts.length === 0) isForRoot = code === 'EACCES';
    takenPorts.push(attempt);
  }
}

/** Resolves to null, or to why another port is worth a try. */
async function listenAt(server: Server, port: number): Promise<'EADDRINUSE' | 'EACCES' | null> {
  try {
    server.listen(port, '127.0.0.1');
    // Leaves no listener behind, whichever way it goes.
    await once(server, 'listening');
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (port === 0 || (code !== 'EADDRINUSE' && code !== 'EACCES')) throw error;
    return code;
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
