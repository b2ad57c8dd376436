// Real sandboxes for tests, the way into one by a stock ssh with its X display, and what a program in one wrote.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIdentity } from '../../../identity/identity.ts';
import { silentLog } from '../../../lib/log.ts';
import { generateKey } from '../../../lib/ssh-key.ts';
import type { Engine, Sandbox, SandboxSpec } from '../../engine.ts';
import { createBubblewrap } from './bubblewrap.ts';

const owner = process.getuid?.() === 0 ? { uid: 70_731, gid: 70_731 } : null;

export interface TestSandboxes extends AsyncDisposable {
  readonly engine: Engine;
  /** What a sandbox is made of: with a display, in a new home, unless it is said otherwise. */
  spec(change?: Partial<SandboxSpec>): Promise<SandboxSpec>;
  /** What a shell script wrote as the program of a viewer. */
  runScript(script: string, change?: Partial<SandboxSpec>): Promise<string>;
  /** Runs the program in a sandbox without a display and logs in, with the windows on an X server of the test. */
  login(argv: readonly string[], change?: Partial<SandboxSpec>): Promise<Login>;
}

export interface Login extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly homePath: string;
  /** Where the windows come: the X server's name. */
  readonly display: string;
  /** Of ssh, with what it wrote. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
}

export async function openTestSandboxes(): Promise<TestSandboxes> {
  const folder = await mkdtemp(join(tmpdir(), 'ebp-sandbox-'));
  if (owner !== null) await chmod(folder, 0o711);
  const engine = createBubblewrap({ runtimeDir: folder, log: silentLog, owner });
  let homeCount = 0;

  async function spec(change: Partial<SandboxSpec> = {}): Promise<SandboxSpec> {
    homeCount += 1;
    const homePath = join(folder, `c${homeCount}`, 'home');
    await mkdir(homePath, { recursive: true, mode: 0o755 });
    if (owner !== null) await chown(homePath, owner.uid, owner.gid);
    const display = { size: { width: 320, height: 240 } };
    return { homePath, mounts: [], display, canHaveNetwork: false, hostKey: generateKey('test'), ...change };
  }

  async function login(argv: readonly string[], change: Partial<SandboxSpec> = {}): Promise<Login> {
    await using stack = new AsyncDisposableStack();
    const xServer = stack.adopt(spawn('Xvfb', ['-displayfd', '1', '-nolisten', 'tcp']), endOf);
    const [number] = (await once(xServer.stdout, 'data')) as [Buffer];
    const display = `:${number.toString().trim()}`;
    const made = await spec({ display: null, ...change });
    const sandbox = stack.use(await engine.startSandbox(made));
    const identity = await openIdentity(join(folder, 'identity'));
    const key = stack.use(await identity.lendKey());
    await sandbox.authorise([identity.publicKey]);
    await sandbox.run({ argv, workingDirectory: null });
    const server = createServer({ allowHalfOpen: true }, async (socket) => {
      socket.on('error', () => socket.destroy());
      const stream = await sandbox.connect('ssh');
      socket.pipe(stream).pipe(socket);
    }).listen(0, '127.0.0.1');
    stack.defer(() => void server.close());
    await once(server, 'listening');
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'IdentitiesOnly=yes'];
    const ssh = stack.adopt(
      spawn(
        'ssh',
        [
          ...['-F', 'none', '-i', key.path, '-p', String((server.address() as AddressInfo).port), '-Y', '-T'],
          ...[...options, 'LogLevel=ERROR', 'SendEnv=no'].flatMap((option) => ['-o', option]),
          'ebp@127.0.0.1',
        ],
        { env: { PATH: process.env['PATH'], DISPLAY: display, HOME: folder } },
      ),
      endOf,
    );
    const ended = outputOf(ssh);
    const kept = stack.move();
    return { sandbox, homePath: made.homePath, display, ended, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  }

  return {
    engine,
    spec,
    login,
    runScript: async (script, change) => {
      const made = await spec(change);
      await using sandbox = await engine.startSandbox(made);
      await sandbox.run({ argv: ['bash', '-c', `exec >/home/ebp/out 2>&1\n${script}`], workingDirectory: null });
      await sandbox.ended;
      return await readFile(join(made.homePath, 'out'), 'utf8');
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function outputOf(child: ChildProcess) {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}
