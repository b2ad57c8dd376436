// What a container engine does. Engines: bubblewrap (default); Podman and Docker can come behind the same interface.
import type { Duplex } from 'node:stream';
import type { HealthItem } from '../../contract/health.ts';
import type { Size } from '../../contract/sessions.ts';
import type { Excerpt } from '../lib/last-words.ts';

/** What a sandbox is made of. Everything in it comes from this computer's person or from us, nothing from the wire but the size. */
export interface SandboxSpec {
  /** The peer's home on this computer; it lasts. */
  readonly homePath: string;
  readonly mounts: readonly SandboxMount[];
  /** A display of its own (viewer), or none (native and ssh-command: the visitor's display, by X11 forwarding). */
  readonly display: { readonly size: Size } | null;
  /** Whether it can be given the internet while it lives. It has none at first. */
  readonly canHaveNetwork: boolean;
  /** Whether a program in it may make namespaces, of which browsers build a sandbox for each page. Not, unless its owner says so. */
  readonly allowsOwnSandbox?: boolean;
  /** The SSH host key of the container, as a private key file's text. */
  readonly hostKey: string;
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

/** A program and its arguments. Security: an argument vector as the host knows it, never a string for a shell. */
export interface Program {
  readonly argv: readonly string[];
  readonly workingDirectory: string | null;
}

/** How a sandbox ended. */
export interface SandboxEnd {
  /** The program's; null when it was killed or never ran. */
  readonly exitCode: number | null;
  /** What the sandbox itself said, for one that could not be started. */
  readonly why: string;
  /** Whether the program said that it could not build a sandbox of its own. */
  readonly wantedOwnSandbox: boolean;
  /** What the program wrote. */
  readonly output: Excerpt;
}

/** A socket in a sandbox, by its name. */
export type EndpointName = 'display' | 'ssh' | 'files' | 'x11';

/** One process tree with its own namespaces. */
export interface Sandbox extends AsyncDisposable {
  readonly state: 'warm' | 'running' | 'ended';
  /** Starts the program: at once where there is a display, or when the visitor's ssh asks for it. Once only. */
  run(program: Program): Promise<void>;
  /** The public keys that the sandbox's sshd accepts, in authorized_keys format. Each is bound to the program of `run`. */
  authorise(publicKeys: readonly string[]): Promise<void>;
  /** Gives it the internet, and nothing of this computer's own networks. @throws AppError `missing-program`, `container-failed` */
  openNetwork(): Promise<void>;
  /** Takes it away at once, with every connection. */
  closeNetwork(): Promise<void>;
  /**
   * Makes the folder Exchange in the home, and opens the end `files`: an SFTP server without a login, inside.
   * @throws AppError `container-failed` when it cannot be made or served
   */
  openFiles(maxFileBytes: number): Promise<void>;
  /** Ends every transfer, and nothing listens on the end `files` any more. */
  closeFiles(): void;
  /** A stream into the sandbox. @throws AppError `container-failed` when nothing listens there */
  connect(endpoint: EndpointName): Promise<Duplex>;
  /** Resolves when everything in it is gone. */
  readonly ended: Promise<SandboxEnd>;
  /** Asks the program's processes to end (SIGTERM), and waits for nothing. */
  terminate(): void;
  /** Kills everything in it, at once. Resolves when it is gone. */
  stop(): Promise<void>;
  /** TCP ports on which something in it listens. */
  listListeningPorts(): Promise<readonly number[]>;
  stats(): Promise<{ readonly memoryBytes: number; readonly processCount: number }>;
}

export interface MountInfo {
  readonly path: string;
  readonly target: string;
  readonly mode: 'ro' | 'rw' | 'tmpfs';
}

export interface Engine {
  readonly name: string;
  /** What is there and what lacks, with the command that adds it. */
  check(): Promise<readonly HealthItem[]>;
  /** Starts a sandbox; resolves when its display and sshd can be reached. @throws AppError `container-failed`, `missing-program`, `namespaces-forbidden` */
  startSandbox(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox>;
  /** Ends what a core that was killed may have left. Called before any sandbox is started. */
  endLeftovers(): Promise<void>;
  /** What a sandbox of this container sees of this computer. */
  describeMounts(
    homePath: string,
    mounts: readonly Pick<SandboxMount, 'source' | 'target' | 'mode'>[],
  ): readonly MountInfo[];
}
