// Native windows: the stock OpenSSH client with X11 forwarding, speaking SSH with the container through the peer connection.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import type { Duplex } from 'node:stream';
import { AppError } from '../../../contract/errors.ts';
import type { Identity } from '../../identity/identity.ts';
import { orDiskFull } from '../../lib/disk-full.ts';
import { findProgram } from '../../lib/find-program.ts';
import type { Log } from '../../lib/log.ts';
import { joinStreams } from '../../wire/ssh/ssh.ts';

export interface NativeWindow extends AsyncDisposable {
  /** Resolves when ssh has ended: with the program's exit code, or 255 when the connection failed. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly why: string }>;
}

/** Options of ssh(1) with which nothing of the person's own configuration, agent or known hosts takes part. */
export function openSshArguments(identityPath: string, knownHostsPath: string): string[] {
  const settings: Readonly<Record<string, string>> = {
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    ForwardAgent: 'no',
    UserKnownHostsFile: knownHostsPath,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    HostKeyAlgorithms: 'ssh-ed25519',
    UpdateHostKeys: 'no',
    ForwardX11: 'yes',
    // As in Debian, because most toolkits fail as an untrusted client. The person was warned of what an X client can see.
    ForwardX11Trusted: 'yes',
  };
  return [
    '-F',
    'none',
    '-i',
    identityPath,
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

/**
 * Starts ssh with a stream into the container's sshd as its connection.
 * @throws AppError `native-needs-display` without an X display or without ssh
 */
export async function startNativeWindow(options: {
  readonly identity: Identity;
  readonly containerHostKey: string;
  /** Below it lies a private folder for as long as the window is there. */
  readonly runtimeDir: string;
  readonly openStream: () => Promise<Duplex>;
  readonly log: Log;
}): Promise<NativeWindow> {
  await using stack = new AsyncDisposableStack();
  // The person waits for the window, so independent steps run at the same time.
  const stream = options.openStream();
  stream.catch(() => {});
  stack.defer(() =>
    stream.then(
      (opened) => void opened.destroy(),
      () => {},
    ),
  );
  const lent = options.identity.lendKey();
  lent.catch(() => {});
  stack.defer(() =>
    lent.then(
      (key) => key[Symbol.asyncDispose](),
      () => {},
    ),
  );
  if (!(await canShowNative())) throw new AppError('native-needs-display');
  const folder = join(options.runtimeDir, `n${randomBytes(4).toString('hex')}`);
  const knownHostsPath = join(folder, 'known_hosts');
  stack.defer(() => rm(folder, { recursive: true, force: true }).catch(() => {}));
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(knownHostsPath, `container ${options.containerHostKey}\n`, { mode: 0o600 });
  } catch (error) {
    throw orDiskFull(error, folder);
  }
  const key = await lent;
  const socketPath = join(folder, 'ssh');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    stream.then(
      (opened) => joinStreams(socket, opened),
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => resolve());
  });
  server.on('error', (error) => options.log.warn({ error: error.message }, 'a connection of ssh could not be taken'));
  // It really closes with its last connection, which is ssh's.
  stack.defer(() => void server.close());
  // Relative names only, because ssh, a shell and socat would each interpret special characters in a whole path.
  const identityPath = relative(folder, key.path);
  const child: ChildProcess = spawn(
    'ssh',
    [
      ...openSshArguments(identityPath, 'known_hosts'),
      ...['-T', '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR', '-o', 'HostKeyAlias=container'],
      ...['-o', 'ProxyCommand=socat - UNIX-CONNECT:ssh', 'ebp@container'],
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let why = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    why = `${why}${chunk}`.slice(-500);
  });
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number | null; why: string }>();
  const kept = stack.move();
  const finish = (exitCode: number | null) => {
    kept
      .disposeAsync()
      .catch((error: unknown) => options.log.error({ error: String(error) }, 'a lent key was not removed'))
      .finally(() => resolve({ exitCode, why: why.trim() }));
  };
  child.once('error', (error) => {
    why = error.message;
    finish(255);
  });
  child.once('exit', (code) => finish(code));
  return {
    ended: promise,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 300);
      await promise;
      clearTimeout(timer);
    },
  };
}

/** Whether this computer has an X display and the programs that bring windows to it. */
export async function canShowNative(): Promise<boolean> {
  if (!process.env['DISPLAY']) return false;
  const programs = await Promise.all(['ssh', 'socat', 'xauth'].map((name) => findProgram(name)));
  return programs.every((path) => path !== null);
}
