// Whether a connection to the core's own socket comes from beside the core, or out of a container: decision 0008.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, constants, readFile, readlink } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import type { Log } from '../lib/log.ts';

/** Where a connection that is not answered comes from. */
export type Stranger = 'network' | 'process' | 'user' | 'account' | 'unknown';

export interface PeerCheck {
  /** Null for a program that runs beside the core, as its user or as root: then it may be answered. Never rejects. */
  findStranger(socket: Socket): Promise<Stranger | null>;
}

const ASK_TIMEOUT_MS = 5000;
/** What is asked of the kernel about one connection, besides its network: a word for each answer. */
const QUESTIONS = ['pid', 'user'] as const;

/**
 * Prints the uid at the other end of standard input and the namespaces of the process there, or "gone". SO_PEERCRED is 17 and
 * SO_PEERPIDFD (Linux 6.5) is 77, see unix(7): with the latter a number that was given to another process meanwhile is noticed.
 */
const PERL = `
sub number { my $fd = shift; open my $info, "<", "/proc/self/fdinfo/$fd" or return -1; for (<$info>) { return $1 if /^Pid:\\s*(-?\\d+)/ } -1 }
my ($pid, $uid) = unpack "iI", getsockopt(STDIN, 1, 17) or die;
my $raw = getsockopt(STDIN, 1, 77); my $isOld = !defined $raw && $! == 92;
my @links = map { readlink("/proc/$pid/ns/$_") // "" } qw(${QUESTIONS.join(' ')});
die if !$isOld && (!defined $raw || number(unpack "i", $raw) != $pid);
print join " ", $uid, @links;`;
const PYTHON = `
import os, socket, struct
end = socket.socket(fileno=0)
pid, uid, _ = struct.unpack("iII", end.getsockopt(1, 17, 12))
try: handle = struct.unpack("i", end.getsockopt(1, 77, 4))[0]
except OSError as error:
  if error.errno != 92: raise
  handle = None
links = [os.readlink(f"/proc/{pid}/ns/{name}") for name in "${QUESTIONS.join(' ')}".split()]
if handle is not None and f"Pid:\\t{pid}\\n" not in open(f"/proc/self/fdinfo/{handle}").read(): raise SystemExit(1)
print(uid, *links, end="")`;
/** Node cannot ask it. The first that is there does: Debian always has the first, Fedora the second. */
type Asker = readonly [command: string, ...words: string[]];
export const ASKERS: readonly Asker[] = [
  ['perl', '-e', PERL],
  ['python3', '-I', '-S', '-c', PYTHON],
];
const NO_ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/local/bin' };

/** Finds out first what this kernel can tell, on a connection of our own. */
export async function startPeerCheck(log: Log, askers = ASKERS): Promise<PeerCheck> {
  if (process.platform !== 'linux') return { findStranger: async () => null };
  const own = await Promise.all(QUESTIONS.map((name) => readlink(`/proc/self/ns/${name}`).catch(() => '')));
  let asker = await findAsker(askers);
  let canTellNetwork = true;

  async function find(socket: Socket): Promise<Stranger | null> {
    const fd = descriptorOf(socket);
    if (fd === null) return 'unknown';
    if (canTellNetwork && !(await isOfOwnNetwork(fd))) return 'network';
    if (asker === undefined) return null;
    const [uid, ...links] = (await ask(asker, fd)).split(' ');
    if (links.length !== QUESTIONS.length) return 'unknown';
    if (links[0] !== own[0]) return 'process';
    if (links[1] !== own[1]) return 'user';
    return Number(uid) === process.getuid?.() || uid === '0' ? null : 'account';
  }
  const findStranger = (socket: Socket) => find(socket).catch(() => 'unknown' as const);

  if (asker === undefined)
    log.warn({}, 'neither perl nor python3: local clients are told apart by their network alone');
  // A kernel that only looks like Linux may not know this: if it would refuse even this process, its answer is ignored.
  const ofOurselves = await onOwnConnection(findStranger);
  if (ofOurselves === 'network') canTellNetwork = false;
  const left = canTellNetwork ? ofOurselves : await onOwnConnection(findStranger);
  if (left !== null) asker = undefined;
  if (ofOurselves !== null) log.warn({ ofOurselves, left }, 'this system does not tell where local clients come from');
  return { findStranger };
}

/**
 * Security: the socket that accept(2) gives is made by connect(2), in the network namespace of the socket that connects (the kernel's
 * unix_stream_connect), and /proc/net/unix lists those of one's own namespace alone. A program in a container has no other
 * namespace to make a socket in, whoever it forks, lends or exchanges; nothing of it is asked or believed.
 */
async function isOfOwnNetwork(fd: number): Promise<boolean> {
  const [inode] = /\d+/.exec(await readlink(`/proc/self/fd/${fd}`)) ?? [];
  // Columns: number, references, protocol, flags, type, state, inode, path.
  const rows = (await readFile('/proc/self/net/unix', 'latin1')).split('\n');
  return rows.some((row) => row.trim().split(/\s+/, 7)[6] === inode);
}

async function findAsker(askers: readonly Asker[]): Promise<Asker | undefined> {
  for (const asker of askers) {
    for (const folder of NO_ENVIRONMENT.PATH.split(':')) {
      const isThere = await access(`${folder}/${asker[0]}`, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return asker;
    }
  }
  return undefined;
}

/** What it prints about the connection; nothing when it could not tell. */
function ask([command, ...words]: Asker, fd: number): Promise<string> {
  const child = spawn(command, words, {
    stdio: [fd, 'pipe', 'ignore'],
    env: NO_ENVIRONMENT,
    timeout: ASK_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(''));
    child.once('close', (code) => resolve(code === 0 ? said : ''));
  });
}

/** Node has no other way to it. */
function descriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}

async function onOwnConnection(look: (socket: Socket) => Promise<Stranger | null>): Promise<Stranger | null> {
  const path = `\0ebrainpool-${randomUUID()}`;
  const server = createServer();
  const accepted = once(server, 'connection');
  accepted.catch(() => {});
  server.listen(path);
  await once(server, 'listening');
  const client = connect(path);
  try {
    const [socket] = (await accepted) as [Socket];
    return await look(socket).finally(() => socket.destroy());
  } finally {
    client.destroy();
    server.close();
  }
}
