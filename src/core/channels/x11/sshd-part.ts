// The SSH server of a sandbox, for visitors who show its windows on their own display: one user, one program, one key.
import ssh2 from 'ssh2';
import { AppError } from '../../../contract/errors.ts';
import { asEnvironmentFile, sandboxEnvironment } from '../../container/desktop/environment.ts';
import { streamServer, streamServerProgram } from '../../container/desktop/stream-server.ts';
import type { Sandbox } from '../../container/engine.ts';
import { CONF, socketOf } from '../../container/inside.ts';
import type { Keep, SandboxPart } from '../../container/sandbox-part.ts';
import type { NeededProgram } from '../../health/programs.ts';
import { generateKey } from '../../lib/ssh-key.ts';
import { loginScript, offerScript } from './login.ts';

const SOCKET = 'ssh';
const FOLDER = `${CONF}/sshd`;
const MAX_CONNECTIONS = 32;
/** Speaks SSH. */
export const SSH_SOCKET = socketOf(SOCKET);

/**
 * sshd for one user and one forced program (sshd_config(5)). It listens nowhere: socat gives it each stream.
 * Xauthority lies in the sandbox and not in the home, because a peer's sessions share the home and use the same display name.
 * Only old key exchanges are removed, so that the post-quantum ones that this sshd has stay.
 * Security: whatever command, subsystem or forward a client asks for, it gets the program of the grant and X11 forwarding.
 */
const sshdConfig = `HostKey ${FOLDER}/host_key
AuthorizedKeysFile ${FOLDER}/authorized_keys
ForceCommand ${FOLDER}/login
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
SetEnv XAUTHORITY=/run/user/1000/Xauthority EBP_SERVICE=1
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

export const sshdPrograms: readonly NeededProgram[] = [
  { id: 'sshd', programs: ['sshd'], debian: 'openssh-server', level: 'error', blocks: ['sharing'] },
  streamServerProgram,
];

export function sshdPart(): SandboxPart {
  return {
    name: 'sshd',
    files: async (keep) => [
      { name: 'sshd/sshd_config', text: sshdConfig },
      { name: 'sshd/host_key', text: await keepHostKey(keep), mode: 0o600 },
      { name: 'sshd/authorized_keys', text: '' },
      { name: 'sshd/environment', text: asEnvironmentFile(sandboxEnvironment()) },
      { name: 'sshd/login', text: loginScript, mode: 0o755 },
      { name: 'sshd/offer', text: offerScript, mode: 0o755 },
    ],
    services: [streamServer(SOCKET, MAX_CONNECTIONS, ['/usr/sbin/sshd', '-i', '-e', '-f', `${FOLDER}/sshd_config`])],
    wrap: (program) => ({ ...program, argv: [`${FOLDER}/offer`, ...program.argv] }),
  };
}

/**
 * From now on a sandbox with an sshd accepts this key and no other. Each login by it is a run of the sandbox's main program.
 * @param publicKey as a line of authorized_keys
 * @throws AppError `disk-full`
 */
export async function authorise(sandbox: Pick<Sandbox, 'provide'>, publicKey: string): Promise<void> {
  await sandbox.provide({ name: 'sshd/authorized_keys', text: `restrict,X11-forwarding ${publicKey}\n` });
}

/** The public host key line of the container's sshd. @throws AppError `container-failed` where it is damaged */
export async function hostKeyOf(keep: Keep): Promise<string> {
  const key = ssh2.utils.parseKey(await keepHostKey(keep));
  if (key instanceof Error)
    throw new AppError('container-failed', { why: 'its SSH host key is damaged; reset the container' });
  return `ssh-ed25519 ${key.getPublicSSH().toString('base64')}`;
}

function keepHostKey(keep: Keep): Promise<string> {
  return keep('host_key', () => generateKey('ebp-container'));
}
