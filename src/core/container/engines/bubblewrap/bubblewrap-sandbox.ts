// A sandbox of bubblewrap: the process tree below one bwrap(1), from its start to its end.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../../contract/errors.ts';
import { lastWordsOf } from '../../../lib/last-words.ts';
import type { Log } from '../../../lib/log.ts';
import type {
  NetworkMode,
  Process,
  Program,
  Sandbox,
  SandboxEnd,
  SandboxFile,
  SandboxMount,
  SandboxStats,
  Service,
} from '../../engine.ts';
import { SOCKETS } from '../../inside.ts';
import type { Owner } from '../../owner.ts';
import { type BwrapInfo, readBwrapInfo } from './bwrap-info.ts';
import { checkMounts } from './check-mounts.ts';
import { InitDialogue } from './init-dialogue.ts';
import { type NetworkLink, openNetwork } from './network.ts';
import { saysSandboxRefused } from './own-sandbox.ts';
import { killIfThere } from './processes.ts';
import { ProgramOutput } from './program-output.ts';
import type { SandboxFiles } from './sandbox-files.ts';
import { connectSocket } from './sandbox-socket.ts';
import { readListeningPorts, readStats } from './sandbox-stats.ts';
import { orLate, untilReady } from './until-ready.ts';

const LAST_WORDS_TIMEOUT_MS = 200;

export class BubblewrapSandbox implements Sandbox {
  state: 'running' | 'ended' = 'running';
  readonly ended: Promise<SandboxEnd>;
  readonly #child: ChildProcess;
  readonly #files: SandboxFiles;
  readonly #owner: Owner | null;
  readonly #log: Log;
  readonly #init: InitDialogue;
  readonly #output = new ProgramOutput();
  readonly #info: Promise<BwrapInfo>;
  readonly #over = new AbortController();
  #network: NetworkLink | undefined;

  /** @param child bwrap, with pipes: words in, lines out, what programs write, what bwrap says of itself */
  constructor(child: ChildProcess, files: SandboxFiles, owner: Owner | null, log: Log) {
    this.#child = child;
    this.#files = files;
    this.#owner = owner;
    this.#log = log;
    const { stdin, stdout, stderr } = child;
    const info = child.stdio[3] as Readable | null | undefined;
    if (stdin === null || stdout === null || stderr === null || !info) throw new Error('bwrap needs its pipes');
    this.#init = new InitDialogue(stdin, stdout);
    this.#output.follow(stderr);
    this.#info = readBwrapInfo(info, () => this.#lastWords() || 'bwrap said nothing');
    this.#info.catch(() => {});
    const { promise, resolve } = Promise.withResolvers<SandboxEnd>();
    this.ended = promise;
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      const isMissing = error.code === 'ENOENT';
      void this.#end(
        isMissing
          ? new AppError('missing-program', { program: 'bubblewrap', command: 'sudo apt install bubblewrap' })
          : new AppError('container-failed', { why: error.message }),
      ).then(resolve);
    });
    child.once('exit', async () => {
      this.#output.finish();
      // The last words of its programs may still be on their way.
      await Promise.race([once(child, 'close').catch(() => {}), sleep(LAST_WORDS_TIMEOUT_MS)]);
      const why = this.#lastWords() || 'it ended before it was ready';
      resolve(await this.#end(new AppError('container-failed', { why: why.slice(0, 500) })));
    });
  }

  async #end(error: AppError): Promise<SandboxEnd> {
    this.state = 'ended';
    void this.setNetwork('none');
    this.#init.end(error);
    this.#over.abort(error);
    await this.#files.remove().catch((rmError) => {
      this.#log.warn({ error: String(rmError) }, 'sandbox folder not removed');
    });
    return {
      exitCode: this.#init.mainExitCode,
      why: String(error.params['why'] ?? error.code),
      wantedOwnSandbox: this.#output.hasSaid(saysSandboxRefused),
      output: this.#output.excerpt(),
    };
  }

  #lastWords(): string {
    return lastWordsOf(this.#output.excerpt()).at(-1) ?? '';
  }

  /** Resolves when these can be used. @throws AppError `cancelled`, `container-failed`, `missing-program` */
  async started(services: readonly Service[], signal?: AbortSignal): Promise<void> {
    const serving = services.map((service) => this.serve(service, signal));
    const all = Promise.all([this.#init.ready, this.#info, ...serving]);
    await orLate(all, AbortSignal.any([this.#over.signal, ...(signal === undefined ? [] : [signal])]), signal);
  }

  /** @throws AppError `container-failed` where another folder was mounted than was looked at */
  async checkMounts(mounts: readonly SandboxMount[]): Promise<void> {
    await checkMounts(`/proc/${(await this.#info).childPid}/root`, mounts);
  }

  async run(program: Program): Promise<Process> {
    return this.#init.run(program, 'run');
  }

  async runMain(program: Program): Promise<Process> {
    const main = this.#init.run(program, 'main');
    // What was said until now was not the program's.
    this.#output.restart();
    return main;
  }

  async serve({ argv, readyAt }: Service, signal?: AbortSignal): Promise<Process> {
    const process = this.#init.run({ argv, workingDirectory: null }, 'run');
    await untilReady(process, this.#files.placeOf(`${SOCKETS}/${readyAt}`), {
      over: this.#over.signal,
      asked: signal,
      whyNot: () => this.#lastWords() || `${basename(argv.at(-1) ?? '')} ended before it could be used`,
    });
    return process;
  }

  provide(file: SandboxFile): Promise<void> {
    return this.#files.provide(file);
  }

  async connect(socketPath: string): Promise<Duplex> {
    return connectSocket(this.#files.placeOf(socketPath), basename(socketPath));
  }

  async setNetwork(mode: NetworkMode): Promise<void> {
    if (mode === 'none') {
      this.#network?.close();
      this.#network = undefined;
      return;
    }
    const { pid } = this.#child;
    if (pid === undefined || this.#over.signal.aborted) throw new AppError('container-failed', { why: 'it has ended' });
    const link = await openNetwork(pid, this.#owner, this.#log);
    // It may have ended meanwhile.
    if (this.#over.signal.aborted) link.close();
    else this.#network = link;
  }

  async stop(): Promise<void> {
    if (this.state === 'ended') {
      await this.ended;
      return;
    }
    const info = await Promise.race([this.#info.catch(() => undefined), sleep(500, undefined)]);
    // The first process of a PID namespace takes everything in it along (pid_namespaces(7)); bwrap ends when all are gone.
    if (info === undefined) this.#child.kill('SIGKILL');
    else killIfThere(info.childPid);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 300);
    await this.ended;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async listListeningPorts(): Promise<readonly number[]> {
    return readListeningPorts((await this.#info).childPid);
  }

  async stats(): Promise<SandboxStats> {
    return readStats((await this.#info).pidNamespace);
  }
}
