// The way into a real sandbox by a stock ssh, with its windows on an X server of the test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Sandbox } from '../../container/engine.ts';
import type { TestSandboxes } from '../../container/sandboxes.test-support.ts';
import { openIdentity } from '../../identity/identity.ts';
import { authorise, SSH_SOCKET, sshdPart } from './sshd-part.ts';

export interface Login extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly homePath: string;
  /** Where the windows come: the X server's name. */
  readonly display: string;
  /** Of ssh, with what it wrote. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Runs the program in a sandbox with an sshd, and logs in. */
export async function login({ folder, start }: TestSandboxes, argv: readonly string[]): Promise<Login> {
  await using stack = new AsyncDisposableStack();
  const xServer = stack.adopt(spawn('Xvfb', ['-displayfd', '1', '-nolisten', 'tcp']), endOf);
  const [number] = (await once(xServer.stdout, 'data')) as [Buffer];
  const display = `:${number.toString().trim()}`;
  const sandbox = stack.use(await start(argv, { parts: [sshdPart()] }));
  const identity = await openIdentity(join(folder, 'identity'));
  const key = stack.use(await identity.lendKey());
  await authorise(sandbox, identity.publicKey);
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => socket.destroy());
    const stream = await sandbox.connect(SSH_SOCKET);
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
  return { sandbox, homePath: sandbox.homePath, display, ended, [Symbol.asyncDispose]: () => kept.disposeAsync() };
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
