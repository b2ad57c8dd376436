// The browser shell's server: the page, its icons, the contract and the displays on 127.0.0.1, for the person alone.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Core } from '../core/core.ts';
import type { Log } from '../core/lib/log.ts';
import { openAccessFile, startAccess } from './access.ts';
import type { PageFile } from './page-files.ts';
import { createRoutes } from './routes.ts';
import { startSockets } from './sockets.ts';

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

/** Starts serving. */
export async function startBrowserServer(options: BrowserServerOptions): Promise<BrowserServer> {
  const { core, files, log } = options;
  await using stack = new AsyncDisposableStack();
  const accessFile = await openAccessFile(options.profileDir, log);
  // A large file on a slow network takes longer than any limit for a whole request; its headers have theirs.
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 });
  const { takenPorts, isForRoot } = await listen(server, options.port ?? accessFile.value.port ?? DEFAULT_PORT);
  stack.defer(() => close(server));
  // A later failure is one connection that could not be taken (too many open files, say): no reason to end.
  server.on('error', (error) => log.warn({ error: error.message }, 'a browser connection could not be taken'));
  const { port } = server.address() as AddressInfo;
  const access = stack.use(await startAccess(options.profileDir, accessFile, port, takenPorts, log));
  const sockets = stack.use(startSockets({ core, access, port, log }));
  const answer = createRoutes({ core, files, access, port, log });
  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.error({ error: String(error) }, 'browser request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.on('upgrade', sockets.upgrade);

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
