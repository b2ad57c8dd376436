// On the host's side of `ssh -X`: sandboxes of the product's own engine, made ready beforehand, and a TCP port into the
// sandbox's sshd as the view ssh-command opens it. `node bench/sandbox-host.ts PORT PUBLIC_KEY PROGRAM…`; reads `start` and `stop`.
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { authorise, hostKeyOf, SSH_SOCKET, sshdPart } from '../src/core/channels/x11/sshd-part.ts';
import type { Sandbox } from '../src/core/container/engine.ts';
import { createBubblewrap } from '../src/core/container/engines/bubblewrap/bubblewrap.ts';
import { type Keep, wrapProgram } from '../src/core/container/sandbox-part.ts';
import { specOf } from '../src/core/container/sandboxes.test-support.ts';
import { silentLog } from '../src/core/lib/log.ts';
import { generateKey } from '../src/core/lib/ssh-key.ts';
import { joinStreams } from '../src/core/wire/ssh/ssh.ts';

const [port, publicKey = '', ...argv] = process.argv.slice(2);
const runtimeDir = join(process.env['XDG_RUNTIME_DIR'] ?? '/tmp', 'bench');
const homePath = join(homedir(), 'bench-container');
mkdirSync(homePath, { recursive: true });
const engine = createBubblewrap({ runtimeDir, log: silentLog, owner: null });
const keep = new Map([['host_key', generateKey('bench')]]);
const kept: Keep = async (name, make) => keep.get(name) ?? make();
const publicLine = await hostKeyOf(kept);
let sandbox: Sandbox | undefined;

async function start(): Promise<void> {
  const parts = [sshdPart()];
  sandbox = await engine.startSandbox(await specOf(homePath, { parts, keep: kept }));
  await authorise(sandbox, publicKey);
  await sandbox.runMain(wrapProgram(parts, { argv, workingDirectory: null }));
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, async (socket) => {
  socket.on('error', () => socket.destroy());
  if (sandbox === undefined) socket.destroy();
  else void joinStreams(socket, await sandbox.connect(SSH_SOCKET));
});
server.listen(Number(port), '0.0.0.0', () => console.log(`host-key ${publicLine}`));

const input = createInterface({ input: process.stdin });
for await (const line of input) {
  if (line === 'start') await start();
  else await sandbox?.stop();
  console.log('done');
}
await sandbox?.stop();
process.exit(0);
