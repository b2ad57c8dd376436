// A program in a real sandbox that does see the socket on which the CLI answers requests: bound in by hand, beyond what mounts allow.
import { chmod, chown, mkdir, mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBubblewrap } from '../../src/core/container/engines/bubblewrap/bubblewrap.ts';
import { specOf } from '../../src/core/container/sandboxes.test-support.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { removeTree } from '../../src/core/lib/remove-tree.ts';
import { type LocalSocket, startLocalSocket } from '../../src/core/local-socket/local-socket.ts';

const owner = process.getuid?.() === 0 ? { uid: 70_731, gid: 70_731 } : null;
let folder: string;
let local: LocalSocket;
const told: unknown[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-ls-'));
  await chmod(folder, 0o711);
  local = await startLocalSocket({
    profileDir: join(folder, 'profile'),
    runtimeDir: join(folder, 'run'),
    log: silentLog,
  });
  local.serve((port) => port.onMessage((message) => void told.push(message)));
  // As an attacker would wish it: nothing but the check itself is in the way, also where root runs sandboxes as somebody else.
  await chmod(dirname(local.path), 0o755);
  await chmod(local.path, 0o666);
});
afterAll(async () => {
  await local[Symbol.asyncDispose]();
  await removeTree(folder);
});

async function runInSandbox(name: string, script: string, canHaveNetwork: boolean): Promise<string> {
  const homePath = join(folder, name);
  await mkdir(homePath, { mode: 0o700 });
  if (owner !== null) await chown(homePath, owner.uid, owner.gid);
  const engine = createBubblewrap({ runtimeDir: join(folder, 'r'), log: silentLog, owner });
  const run = dirname(local.path);
  const { dev: device, ino: inode } = await stat(run, { bigint: true });
  const mounts = [{ source: run, target: run, mode: 'rw', identity: { device, inode } } as const];
  await using sandbox = await engine.startSandbox(await specOf(homePath, { mounts, canHaveNetwork }));
  await sandbox.runMain({ argv: ['perl', '-e', script], workingDirectory: null });
  await sandbox.ended;
  return await readFile(join(homePath, 'told'), 'utf8');
}

/** The first process waits, because the sandbox ends with it. */
const CONNECT = `if (fork) { sleep 3; exit } $SIG{PIPE} = "IGNORE"; use IO::Socket::UNIX; open my $out, ">", "/home/ebp/told"; my $s = IO::Socket::UNIX->new(Peer => "SOCKET") or do { print $out "error $!"; exit };`;
const ASK = `print $s '{"jsonrpc":"2.0","id":1,"method":"settings.update","params":{"name":"mine"}}' . "\\n"; $s->flush; while (<$s>) { print $out $_ } print $out "closed";`;

describe.each([
  ['without a network', false],
  ['with the internet', true],
])('a program in a container %s that reaches the core’s socket', (_name, canHaveNetwork) => {
  test.each([
    ['asks', ASK],
    ['hands its connection to a child and ends, so that its number is free', `exit if fork; ${ASK}`],
    [
      'lets other processes take its number meanwhile',
      `if (fork) { for (1 .. 2000) { my $c = fork; defined $c or last; $c or exit; waitpid $c, 0 } exit } ${ASK}`,
    ],
  ])('is told that it is refused, and nothing else, when it %s', async (what, script) => {
    const name = `home-${canHaveNetwork}-${what.length}`;
    const said = await runInSandbox(name, `${CONNECT.replace('SOCKET', local.path)} ${script}`, canHaveNetwork);
    expect(said).toBe('{"jsonrpc":"2.0","method":"refused","params":{"code":"other-namespace"}}\nclosed');
    expect(told).toEqual([]);
  });
});
