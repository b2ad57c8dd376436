// The default engine: bubblewrap, which makes a sandbox out of the host's own programs in milliseconds and needs no root.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { lstat, open, readdir, readFile, readlink, rename } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex, Writable } from 'node:stream';
import { z } from 'zod';
import { AppError } from '../../../../contract/errors.ts';
import { orDiskFull } from '../../../lib/disk-full.ts';
import { findProgram } from '../../../lib/find-program.ts';
import { lastWordsOf } from '../../../lib/last-words.ts';
import type { Log } from '../../../lib/log.ts';
import { removeTree } from '../../../lib/remove-tree.ts';
import type { EndpointName, Engine, Program, Sandbox, SandboxEnd, SandboxMount, SandboxSpec } from '../../engine.ts';
import type { Owner } from '../../owner.ts';
import { bubblewrapArguments, describeMounts } from './bubblewrap-arguments.ts';
import { createDefaultApplications, systemDefaultsSource } from './default-applications.ts';
import { checkHost } from './health.ts';
import { parseListeningPorts } from './listening-ports.ts';
import { inOwnNetwork, type NetworkLink, OWN_MOUNTS, openNetwork } from './network.ts';
import { saysSandboxRefused } from './own-sandbox.ts';
import { ProgramOutput } from './program-output.ts';
import { type SandboxFiles, writeDefaultApplications, writeOwned, writeSandboxFiles } from './sandbox-files.ts';
import { isKnownArchitecture, systemCallFilter } from './seccomp.ts';

const START_TIMEOUT_MS = 15_000;
const FILES_TIMEOUT_MS = 5000;
const LAST_WORDS_TIMEOUT_MS = 200;
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
  const readDefaults = createDefaultApplications(systemDefaultsSource());
  return {
    name: 'bubblewrap',
    check: () => checkHost(options.owner),
    describeMounts,
    endLeftovers: () => endLeftovers(join(options.runtimeDir, 's'), options.log),
    startSandbox: (spec, signal) => startSandbox(options, readDefaults, spec, signal),
  };
}

async function startSandbox(
  options: BubblewrapOptions,
  readDefaults: () => Promise<string>,
  spec: SandboxSpec,
  signal?: AbortSignal,
): Promise<Sandbox> {
  // Security: without the filter nothing runs.
  if (!isKnownArchitecture(process.arch))
    throw new AppError('container-failed', { why: `there is no system call filter for ${process.arch}` });
  const name = randomBytes(4).toString('hex');
  const path = join(options.runtimeDir, 's', name);
  const sockPath = join(dirname(spec.homePath), `sandbox-${name}`);
  const files = await writeSandboxFiles(path, sockPath, spec.hostKey, options.owner).catch(async (error) => {
    await Promise.all([path, sockPath, `${sockPath}-tmp`, `${sockPath}-x11`].map(removeTree)).catch(() => {});
    throw orDiskFull(error, path);
  });
  const defaultsWritten = readDefaults()
    .then((text) => writeDefaultApplications(files, text, options.owner))
    // Without it documents open as they can; where the sandbox has ended meanwhile nobody opens any.
    .catch((error) => options.log.debug({ error: String(error) }, 'default applications not written'));
  const bwrap = (await findProgram('bwrap')) ?? 'bwrap';
  const words = bubblewrapArguments(spec, files);
  const [program, ...argv] = commandOf(bwrap, words, spec);
  const child = spawn(program, argv, {
    argv0: program === bwrap ? 'bwrap' : program,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    // Security: in the sandbox, /proc/1/environ is what bwrap was started with; the owner's PATH names the owner.
    env: {},
    ...(options.owner ?? {}),
  });
  const filter = systemCallFilter(process.arch, spec.allowsOwnSandbox === true ? 'own-sandbox' : 'strict');
  // bwrap reads all of it before it does anything else.
  (child.stdio[4] as Writable | null)?.on('error', () => {}).end(filter);
  const sandbox = new BubblewrapSandbox(child, path, files, defaultsWritten, options);
  try {
    await sandbox.started(signal);
    await sandbox.checkMounts(spec.mounts);
    return sandbox;
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

/** What is started: bwrap, and before it what gives it namespaces that it does not make itself. */
function commandOf(bwrap: string, words: readonly string[], spec: SandboxSpec): readonly [string, ...string[]] {
  if (spec.canHaveNetwork) return inOwnNetwork(bwrap, words);
  return spec.mounts.length > 0 ? ['unshare', ...OWN_MOUNTS, '--', bwrap, ...words] : [bwrap, ...words];
}

/** The folder of its small files is in the command line of every bwrap of ours, and of nobody else's. */
async function endLeftovers(folder: string, log: Log): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!words[0]?.endsWith('bwrap') || !words.some((word) => word.startsWith(`${folder}/`))) continue;
    log.warn({ pid }, 'a sandbox was left and is ended');
    killIfThere(Number(pid));
  }
  await removeTree(folder).catch((error) => log.warn({ error: String(error) }, 'old sandboxes not removed'));
}

class BubblewrapSandbox implements Sandbox {
  state: 'warm' | 'running' | 'ended' = 'warm';
  readonly ended: Promise<SandboxEnd>;
  readonly #child: ChildProcess;
  readonly #files: SandboxFiles;
  readonly #defaultsWritten: Promise<void>;
  readonly #options: BubblewrapOptions;
  readonly #ready = Promise.withResolvers<void>();
  readonly #armed = Promise.withResolvers<void>();
  readonly #filesOpen = Promise.withResolvers<void>();
  readonly #info = Promise.withResolvers<z.infer<typeof infoSchema>>();
  #exitCode: number | null = null;
  #failure = '';
  readonly #output = new ProgramOutput();
  #network: NetworkLink | undefined;

  constructor(
    child: ChildProcess,
    path: string,
    files: SandboxFiles,
    defaultsWritten: Promise<void>,
    options: BubblewrapOptions,
  ) {
    this.#child = child;
    this.#files = files;
    this.#defaultsWritten = defaultsWritten;
    this.#options = options;
    for (const { promise } of [this.#ready, this.#armed, this.#filesOpen, this.#info]) promise.catch(() => {});
    const { promise, resolve } = Promise.withResolvers<SandboxEnd>();
    this.ended = promise;
    child.stdin?.on('error', () => {});
    this.#readLines();
    const end = (why: string) => {
      this.state = 'ended';
      void this.closeNetwork();
      const error = new AppError('container-failed', { why: why.slice(0, 500) });
      for (const waiting of [this.#ready, this.#armed, this.#filesOpen, this.#info]) waiting.reject(error);
      Promise.all([path, this.#files.sockPath, this.#files.tmpPath, this.#files.x11Path].map(removeTree))
        .catch((rmError) => options.log.warn({ error: String(rmError) }, 'sandbox folder not removed'))
        .finally(() => {
          const wantedOwnSandbox = this.#output.hasSaid(saysSandboxRefused);
          resolve({ exitCode: this.#exitCode, why, wantedOwnSandbox, output: this.#output.excerpt() });
        });
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT')
        this.#ready.reject(
          new AppError('missing-program', { program: 'bubblewrap', command: 'sudo apt install bubblewrap' }),
        );
      if (child.pid === undefined) end(error.message);
    });
    child.once('exit', async () => {
      this.#output.finish();
      // What everything in it wrote before it was gone is on its way still.
      await Promise.race([once(child, 'close').catch(() => {}), delay(LAST_WORDS_TIMEOUT_MS)]);
      end(this.#whatItSaid() || 'it ended before it was ready');
    });
  }

  #readLines(): void {
    const { stdout, stderr } = this.#child;
    if (stdout !== null) {
      createInterface({ input: stdout }).on('line', (line) => {
        if (line === 'ready') this.#ready.resolve();
        else if (line === 'armed') this.#armed.resolve();
        else if (line === 'files') this.#filesOpen.resolve();
        else if (line === 'no-files')
          this.#filesOpen.reject(
            new AppError('container-failed', { why: 'its folder to exchange files cannot be served' }),
          );
        else if (/^exit \d{1,3}$/.test(line)) this.#exitCode = Number(line.slice(5));
        else if (line.startsWith('failed ')) this.#failure = line.slice(7);
      });
    }
    if (stderr !== null) this.#output.follow(stderr);
    let text = '';
    (this.#child.stdio[3] as Duplex | null)
      ?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      })
      .on('end', () => {
        const info = infoSchema.safeParse(parseJson(text));
        if (info.success) this.#info.resolve(info.data);
        else this.#info.reject(new AppError('container-failed', { why: this.#whatItSaid() || 'bwrap said nothing' }));
      })
      .on('error', () => {});
  }

  #whatItSaid(): string {
    return this.#failure || (lastWordsOf(this.#output.excerpt()).at(-1) ?? '');
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
    if (abort.aborted) onAbort();
    abort.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([Promise.all([this.#ready.promise, this.#info.promise]), promise]);
    } finally {
      abort.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Security: bwrap mounts what lies at a path at that instant. A program of another session may write to a folder that is shared and
   * exchange what lies in it meanwhile; so what is there is compared with what was looked at, before a program of the peer runs.
   */
  async checkMounts(mounts: readonly SandboxMount[]): Promise<void> {
    const root = `/proc/${(await this.#info.promise)['child-pid']}/root`;
    for (const { target, identity } of mounts) {
      const there = await lstat(`${root}${target}`, { bigint: true }).catch(() => null);
      if (there?.dev !== identity.device || there.ino !== identity.inode)
        throw new AppError('container-failed', { why: `the folder ${target} was exchanged while it was mounted` });
    }
  }

  async run(program: Program): Promise<void> {
    if (this.state !== 'warm') throw new AppError('container-failed', { why: 'it already runs a program' });
    this.state = 'running';
    await this.#defaultsWritten;
    this.#output.restart();
    const words = [program.workingDirectory ?? '/home/ebp', ...program.argv];
    if (words.some((word) => word.includes('\0')))
      throw new AppError('bad-input', { where: 'argv', why: 'contains NUL' });
    this.#say(String(words.length), ...words);
  }

  async openNetwork(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || this.state === 'ended') throw new AppError('container-failed', { why: 'it has ended' });
    const link = await openNetwork(pid, this.#options.owner, this.#options.log);
    // @ts-expect-error it may have ended meanwhile
    if (this.state === 'ended') link.close();
    else this.#network = link;
  }

  async closeNetwork(): Promise<void> {
    this.#network?.close();
    this.#network = undefined;
  }

  async openFiles(maxFileBytes: number): Promise<void> {
    this.#say('files', String(Math.ceil(maxFileBytes / 1024)));
    await within(FILES_TIMEOUT_MS, this.#filesOpen.promise, 'its folder to exchange files took too long');
  }

  closeFiles(): void {
    this.#say('no-files');
  }

  terminate(): void {
    this.#say('terminate');
  }

  /** To the first program of the sandbox. */
  #say(...words: readonly string[]): void {
    this.#child.stdin?.write(words.map((word) => `${word}\0`).join(''));
  }

  async authorise(publicKeys: readonly string[]): Promise<void> {
    const path = join(this.#files.confPath, 'authorized_keys');
    const lines = publicKeys.map((key) => `restrict,X11-forwarding ${key}\n`).join('');
    await writeOwned(`${path}.new`, lines, 0o644, this.#options.owner).catch((error) => {
      throw orDiskFull(error, path);
    });
    await rename(`${path}.new`, path);
  }

  async connect(end: EndpointName): Promise<Duplex> {
    const path = end === 'x11' ? join(this.#files.x11Path, 'X1') : join(this.#files.sockPath, end);
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
    const info = await Promise.race([this.#info.promise.catch(() => undefined), delay(500)]);
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

/** @throws AppError `container-failed` with this reason when it takes longer, and what the work throws */
async function within(limitMs: number, work: Promise<void>, why: string): Promise<void> {
  const limit = AbortSignal.timeout(limitMs);
  const tooLate = Promise.withResolvers<never>();
  limit.addEventListener('abort', () => tooLate.reject(new AppError('container-failed', { why })), { once: true });
  await Promise.race([work, tooLate.promise]);
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
