// What a container engine does: it starts a sandbox, runs programs in it, and leads streams into it. What those programs are, a screen,
// an SSH server, is brought along by whoever needs them (sandbox-part.ts). The suite in engine-conformance.test-support.ts is the rest of this text.
import type { Duplex } from 'node:stream';
import type { HealthItem } from '../../contract/health.ts';
import type { Excerpt } from '../lib/last-words.ts';

/** What some engines can do and others cannot. */
export type Ability =
  /** A sandbox can be given the internet while it lives. */
  | 'network:internet'
  /** A program may be allowed to build a sandbox of its own. */
  | 'own-sandbox';

/** What a sandbox is made of. Everything in it comes from this computer's person or from us, nothing from the wire but the size of a screen. */
export interface SandboxSpec {
  /** The peer's home on this computer; it lasts. */
  readonly homePath: string;
  readonly mounts: readonly SandboxMount[];
  /** Small files that are brought along, in `/run/ebp/conf`. */
  readonly files: readonly SandboxFile[];
  /** What every program in it finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folders of the sandbox, beside `/run/ebp/sock`, whose sockets can be reached. */
  readonly socketFolders: readonly string[];
  /** Run from the start on; the sandbox has started when all of them can be reached. */
  readonly services: readonly Service[];
  /** Whether it can be given the internet while it lives. It has none at first. */
  readonly canHaveNetwork: boolean;
  /** Whether a program in it may make namespaces, with which browsers build a sandbox for each page. Only where its owner says so. */
  readonly allowsOwnSandbox: boolean;
  readonly limits: SandboxLimits;
}

export interface SandboxLimits {
  /** The most threads of all programs in it together, which stops one that starts itself without end. */
  readonly threads: number;
}

/** A folder of this computer that the sandbox sees. */
export interface SandboxMount {
  /** Where it lies, without links. */
  readonly source: string;
  /** Where programs find it. */
  readonly target: string;
  readonly mode: 'ro' | 'rw';
  /** Security: the folder that was looked at. Where another one was mounted, nothing is run. */
  readonly identity: { readonly device: bigint; readonly inode: bigint };
}

/** A small file that is brought along. Programs cannot change it. */
export interface SandboxFile {
  /** Below `/run/ebp/conf`. */
  readonly name: string;
  readonly text: string;
  /** Of the file; 0644 where nothing is said. */
  readonly mode?: number;
  /** Where programs look for it, below `/etc` or `/var`. */
  readonly alsoAt?: readonly string[];
}

/** A program and its arguments. Security: an argument vector as the host knows it, never a string for a shell. */
export interface Program {
  readonly argv: readonly string[];
  /** The home where it is null, or is not there. */
  readonly workingDirectory: string | null;
}

/** A program that runs beside others, for as long as the sandbox does. */
export interface Service {
  readonly argv: readonly string[];
  /** What it makes in `/run/ebp/sock` when it can be used: its socket, as a rule. */
  readonly readyAt: string;
}

/** A program that runs in a sandbox. */
export interface Process {
  /** Its exit code (128 and the signal for one that was killed); null where the sandbox ended before it. */
  readonly ended: Promise<number | null>;
  /** Kills it, with what it started in its process group. */
  kill(): void;
}

/** How a sandbox ended. */
export interface SandboxEnd {
  /** The main program's; null when it was killed or never ran. */
  readonly exitCode: number | null;
  /** What the sandbox itself said, for one that could not be started. */
  readonly why: string;
  /** Whether a program said that it could not build a sandbox of its own. */
  readonly wantedOwnSandbox: boolean;
  /** What was written in it since the main program was started, by all of its programs. */
  readonly output: Excerpt;
}

/** One process tree with its own namespaces. */
export interface Sandbox extends AsyncDisposable {
  readonly state: 'running' | 'ended';
  /** Runs a program, as many as are wanted. @throws AppError `bad-input` for words with NUL, `container-failed` where it has ended */
  run(program: Program): Promise<Process>;
  /** Runs the program for which the sandbox is there: once only, and the sandbox ends with it. @throws as `run` */
  runMain(program: Program): Promise<Process>;
  /**
   * Runs a program beside the others, and waits until it can be used.
   * @throws AppError `container-failed` where it ends before that, or takes too long; then it is killed
   */
  serve(service: Service, signal?: AbortSignal): Promise<Process>;
  /** Puts a file that is brought along in the place of the one of its name, at once as a whole. @throws AppError `disk-full` */
  provide(file: SandboxFile): Promise<void>;
  /** A stream to a socket in it, by its path there. @throws AppError `container-failed` when nothing listens there */
  connect(socketPath: string): Promise<Duplex>;
  /**
   * Gives it the internet, and nothing of this computer's own networks; or takes that away at once, with every connection.
   * @throws AppError `missing-program`, `container-failed`
   */
  setNetwork(mode: NetworkMode): Promise<void>;
  /** Resolves when everything in it is gone. */
  readonly ended: Promise<SandboxEnd>;
  /** Kills everything in it, at once. Resolves when it is gone. */
  stop(): Promise<void>;
  /** TCP ports on which something in it listens. */
  listListeningPorts(): Promise<readonly number[]>;
  stats(): Promise<SandboxStats>;
}

export type NetworkMode = 'none' | 'internet';

export interface SandboxStats {
  readonly memoryBytes: number;
  readonly processCount: number;
}

export interface MountInfo {
  readonly path: string;
  readonly target: string;
  readonly mode: 'ro' | 'rw' | 'tmpfs';
}

export interface Engine {
  readonly name: string;
  readonly abilities: ReadonlySet<Ability>;
  /** What is there and what lacks, with the command that adds it. */
  check(): Promise<readonly HealthItem[]>;
  /**
   * Starts a sandbox; resolves when its services can be reached.
   * @throws AppError `container-failed`, `missing-program`, `namespaces-forbidden`, `disk-full`, `cancelled`
   */
  startSandbox(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox>;
  /** Ends what a core that was killed may have left. Called before any sandbox is started. */
  endLeftovers(): Promise<void>;
  /** What a sandbox of this container sees of this computer. */
  describeMounts(
    homePath: string,
    mounts: readonly Pick<SandboxMount, 'source' | 'target' | 'mode'>[],
  ): readonly MountInfo[];
}
