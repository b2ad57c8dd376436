// The small files that a sandbox is given: who it is, how its sshd behaves, its first program. Read-only inside.
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Owner } from '../../owner.ts';
import { asEnvironmentFile, sandboxEnvironment } from './environment.ts';
import { NAME_SERVER } from './network.ts';
import { sandboxInit } from './sandbox-init.ts';
import { sandboxLogin } from './sandbox-login.ts';
import { soundFiles } from './sound-files.ts';
import { windowManagerFiles } from './window-manager.ts';

/** In a folder of the search path for settings, see environment.ts. */
const DEFAULTS_FILE = 'xdg/mimeapps.list';

export interface SandboxFiles {
  readonly confPath: string;
  readonly sockPath: string;
  /** What programs keep for a while and is too large for memory. */
  readonly tmpPath: string;
  /** What is /tmp/.X11-unix in the sandbox: the display's own socket appears in it. */
  readonly x11Path: string;
}

/**
 * sshd for one user and one forced program (sshd_config(5)). It listens nowhere: socat gives it each stream.
 * The keys of X displays lie in the sandbox and not in the home: a peer's sessions share that, and each calls its display by one name.
 * Of the key exchanges only the old ones are taken out, so that what this sshd has of the post-quantum ones stays.
 * Security: whatever command, subsystem or forward a client asks for, it gets the program of the grant and X11 forwarding.
 */
const sshdConfig = `HostKey /run/ebp/conf/host_key
AuthorizedKeysFile /run/ebp/conf/authorized_keys
ForceCommand /run/ebp/conf/login
AllowUsers ebp
PubkeyAuthentication yes
PubkeyAcceptedAlgorithms ssh-ed25519
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
X11Forwarding yes
X11UseLocalhost yes
XAuthLocation /usr/bin/xauth
SetEnv XAUTHORITY=/run/user/1000/Xauthority
AddressFamily inet
AllowTcpForwarding no
AllowStreamLocalForwarding no
AllowAgentForwarding no
GatewayPorts no
PermitTunnel no
PermitTTY no
PermitUserEnvironment no
PermitUserRC no
PrintMotd no
PrintLastLog no
UseDNS no
PidFile none
LogLevel ERROR
LoginGraceTime 10
MaxSessions 4
KexAlgorithms -diffie-hellman-*,ecdh-*
Ciphers aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com
MACs hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com
HostKeyAlgorithms ssh-ed25519
`;

/**
 * Makes the folders of one sandbox, for `owner` (another than us only when we are root). What it may write to,
 * `sockPath`, lies beside its home: on the disk, not in the memory that the owner's XDG_RUNTIME_DIR is made of.
 */
export async function writeSandboxFiles(
  path: string,
  sockPath: string,
  hostKey: string,
  owner: Owner | null,
): Promise<SandboxFiles> {
  const confPath = join(path, 'conf');
  // Security: beside `sockPath` and not in it, where a program could put another folder, or a link to one, in its place.
  const x11Path = `${sockPath}-x11`;
  // Where root's sandboxes run as another user, that user must get through to its own folder.
  await mkdir(dirname(path), { recursive: true, mode: owner === null ? 0o700 : 0o711 });
  await mkdir(confPath, { recursive: true, mode: 0o700 });
  const tmpPath = `${sockPath}-tmp`;
  const names = [DEFAULTS_FILE, ...windowManagerFiles.map(([name]) => name)];
  const folders = [...new Set(names.map((name) => join(confPath, dirname(name))))];
  for (const folder of [sockPath, tmpPath, x11Path, ...folders]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: readonly (readonly [name: string, text: string, mode: number])[] = [
    [
      'passwd',
      'ebp:x:1000:1000:eBrainPool:/home/ebp:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
      0o644,
    ],
    ['group', 'ebp:x:1000:\nnogroup:x:65534:\n', 0o644],
    ['hosts', '127.0.0.1 localhost ebp\n::1 localhost\n', 0o644],
    // Answers only where the program was given the internet.
    ['resolv.conf', `nameserver ${NAME_SERVER}\noptions edns0\n`, 0o644],
    ['nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n', 0o644],
    ['machine-id', `${machineId(hostKey)}\n`, 0o444],
    ['environment', asEnvironmentFile(sandboxEnvironment()), 0o644],
    ...soundFiles().map(([name, text]) => [name, text, 0o644] as const),
    ['sshd_config', sshdConfig, 0o644],
    ['host_key', hostKey, 0o600],
    ['authorized_keys', '', 0o644],
    ['init', sandboxInit, 0o755],
    ['login', sandboxLogin, 0o755],
    ...windowManagerFiles.map(([name, text]) => [name, text, 0o644] as const),
  ];
  await Promise.all(files.map(([name, text, mode]) => writeOwned(join(confPath, name), text, mode, owner)));
  if (owner !== null)
    await Promise.all(
      [path, ...folders, x11Path, sockPath, tmpPath].map((folder) => chown(folder, owner.uid, owner.gid)),
    );
  return { confPath, sockPath, tmpPath, x11Path };
}

/** Which programs open documents there: written when it is known, which nobody has to wait for before a program runs. */
export async function writeDefaultApplications(files: SandboxFiles, text: string, owner: Owner | null): Promise<void> {
  await writeOwned(join(files.confPath, DEFAULTS_FILE), text, 0o644, owner);
}

/**
 * The container's own machine-id(5), which programs want and which lasts as long as the container does.
 * Security: nothing of this computer's own, and another one for each peer, so that programs cannot tell where they run or compare.
 */
function machineId(hostKey: string): string {
  return createHash('sha256').update(`machine-id of ${hostKey}`).digest('hex').slice(0, 32);
}

export async function writeOwned(path: string, text: string, mode: number, owner: Owner | null): Promise<void> {
  await writeFile(path, text, { mode });
  await chmod(path, mode);
  if (owner !== null) await chown(path, owner.uid, owner.gid);
}
