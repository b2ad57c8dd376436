// The other side of the comparisons: stock OpenSSH, with a key of its own for the visitor and a plain sshd on the host.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { addressOf, folderOf, spawnOn } from '../lab/hosts.ts';
import { endChild, until } from './computers.ts';

export interface SshKey {
  readonly path: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
}

/** Makes a key pair in a computer's home. */
export function makeKey(host: string, name: string): SshKey {
  const folder = mkdtempSync(join(folderOf(host, 'home'), 'bench-ssh-'));
  const path = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path]);
  return { path, publicKey: readFileSync(`${path}.pub`, 'utf8').trim() };
}

/** What ssh(1) is told so that nothing of the person's own configuration takes part. */
export function sshOptions(key: SshKey, hostKey: string): string[] {
  const knownHosts = `${key.path}.known_hosts-${Buffer.from(hostKey).toString('base64url').slice(-12)}`;
  writeFileSync(knownHosts, `host ${hostKey}\n`, { mode: 0o600 });
  const settings = {
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    UserKnownHostsFile: knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    HostKeyAlias: 'host',
    HostKeyAlgorithms: 'ssh-ed25519',
    BatchMode: 'yes',
    LogLevel: 'ERROR',
  };
  return [
    '-F',
    'none',
    '-i',
    key.path,
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

export interface PlainSshd extends AsyncDisposable {
  readonly port: number;
  readonly hostKey: string;
}

/** OpenSSH's own sshd with its default algorithms, as the computer's ordinary user. */
export async function startPlainSshd(host: string, clientKey: SshKey, port = 2222): Promise<PlainSshd> {
  const hostKey = makeKey(host, 'sshd-host-key');
  const configPath = `${hostKey.path}.conf`;
  const authorizedPath = `${hostKey.path}.authorized`;
  writeFileSync(authorizedPath, `${clientKey.publicKey}\n`, { mode: 0o600 });
  const config = {
    Port: port,
    HostKey: hostKey.path,
    AuthorizedKeysFile: authorizedPath,
    UsePAM: 'no',
    StrictModes: 'no',
    PidFile: 'none',
    AllowStreamLocalForwarding: 'yes',
    AllowTcpForwarding: 'yes',
    X11Forwarding: 'yes',
    UseDNS: 'no',
    SetEnv: passedOn(host),
    LogLevel: 'QUIET',
  };
  writeFileSync(
    configPath,
    Object.entries(config)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  const child = spawnOn(host, ['/usr/sbin/sshd', '-D', '-e', '-f', configPath], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(() => accepts(addressOf(host), port), 'sshd');
  return { port, hostKey: hostKey.publicKey, [Symbol.asyncDispose]: () => endChild(child) };
}

/** What a login gets besides its own: the lab's runtime folder, and where libraries are that are not installed system-wide. */
function passedOn(host: string): string {
  const variables = { XDG_RUNTIME_DIR: folderOf(host, 'run'), ...pick('PYTHONPATH'), ...pick('LD_LIBRARY_PATH') };
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function pick(name: string): Readonly<Record<string, string>> {
  const value = process.env[name];
  return value === undefined ? {} : { [name]: value };
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (isOpen: boolean) => () => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}
