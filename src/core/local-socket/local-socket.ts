// The Unix socket on which the CLI speaks the contract with the running core.
import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../contract/errors.ts';
import { createLinePort } from '../../contract/line-port.ts';
import type { Port } from '../../contract/port.ts';
import { coreFileName, coreFileSchema, localRefusal, maxLocalLineBytes } from '../../contract/profile.ts';
import type { Log } from '../lib/log.ts';
import { replaceFile } from '../lib/replace-file.ts';
import { type Stranger, startPeerCheck } from './peer-check.ts';

/** Thrown when a core that runs has this profile already. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  readonly socketPath: string;

  constructor(socketPath: string) {
    super(`eBrainPool already runs with this profile (${socketPath})`);
    this.socketPath = socketPath;
  }
}

export interface LocalSocketOptions {
  readonly profileDir: string;
  /** A short path: that of a Unix socket has at most 107 bytes. */
  readonly runtimeDir: string;
  readonly log: Log;
}

export interface LocalSocket extends AsyncDisposable {
  readonly path: string;
  /** Serves who connects from now on; who came before was sent away. */
  serve(attach: (port: Port) => void): void;
}

const PROBE_TIMEOUT_MS = 2000;
const LOCK_TIMEOUT_MS = 10_000;
/** Connections whose origin is being found out; more at a time are closed. */
const MAX_BEING_CHECKED = 32;

/**
 * Listens, and writes `core.json` so that the CLI finds it. What a crash has left is replaced.
 * @throws AlreadyRunningError
 */
export async function startLocalSocket(options: LocalSocketOptions): Promise<LocalSocket> {
  const { profileDir, runtimeDir, log } = options;
  let attach = (port: Port): void => port.close();
  await using stack = new AsyncDisposableStack();
  await mkdir(profileDir, { recursive: true, mode: 0o700 });
  const coreFilePath = join(profileDir, coreFileName);
  const path = await socketPathOf(profileDir, runtimeDir);
  if (process.platform !== 'win32') await makePrivateFolder(runtimeDir);

  const sockets = new Set<Socket>();
  const { findStranger } = await startPeerCheck(log);
  let beingChecked = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (beingChecked >= MAX_BEING_CHECKED) {
      socket.destroy();
      return;
    }
    beingChecked += 1;
    void findStranger(socket).then((stranger) => {
      beingChecked -= 1;
      // Security: nothing that it sent was read before this, and it was told nothing.
      if (stranger === null) attach(socketPort(socket, log));
      else refuse(socket, stranger, log);
    });
  });
  server.on('error', (error) => log.error({ error: String(error) }, 'local socket failed'));

  {
    // Two cores that start at once must not both find the other's socket dead.
    await using _lock = await lock(join(profileDir, 'core.lock'));
    for (const candidate of new Set([await readSocketPath(coreFilePath), path])) {
      if (candidate !== null && (await isAnswered(candidate))) throw new AlreadyRunningError(candidate);
    }
    if (process.platform !== 'win32') await rm(path, { force: true });
    await listen(server, path);
    stack.defer(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    if (process.platform !== 'win32') await chmod(path, 0o600);
    await replaceFile(
      coreFilePath,
      `${JSON.stringify({ socketPath: path, pid: process.pid, startedAt: Date.now() })}\n`,
    );
    stack.defer(() => rm(coreFilePath, { force: true }));
  }
  log.info({ path }, 'local socket is open');

  const kept = stack.move();
  return {
    path,
    serve: (serving) => {
      attach = serving;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Says so in a word, so that a person who typed `ebp` in a container knows why. */
function refuse(socket: Socket, stranger: Stranger, log: Log): void {
  log.warn({ stranger }, 'a local client that is not of this user’s own processes was refused');
  socket.end(`${JSON.stringify(localRefusal)}\n`, () => socket.destroy());
}

/** The contract's port on a connection of the local socket. */
function socketPort(socket: Socket, log: Log): Port {
  return createLinePort(socket, {
    maxLineBytes: maxLocalLineBytes,
    onOversize: () => log.warn({ maxLineBytes: maxLocalLineBytes }, 'local client sent a line that is too long'),
    onMalformed: (error) => log.warn({ error: String(error) }, 'local client sent what is not JSON'),
    onOverflow: () => log.warn({}, 'local client does not read'),
  });
}

/** The name tells profiles apart that share a runtime folder. */
async function socketPathOf(profileDir: string, runtimeDir: string): Promise<string> {
  const id = createHash('sha256')
    .update(await realpath(profileDir))
    .digest('hex')
    .slice(0, 12);
  return process.platform === 'win32' ? `\\\\.\\pipe\\ebrainpool-${id}` : join(runtimeDir, `core-${id}.sock`);
}

/** Security: the folder keeps others out even in the instant before the socket has its own mode. */
async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  // Security: in a folder that everybody may write, somebody else may have made the parent first, and would own what lies in it.
  const parent = await lstat(dirname(path));
  const isOurs = (parent.uid === process.getuid?.() || parent.uid === 0) && (parent.mode & 0o022) === 0;
  const isSticky = (parent.mode & 0o1000) !== 0;
  if (!parent.isDirectory() || !(isOurs || isSticky)) {
    throw new AppError('bad-input', {
      where: dirname(path),
      why: 'belongs to another user or can be changed by others; remove it, or set XDG_RUNTIME_DIR to a private folder',
    });
  }
  const info = await lstat(path);
  if (!info.isDirectory() || info.uid !== process.getuid?.()) {
    throw new Error(`${path} is not a folder of this user`);
  }
  if ((info.mode & 0o077) !== 0) await chmod(path, 0o700);
}

async function readSocketPath(coreFilePath: string): Promise<string | null> {
  try {
    return coreFileSchema.parse(JSON.parse(await readFile(coreFilePath, 'utf8'))).socketPath;
  } catch {
    return null;
  }
}

/** Whether somebody accepts connections there. A core that is too busy to accept in time still counts. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (isAlive: boolean) => {
      socket.destroy();
      resolve(isAlive);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(true));
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(false));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Held for the few milliseconds of taking over. One left by a crash is too old to count. */
async function lock(path: string): Promise<AsyncDisposable> {
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const info = await stat(path).catch(() => null);
    if (info !== null && Date.now() - info.mtimeMs > LOCK_TIMEOUT_MS) await rm(path, { force: true });
    else await sleep(25);
  }
}
