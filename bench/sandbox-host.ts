// On the host's side of `ssh -X`: sandboxes of the product's own engine, made ready beforehand, and a TCP port into the
// sandbox's sshd as the view ssh-command opens it. `node bench/sandbox-host.ts PORT PUBLIC_KEY PROGRAM…`; reads `start` and `stop`.
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import ssh2 from 'ssh2';
import type { Sandbox } from '../src/core/container/engine.ts';
import { createBubblewrap } from '../src/core/container/engines/bubblewrap/bubblewrap.ts';
import { silentLog } from '../src/core/lib/log.ts';
import { generateKey } from '../src/core/lib/ssh-key.ts';
import { join as joinStreams } from '../src/core/wire/ssh/ssh.ts';

const [port, publicKey = '', ...argv] = process.argv.slice(2);
const runtimeDir = join(process.env['XDG_RUNTIME_DIR'] ?? '/tmp', 'bench');
const homePath = join(homedir(), 'bench-container');
mkdirSync(homePath, { recursive: true });
const engine = createBubblewrap({ runtimeDir, log: silentLog, owner: null });
const hostKey = generateKey('bench');
const parsed = ssh2.utils.parseKey(hostKey);
if (parsed instanceof Error) throw parsed;
const publicLine = `ssh-ed25519 ${parsed.getPublicSSH().toString('base64')}`;
let sandbox: Sandbox | undefined;

async function start(): Promise<void> {
  sandbox = await engine.startSandbox({ homePath, mounts: [], display: null, canHaveNetwork: false, hostKey });
  await sandbox.authorise([publicKey]);
  await sandbox.run({ argv, workingDirectory: null });
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, async (socket) => {
  socket.on('error', () => socket.destroy());
  if (sandbox === undefined) socket.destroy();
  else void joinStreams(socket, await sandbox.connect('ssh'));
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
