// A computer with a real core, alone in a network namespace of its own, for attacks on its peer port from several addresses.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectClient, endChild, firstMatch, root, until, waitFor } from '../../bench/computers.ts';
import { streamOf } from '../../lab/hosts.ts';
import type { Client } from '../../src/contract/client.ts';
import type { PeerId } from '../../src/contract/ids.ts';
import { type Identity, openIdentity } from '../../src/core/identity/identity.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { connectPeer, type HostConnection } from '../../src/core/wire/peer-client.ts';

/** An address of its loopback interface: to the core each is a different computer. */
export type Address = `127.0.0.${number}`;
const DEFAULT_ADDRESSES: readonly Address[] = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];

export interface Answer {
  readonly code: number | null;
  readonly out: string;
}

export interface AttackedHostOptions {
  /** From where it can be visited. */
  readonly addresses?: readonly Address[];
  /** For the core's Node. */
  readonly execArgv?: readonly string[];
}

export interface AttackedHost extends AsyncDisposable {
  readonly id: PeerId;
  readonly peerPort: number;
  /** Where keys and sockets of the test may lie. */
  readonly folder: string;
  readonly profileDir: string;
  /** The core's process. */
  readonly core: ChildProcess;
  readonly pid: number;
  /** The core's own person. */
  readonly client: Client;
  /** A connection to the peer port, which the core sees come from `from`. */
  connect(from: Address): Socket;
  /** A TCP port of 127.0.0.1 outside, behind which `serve` decides what becomes of each connection. Closed with the host. */
  openDoor(serve: (socket: Socket) => void): Promise<number>;
  /** The product's own visitor, which the core sees come from `from`. */
  visit(from: Address, identity: Identity): Promise<HostConnection>;
  /** A program of the core's own person, with pipes. */
  spawnBeside(argv: readonly string[]): ChildProcess;
  /** Runs a program in the host's network, with all powers over that network. */
  run(argv: readonly string[], env?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Answer>;
}

const PROGRAM_TIMEOUT_MS = 15_000;

/** A program that does nothing, for whom a session is enough. */
const IDLE = '[Desktop Entry]\nType=Application\nName=Idle\nExec=sleep infinity\n';

export async function startAttackedHost(options: AttackedHostOptions = {}): Promise<AttackedHost> {
  const { addresses = DEFAULT_ADDRESSES, execArgv = [] } = options;
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'ebp-attacked-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'run'), { mode: 0o700 });
  const applications = join(folder, '.local/share/applications');
  await mkdir(applications, { recursive: true });
  await writeFile(join(applications, 'idle.desktop'), IDLE);

  const network = startChild('unshare', [
    ...['--user', '--map-root-user', '--net', '--'],
    ...['sh', '-c', 'ip link set lo up && echo ready && exec sleep infinity'],
  ]);
  stack.defer(() => endChild(network));
  await firstMatch(network, /^ready$/);
  const inside = (argv: readonly string[]) => [
    ...['-t', String(network.pid), '--user', '--net', '--preserve-credentials', '--'],
    ...argv,
  ];

  const profileDir = join(folder, 'profile');
  const core = startChild(
    'nsenter',
    inside([
      ...['unshare', '--user', '--map-user=1000', '--map-group=1000', process.execPath, ...execArgv],
      ...[join(root, 'src/headless/main.ts'), '--profile', profileDir, '--port', '0'],
      ...['--no-open', '--name', 'Bob', '--share-all'],
    ]),
    { HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run') },
  );
  stack.defer(() => endChild(core));
  await firstMatch(core, /http:\/\/127\.0\.0\.1:\d+\/\S*/);
  // The core answers only who runs beside it.
  const beside = ['-t', String(core.pid), '--user', '--net', '--preserve-credentials', '--'];
  const spawnBeside = (argv: readonly string[], stderr: 'inherit' | 'ignore' = 'inherit') =>
    spawn('nsenter', [...beside, ...argv], { cwd: root, stdio: ['pipe', 'pipe', stderr] });
  const client = await connectClient(profileDir, (path) =>
    streamOf(spawnBeside(['socat', '-', `UNIX-CONNECT:${path}`], 'ignore')),
  );
  stack.defer(() => client.close());
  const { id, peerPort } = await waitFor(client, 'self', (self) => self.peerPort > 0 && self, 'the peer port');

  const bridgeOf = (from: Address) => join(folder, `from-${from}`);
  await Promise.all(
    addresses.map(async (from) => {
      const listen = `UNIX-LISTEN:${bridgeOf(from)},fork,backlog=1000,max-children=400`;
      const bridge = startChild(
        'nsenter',
        inside(['socat', '-lf', '/dev/null', listen, `TCP:127.0.0.1:${peerPort},bind=${from},nodelay`]),
      );
      stack.defer(() => endChild(bridge));
      await until(() => existsSync(bridgeOf(from)), `the way from ${from}`);
    }),
  );

  const openDoor = async (serve: (socket: Socket) => void): Promise<number> => {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket.on('error', () => socket.destroy()));
      serve(socket);
    }).listen(0, '127.0.0.1');
    kept.defer(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const connectFrom = (from: Address) => {
    const socket = connect(bridgeOf(from));
    return socket.on('error', () => socket.destroy());
  };
  const kept = stack.move();
  return {
    id,
    peerPort,
    folder,
    profileDir,
    core,
    pid: core.pid as number,
    client,
    spawnBeside,
    connect: connectFrom,
    openDoor,
    visit: async (from, identity) => {
      const port = await openDoor((socket) => pass(socket, connectFrom(from)));
      return await connectPeer({
        identity,
        log: silentLog,
        address: { host: '127.0.0.1', port },
        expectedId: id,
        name: 'Alice',
        onNotice: () => {},
      });
    },
    run: (argv, env = {}, signal) => runProgram('nsenter', inside(argv), env, signal),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** An identity for a visitor of a test. */
export const makeVisitor = (host: AttackedHost, name: string): Promise<KeyInFile> =>
  makeKeyInFile(join(host.folder, `visitor-${name}`));

/** An identity whose key a stock client can be given by its path. */
export interface KeyInFile extends Identity {
  readonly keyPath: string;
}

export async function makeKeyInFile(folder: string): Promise<KeyInFile> {
  return { ...(await openIdentity(folder)), keyPath: join(folder, 'id_ed25519') };
}

/** Joins two sockets as a cable does: when one is gone, so is the other. */
export function pass(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  one.once('close', () => other.destroy());
  other.once('close', () => one.destroy());
}

/** Milliseconds until the other side has ended the connection. */
export async function timeUntilClosed(socket: Socket): Promise<number> {
  const startedAt = performance.now();
  if (!socket.closed) {
    socket.resume();
    await once(socket, 'close');
  }
  return performance.now() - startedAt;
}

/** Arguments of ssh(1) with which nothing of this computer's own configuration takes part. */
export function stockSsh(port: number, keyPath: string): readonly string[] {
  return [
    ...['ssh', '-F', 'none', '-i', keyPath, '-p', String(port), '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes'],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'GlobalKnownHostsFile=/dev/null'],
  ];
}

/** What a program said, on both streams, and how it ended; one that does not end is ended. */
export async function runProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Answer> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROGRAM_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      out += chunk;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

function startChild(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
}
