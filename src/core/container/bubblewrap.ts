// The default engine: bubblewrap, which makes a sandbox out of the host's own programs in milliseconds and needs no root.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { open, readdir, readFile, readlink, rename, rm } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import type { Mount } from '../../contract/models.ts';
import type { Log } from '../lib/log.ts';
import type { TunnelEnd } from '../tunnel/peer-protocol.ts';
import type { Engine, MountInfo, Program, Sandbox, SandboxSpec } from './engine.ts';
import { checkHost } from './health.ts';
import { type Owner, type SandboxFiles, writeOwned, writeSandboxFiles } from './sandbox-files.ts';

/** Of /etc a program sees what it needs to run, and nothing that says who the owner is. */
const ETC = [
  'alternatives',
  'bash.bashrc',
  'ca-certificates',
  'ca-certificates.conf',
  'dconf',
  'default/locale',
  'drirc',
  'emacs',
  'firefox',
  'firefox-esr',
  'fonts',
  'gimp',
  'gnome',
  'gtk-2.0',
  'gtk-3.0',
  'gtk-4.0',
  'ImageMagick-6',
  'ImageMagick-7',
  'inputrc',
  'java-17-openjdk',
  'java-21-openjdk',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'libreoffice',
  'locale.alias',
  'localtime',
  'magic',
  'mailcap',
  'manpath.config',
  'mime.types',
  'nanorc',
  'openal',
  'pango',
  'papersize',
  'perl',
  'pki/tls/certs',
  'profile',
  'protocols',
  'pulse/client.conf',
  'python3',
  'python3.11',
  'services',
  'shells',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
  'timezone',
  'vim',
  'vulkan',
  'X11',
  'xdg',
] as const;

/** What runs where no program's own process is told the state. */
const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/usr/sbin:/sbin';
const START_TIMEOUT_MS = 15_000;
/** Linux's O_PATH, which Node does not name: a handle on the file itself, not on what it leads to. */
const O_PATH = 0o10000000;

const infoSchema = z.object({ 'child-pid': z.number().int().positive(), 'pid-namespace': z.number().int().positive() });

export interface BubblewrapOptions {
  /** For sockets and the small files of each sandbox; short, private, on a tmpfs where there is one. */
  readonly runtimeDir: string;
  readonly log: Log;
  /** Root runs its sandboxes as this user; null for everybody else, who runs them as themselves. */
  readonly owner: Owner | null;
}

/** Makes the engine. Does no I/O until asked. */
export function createBubblewrap(options: BubblewrapOptions): Engine {
  return {
    name: 'bubblewrap',
    check: () => checkHost(options.owner),
    describeMounts,
    startSandbox: (spec, signal) => startSandbox(options, spec, signal),
  };
}

function describeMounts(homePath: string, mounts: readonly Mount[]): readonly MountInfo[] {
  return [
    { path: '/usr', target: '/usr', mode: 'ro' },
    ...(existsSync('/opt') ? [{ path: '/opt', target: '/opt', mode: 'ro' } as const] : []),
    { path: `/etc/{${ETC.filter((name) => existsSync(`/etc/${name}`)).join(',')}}`, target: '/etc', mode: 'ro' },
    { path: homePath, target: '/home/ebp', mode: 'rw' },
    { path: 'tmpfs', target: '/tmp', mode: 'tmpfs' },
    { path: 'tmpfs', target: '/run', mode: 'tmpfs' },
    ...mounts.map((mount) => ({ path: mount.path, target: mount.path, mode: mount.mode })),
  ];
}

/** The whole command line of bwrap(1), in the order in which it mounts. */
export function bubblewrapArguments(spec: SandboxSpec, files: SandboxFiles): string[] {
  const size = spec.display === null ? '' : `${spec.display.size.width}x${spec.display.size.height}`;
  const environment: Readonly<Record<string, string>> = {
    HOME: '/home/ebp',
    USER: 'ebp',
    LOGNAME: 'ebp',
    SHELL: '/bin/bash',
    PATH,
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    TERM: 'xterm-256color',
    XDG_RUNTIME_DIR: '/run/user/1000',
    XDG_SESSION_TYPE: 'x11',
    GDK_BACKEND: 'x11',
    QT_QPA_PLATFORM: 'xcb',
    NO_AT_BRIDGE: '1',
    EBP_SIZE: size,
    EBP_CLIPBOARD: spec.display?.hasClipboard === true ? '1' : '0',
  };
  return [
    // Security: all namespaces; no further user namespaces inside; no terminal to push input into (CVE-2017-5226).
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--uid', '1000', '--gid', '1000'],
    ...['--die-with-parent', '--new-session', '--hostname', 'ebp', '--info-fd', '3', '--clearenv', '--cap-drop', 'ALL'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--ro-bind', '/usr', '/usr', '--ro-bind-try', '/opt', '/opt'],
    ...['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'].flatMap((name) =>
      existsSync(`/usr/${name}`) ? ['--symlink', `usr/${name}`, `/${name}`] : [],
    ),
    ...ETC.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ...['passwd', 'group', 'hosts', 'nsswitch.conf'].flatMap((name) => [
      '--ro-bind',
      join(files.confPath, name),
      `/etc/${name}`,
    ]),
    ...[
      '--ro-bind-try',
      '/var/cache/fontconfig',
      '/var/cache/fontconfig',
      '--ro-bind-try',
      '/var/lib/ghostscript',
      '/var/lib/ghostscript',
    ],
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--perms', '1777', '--dir', '/tmp/.X11-unix'],
    ...['--tmpfs', '/run', '--perms', '0700', '--dir', '/run/user/1000', '--bind', spec.homePath, '/home/ebp'],
    ...['--ro-bind', files.confPath, '/run/ebp/conf', '--bind', files.sockPath, '/run/ebp/sock'],
    ...spec.mounts.flatMap((mount) => [mount.mode === 'ro' ? '--ro-bind-try' : '--bind-try', mount.path, mount.path]),
    ...['--remount-ro', '/', '--chdir', '/home/ebp', '--', '/run/ebp/conf/init'],
  ];
}

async function startSandbox(options: BubblewrapOptions, spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox> {
  const path = join(options.runtimeDir, 's', randomBytes(4).toString('hex'));
  const files = await writeSandboxFiles(path, spec.hostKey, options.owner);
  const child = spawn('bwrap', bubblewrapArguments(spec, files), {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/bin:/usr/sbin` },
    ...(options.owner ?? {}),
  });
  const sandbox = new BubblewrapSandbox(child, path, files, options);
  try {
    await sandbox.started(signal);
    return sandbox;
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

class BubblewrapSandbox implements Sandbox {
  state: 'warm' | 'running' | 'ended' = 'warm';
  readonly ended: Promise<{ readonly exitCode: number | null; readonly why: string }>;
  readonly #child: ChildProcess;
  readonly #files: SandboxFiles;
  readonly #options: BubblewrapOptions;
  readonly #ready = Promise.withResolvers<void>();
  readonly #armed = Promise.withResolvers<void>();
  readonly #info = Promise.withResolvers<z.infer<typeof infoSchema>>();
  #exitCode: number | null = null;
  #lastWords = '';

  constructor(child: ChildProcess, path: string, files: SandboxFiles, options: BubblewrapOptions) {
    this.#child = child;
    this.#files = files;
    this.#options = options;
    for (const promise of [this.#ready.promise, this.#armed.promise, this.#info.promise]) promise.catch(() => {});
    const { promise, resolve } = Promise.withResolvers<{ exitCode: number | null; why: string }>();
    this.ended = promise;
    child.stdin?.on('error', () => {});
    this.#readLines();
    const end = (why: string) => {
      this.state = 'ended';
      const error = new AppError('container-failed', { why: why.slice(0, 500) });
      for (const waiting of [this.#ready, this.#armed, this.#info]) waiting.reject(error);
      rm(path, { recursive: true, force: true })
        .catch((rmError) => options.log.warn({ error: String(rmError) }, 'sandbox folder not removed'))
        .finally(() => resolve({ exitCode: this.#exitCode, why }));
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT')
        this.#ready.reject(
          new AppError('missing-program', { program: 'bubblewrap', command: 'sudo apt install bubblewrap' }),
        );
      if (child.pid === undefined) end(error.message);
    });
    child.once('exit', () => end(this.#lastWords || 'it ended before it was ready'));
  }

  #readLines(): void {
    const { stdout, stderr } = this.#child;
    if (stdout !== null) {
      createInterface({ input: stdout }).on('line', (line) => {
        if (line === 'ready') this.#ready.resolve();
        else if (line === 'armed') this.#armed.resolve();
        else if (/^exit \d{1,3}$/.test(line)) this.#exitCode = Number(line.slice(5));
        else if (line.startsWith('failed ')) this.#lastWords = line.slice(7);
      });
    }
    if (stderr !== null) {
      createInterface({ input: stderr }).on('line', (line) => {
        this.#lastWords = line.slice(0, 500);
        this.#options.log.debug({ line: line.slice(0, 500) }, 'sandbox says');
      });
    }
    let text = '';
    (this.#child.stdio[3] as Duplex | null)
      ?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      })
      .on('end', () => {
        const info = infoSchema.safeParse(parseJson(text));
        if (info.success) this.#info.resolve(info.data);
        else this.#info.reject(new AppError('container-failed', { why: this.#lastWords || 'bwrap said nothing' }));
      })
      .on('error', () => {});
  }

  /** Resolves when display and sshd socket are there. */
  async started(signal?: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(START_TIMEOUT_MS);
    const abort = AbortSignal.any(signal === undefined ? [limit] : [limit, signal]);
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () =>
      reject(
        signal?.aborted ? new AppError('cancelled') : new AppError('container-failed', { why: 'it took too long' }),
      );
    abort.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([Promise.all([this.#ready.promise, this.#info.promise]), promise]);
    } finally {
      abort.removeEventListener('abort', onAbort);
    }
  }

  async run(program: Program): Promise<void> {
    if (this.state !== 'warm') throw new AppError('container-failed', { why: 'it already runs a program' });
    this.state = 'running';
    const words = [program.workingDirectory ?? '/home/ebp', ...program.argv];
    if (words.some((word) => word.includes('\0')))
      throw new AppError('bad-input', { where: 'argv', why: 'contains NUL' });
    this.#child.stdin?.end(words.map((word) => `${word}\0`).join(''));
  }

  async authorise(publicKeys: readonly string[]): Promise<void> {
    const path = join(this.#files.confPath, 'authorized_keys');
    const lines = publicKeys.map((key) => `restrict,X11-forwarding ${key}\n`).join('');
    await writeOwned(`${path}.new`, lines, 0o644, this.#options.owner);
    await rename(`${path}.new`, path);
  }

  async connect(end: TunnelEnd): Promise<Duplex> {
    const path = join(this.#files.sockPath, end);
    // Security: a program in the sandbox may put a symbolic link here that leads to another socket of the owner. The handle is of
    // the file itself, must be a socket, and is what we connect to, so that nothing can be exchanged in between.
    const handle = await open(path, O_PATH | constants.O_NOFOLLOW).catch((error) => {
      throw new AppError('container-failed', { why: `nothing listens on ${end}` }, { cause: error });
    });
    try {
      if (!(await handle.stat()).isSocket()) throw new AppError('container-failed', { why: `${end} is not a socket` });
      return await new Promise((resolve, reject) => {
        const socket = connectSocket({ path: `/proc/self/fd/${handle.fd}`, allowHalfOpen: true });
        socket.once('error', (error) =>
          reject(new AppError('container-failed', { why: error.message }, { cause: error })),
        );
        socket.once('connect', () => resolve(socket.on('error', () => socket.destroy())));
      });
    } finally {
      await handle.close();
    }
  }

  async stop(): Promise<void> {
    if (this.state === 'ended') {
      await this.ended;
      return;
    }
    const info = await Promise.race([this.#info.promise.catch(() => undefined), delay(50)]);
    // The first process of a PID namespace takes everything in it along (pid_namespaces(7)); bwrap ends when all are gone.
    if (info === undefined) this.#child.kill('SIGKILL');
    else killIfThere(info['child-pid']);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 300);
    await this.ended;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async listListeningPorts(): Promise<readonly number[]> {
    const info = await this.#info.promise;
    const tables = await Promise.all(
      ['tcp', 'tcp6'].map((name) => readFile(`/proc/${info['child-pid']}/net/${name}`, 'utf8').catch(() => '')),
    );
    return [...new Set(tables.flatMap(parseListeningPorts))].sort((a, b) => a - b);
  }

  async stats(): Promise<{ readonly memoryBytes: number; readonly processCount: number }> {
    const info = await this.#info.promise;
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const sizes = await Promise.all(
      pids.map(async (pid) => {
        const namespace = await readlink(`/proc/${pid}/ns/pid`).catch(() => '');
        if (namespace !== `pid:[${info['pid-namespace']}]`) return undefined;
        const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
        return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
      }),
    );
    const own = sizes.filter((size) => size !== undefined);
    return { memoryBytes: own.reduce((sum, size) => sum + size, 0), processCount: own.length };
  }
}

/** Ports in state LISTEN (0A) of /proc/net/tcp (proc(5)). */
export function parseListeningPorts(table: string): number[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16))
    .filter((port) => port > 0);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function delay(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}
