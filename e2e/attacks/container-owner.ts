// The core of an owner who has a home, a session and a second guest: starts a real sandbox, lets a program in it make every
// attempt of PROBES, makes those of the controls outside as well, and prints what each was told.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { hostname, networkInterfaces, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DISPLAY_SOCKET, screenPart } from '../../src/core/channels/display/screen-part.ts';
import { sshdPart } from '../../src/core/channels/x11/sshd-part.ts';
import type { Sandbox, SandboxMount } from '../../src/core/container/engine.ts';
import { createBubblewrap } from '../../src/core/container/engines/bubblewrap/bubblewrap.ts';
import { wrapProgram } from '../../src/core/container/sandbox-part.ts';
import { programOf, specOf } from '../../src/core/container/sandboxes.test-support.ts';
import { openIdentity } from '../../src/core/identity/identity.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { startLocalSocket } from '../../src/core/local-socket/local-socket.ts';
import { perlProgram } from './container-perl.ts';
import { PROBES } from './container-probes.ts';

const [folder = '', mode = 'strict'] = process.argv.slice(2);
/** `namespaces`: with all powers, in namespaces of its own, as far as a program that may have its own sandbox can get them. */
const inside =
  mode === 'namespaces' ? 'unshare --user --map-user=1000 --map-group=1000 --keep-caps --net --pid --ipc --fork' : '';
const allowsOwnSandbox = mode !== 'strict';
// Root's sandboxes run as another user, and so does what stands for the owner's session.
const owner = process.getuid?.() === 0 ? { uid: 70_731, gid: 70_731 } : null;
const parts = [screenPart({ width: 320, height: 240 })];
/** An SSH server as well, so that a program can try what it has of its own. */
const brought = [...parts, sshdPart()];
const children: ChildProcess[] = [];
const servers: Server[] = [];

async function ownFolder(...names: string[]): Promise<string> {
  const path = join(folder, ...names);
  await mkdir(path, { recursive: true });
  if (owner !== null) await chown(path, owner.uid, owner.gid);
  return path;
}

async function ownFile(path: string, text: string): Promise<string> {
  await writeFile(path, text);
  if (owner !== null) await chown(path, owner.uid, owner.gid);
  return path;
}

async function listen(path: string): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).end('secrets of the owner'));
  servers.push(server.listen({ path }));
  await once(server, 'listening');
  if (!path.startsWith('\0') && owner !== null) await chown(path, owner.uid, owner.gid);
}

function start(command: string, args: readonly string[], stdout: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', stdout, 'ignore'], ...(owner ?? {}) });
  children.push(child);
  return child;
}

function perl(...args: readonly string[]): string {
  const run = spawnSync('perl', args, { cwd: '/', timeout: 30_000, ...(owner ?? {}) });
  return `${run.stdout}${run.stderr}`;
}

/** The X server of the owner, with both of its sockets: the number of its display. */
async function startDisplay(): Promise<number> {
  // Never the number of a sandbox's own display.
  const name = `:${700 + (process.pid % 9000)}`;
  const server = start('Xvfb', [name, '-displayfd', '1', '-nolisten', 'tcp', '-screen', '0', '64x64x8'], 'pipe');
  const [chunk] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const display = Number(chunk.toString());
  // Newer X servers have no abstract socket any more; older ones, and those of other systems, do.
  await listen(`\0/tmp/.X11-unix/X${display}`).catch(() => servers.pop());
  return display;
}

/** A folder as the core holds it after looking at it. */
async function mountOf(path: string, mode: 'ro' | 'rw'): Promise<SandboxMount> {
  const { dev: device, ino: inode } = await stat(path, { bigint: true });
  return { source: path, target: path, mode, identity: { device, inode } };
}

/** What an owner shares with programs, and what those might make of it: links out of it, and a setuid program. */
async function shareFolders(secret: string): Promise<readonly SandboxMount[]> {
  const shared = await ownFolder('shared');
  await symlink(secret, join(shared, 'absolute'));
  await symlink('/', join(shared, 'all'));
  await copyFile('/usr/bin/id', join(shared, 'setuid-id'));
  await chmod(join(shared, 'setuid-id'), 0o4755);
  const core = dirname(coreSocket.path);
  await chmod(core, 0o755);
  await chmod(coreSocket.path, 0o666);
  // The second is beyond what the core would let its owner choose.
  return [await mountOf(shared, 'rw'), await mountOf(core, 'ro')];
}

async function startSandbox(
  name: string,
  mounts: readonly SandboxMount[] = [],
): Promise<Sandbox & { readonly folder: string }> {
  const homePath = await ownFolder(name, 'home');
  const engine = createBubblewrap({ runtimeDir: join(folder, name), log: silentLog, owner });
  const sandbox = await engine.startSandbox(await specOf(homePath, { parts: brought, mounts, allowsOwnSandbox }));
  return Object.assign(sandbox, { folder: join(folder, name) });
}

async function makeFacts(other: { readonly folder: string }) {
  const ownersHome = await ownFolder('owner');
  const sockets = await ownFolder('sockets');
  for (const name of ['ssh-agent', 'gpg-agent', 'bus', 'wayland-0', 'pipewire-0', 'pulse', 'ebp'])
    await listen(join(sockets, name));
  const abstract = `ebp-owner-${process.pid}`;
  await listen(`\0${abstract}`);
  const loopback = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  servers.push(loopback);
  await once(loopback, 'listening');
  await openIdentity(join(ownersHome, 'identity'));
  const keyPath = join(ownersHome, 'identity', 'id_ed25519');
  if (owner !== null) {
    await chown(join(ownersHome, 'identity'), owner.uid, owner.gid);
    await chown(keyPath, owner.uid, owner.gid);
  }
  const memoryKey = 0x65_627_000 + (process.pid % 4096);
  perl('-e', `defined shmget(${memoryKey}, 4096, 01600) or die`);
  // So that no process of a sandbox has by chance the number of the owner's.
  for (let count = 0; count < 3000 && (spawnSync('true').pid ?? 0) < 6000; count += 1);
  const program = start('perl', ['-e', 'sleep 600', 'ebp-owners-program']);
  const [sock = ''] = (await readdir(other.folder)).filter((name) => /^sandbox-[^-]+$/.test(name));
  const [others = ''] = await readdir(join(other.folder, 's'));
  const machineId = await readFile('/etc/machine-id', 'utf8').catch(() => '');
  return {
    secret: await ownFile(join(ownersHome, 'secret'), 'secret'),
    owners_home: ownersHome,
    key: keyPath,
    other_secret: await ownFile(join(other.folder, 'home', 'secret'), 'secret'),
    other_display: join(other.folder, sock, 'display'),
    sockets,
    abstract,
    shared: join(folder, 'shared'),
    core_socket: coreSocket.path,
    display: await startDisplay(),
    port: (loopback.address() as AddressInfo).port,
    owners_pid: program.pid ?? 0,
    owners_program: 'ebp-owners-program',
    others_program: 'ebp-others-program',
    owners_word: 'ebp-owners-word',
    owners_login: userInfo().username,
    host_name: hostname(),
    machine_id: machineId.trim(),
    other_machine_id: (await readFile(join(other.folder, 's', others, 'conf', 'machine-id'), 'utf8')).trim(),
    memory_key: memoryKey,
    addresses: Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter((one) => one.family === 'IPv4' && !one.internal).map((one) => one.address),
    ),
  };
}

/** The other half of `socket-swap`: what the core gets when it connects to the screen after the program exchanged it. */
async function answerSwap(sandbox: Sandbox, home: string): Promise<void> {
  for (let count = 0; count < 3000 && sandbox.state === 'running'; count += 1) {
    if ((await readdir(home)).includes('swapped')) {
      const answer = await sandbox.connect(DISPLAY_SOCKET).then(
        () => 'succeeded',
        (error: { readonly code?: string }) => String(error.code),
      );
      await writeFile(join(home, 'answer'), answer);
      return;
    }
    await sleep(50);
  }
}

await ownFolder();
await mkdir(join(folder, 'core'), { mode: 0o755 });
const coreSocket = await startLocalSocket({
  profileDir: join(folder, 'core', 'profile'),
  runtimeDir: join(folder, 'core', 'run'),
  log: silentLog,
});
coreSocket.serve((port) => port.onMessage((message) => port.post({ done: message })));
const other = await startSandbox('other');
await other.runMain(wrapProgram(parts, programOf(['perl', '-e', 'sleep 600', 'ebp-others-program'])));
const facts = await makeFacts(other);
const own = await startSandbox('own', await shareFolders(facts.secret));
const home = join(folder, 'own', 'home');
const attempts = await ownFolder('own', 'home', 'attempts');
const outside = await ownFolder('outside');
await copyFile('/usr/bin/id', join(home, 'setuid-id'));
await chmod(join(home, 'setuid-id'), 0o4755);
for (const [index, { id, script, control }] of PROBES.entries()) {
  const name = `${String(index).padStart(3, '0')}-${id}`;
  await writeFile(join(attempts, `${name}.pl`), perlProgram(facts, script));
  if (typeof control === 'object')
    await writeFile(join(attempts, `${name}.control.pl`), perlProgram(facts, control.inside));
  if (control === 'outside') await writeFile(join(outside, `${id}.pl`), perlProgram(facts, script));
}
const each = `for f in ~/attempts/*.pl; do timeout 30 ${inside} perl "$f" >"$f.out" 2>&1 </dev/null; done`;
await own.runMain(wrapProgram(parts, programOf(['bash', '-c', each])));
await Promise.all([own.ended, answerSwap(own, home)]);

const told: Record<string, string> = {};
const controls: Record<string, string> = {};
for (const name of await readdir(attempts)) {
  const [, id = '', isControl] = /^\d+-(.*?)(\.control)?\.pl\.out$/.exec(name) ?? [];
  if (id !== '') (isControl ? controls : told)[id] = await readFile(join(attempts, name), 'utf8');
}
for (const { id, control } of PROBES) if (control === 'outside') controls[id] = perl(join(outside, `${id}.pl`));
await other.stop();
perl('-e', `my $id = shmget(${facts.memory_key}, 0, 0); shmctl($id, 0, 0)`);
for (const child of children) child.kill('SIGKILL');
for (const server of servers) server.close();
await coreSocket[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify({ told, controls }), () => process.exit(0));
