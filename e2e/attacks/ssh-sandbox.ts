// A real sandbox with its sshd, and a TCP port of 127.0.0.1 into it, as the view ssh-command opens one.

import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorise, SSH_SOCKET, sshdPart } from '../../src/core/channels/x11/sshd-part.ts';
import type { Sandbox } from '../../src/core/container/engine.ts';
import { createBubblewrap } from '../../src/core/container/engines/bubblewrap/bubblewrap.ts';
import { wrapProgram } from '../../src/core/container/sandbox-part.ts';
import { specOf } from '../../src/core/container/sandboxes.test-support.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { type KeyInFile, makeKeyInFile, pass } from './ssh-host.ts';

export interface SshSandbox extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly homePath: string;
  readonly folder: string;
  makeKey(name: string): Promise<KeyInFile>;
  openPort(): Promise<number>;
  /** Lets that key in, and lays the program ready for it. */
  offer(publicKey: string, argv: readonly string[]): Promise<void>;
}

// Root's sandboxes run as another user.
const owner = process.getuid?.() === 0 ? { uid: 70_731, gid: 70_731 } : null;

export async function startSshSandbox(): Promise<SshSandbox> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'ebp-attacked-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const homePath = join(folder, 'home');
  await mkdir(homePath, { mode: 0o700 });
  if (owner !== null) {
    await chmod(folder, 0o711);
    await chown(homePath, owner.uid, owner.gid);
  }
  const engine = createBubblewrap({ runtimeDir: folder, log: silentLog, owner });
  const sandbox = stack.use(await engine.startSandbox(await specOf(homePath, { parts: [sshdPart()] })));
  const kept = stack.move();
  return {
    sandbox,
    homePath,
    folder,
    makeKey: (name) => makeKeyInFile(join(folder, `key-${name}`)),
    offer: async (publicKey, argv) => {
      await authorise(sandbox, publicKey);
      await sandbox.runMain(wrapProgram([sshdPart()], { argv, workingDirectory: null }));
    },
    openPort: async () => {
      const server: Server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
        socket.on('error', () => socket.destroy());
        sandbox.connect(SSH_SOCKET).then(
          (stream) => pass(socket, stream as typeof socket),
          () => socket.destroy(),
        );
      }).listen(0, '127.0.0.1');
      kept.defer(() => void server.close());
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
