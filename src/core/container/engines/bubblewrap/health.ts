// What this computer has and lacks for sharing and using, with the command that adds it.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { HealthItem } from '../../../../contract/health.ts';
import { findProgram } from '../../../lib/find-program.ts';
import type { Owner } from '../../owner.ts';

const run = promisify(execFile);
/** What sharing cannot do without is an error; what only makes it better is a warning. */
const PROGRAMS = [
  { id: 'bubblewrap', programs: ['bwrap'], debian: 'bubblewrap', level: 'error' },
  { id: 'sshd', programs: ['sshd'], debian: 'openssh-server', level: 'error' },
  { id: 'socat', programs: ['socat'], debian: 'socat', level: 'error' },
  { id: 'xvnc', programs: ['Xvnc'], debian: 'tigervnc-standalone-server', level: 'error' },
  {
    id: 'window-manager',
    programs: ['openbox', 'matchbox-window-manager'],
    debian: 'openbox',
    level: 'warning',
  },
  { id: 'xauth', programs: ['xauth'], debian: 'xauth', level: 'warning' },
  { id: 'internet', programs: ['pasta'], debian: 'passt', level: 'warning' },
  { id: 'ssh', programs: ['ssh'], debian: 'openssh-client', level: 'warning' },
] as const;

/** Looks for every part; takes some 20 ms. */
export async function checkHost(owner: Owner | null): Promise<readonly HealthItem[]> {
  const items = await Promise.all(
    PROGRAMS.map(async ({ id, programs, debian, level }): Promise<HealthItem> => {
      const found = await Promise.all(programs.map((name) => findProgram(name)));
      const isThere = found.some((path) => path !== null);
      if (isThere && id === 'internet') return await checkTunnelDevice(owner);
      return {
        id,
        level: isThere ? 'ok' : level,
        params: { program: programs[0] },
        command: isThere ? null : await installCommand(debian),
      };
    }),
  );
  const hasBubblewrap = items.some((item) => item.id === 'bubblewrap' && item.level === 'ok');
  if (hasBubblewrap) items.push(await checkNamespaces(owner));
  return items;
}

/** The command that installs a package of Debian's name, in the words of this distribution. */
async function installCommand(debian: string): Promise<string> {
  const names: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    dnf: { 'tigervnc-standalone-server': 'tigervnc-server', 'openssh-client': 'openssh-clients' },
    pacman: {
      'tigervnc-standalone-server': 'tigervnc',
      'openssh-server': 'openssh',
      'openssh-client': 'openssh',
      xauth: 'xorg-xauth',
    },
    zypper: { 'tigervnc-standalone-server': 'xorg-x11-Xvnc', 'openssh-client': 'openssh-clients' },
  };
  if ((await findProgram('apt-get')) === null) {
    for (const [tool, verb] of [
      ['dnf', 'install'],
      ['pacman', '-S'],
      ['zypper', 'install'],
    ] as const) {
      if ((await findProgram(tool)) !== null) return `sudo ${tool} ${verb} ${names[tool]?.[debian] ?? debian}`;
    }
  }
  // Security: Debian's openssh-server opens port 22 for ever; only its program is needed, so the system's server stays off.
  const mask = debian === 'openssh-server' ? 'sudo systemctl mask ssh.service ssh.socket; ' : '';
  return `${mask}sudo apt install ${debian}`;
}

/** Opens the device that pasta needs, as the user that it runs as: where a container or its mode forbids that, only trying tells. */
async function checkTunnelDevice(owner: Owner | null): Promise<HealthItem> {
  const item = { id: 'internet', params: { program: 'pasta' }, command: null } as const;
  // Read first: opened for both, a device that is not there would be made, as a file.
  const script = 'exec 3</dev/net/tun && exec 3<>/dev/net/tun';
  try {
    await run('/bin/sh', ['-c', script], { timeout: 5000, env: { LC_ALL: 'C' }, ...(owner ?? {}) });
    return { ...item, level: 'ok' };
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr || (error as Error).message).trim();
    const why = (said.split(': ').at(-1) ?? '').slice(0, 300);
    const command = why === 'Permission denied' ? 'sudo chmod 666 /dev/net/tun' : 'sudo modprobe tun';
    return { ...item, level: 'warning', params: { ...item.params, context: 'device', why }, command };
  }
}

/** Makes one empty sandbox: the only sure way to know that user namespaces are allowed. */
async function checkNamespaces(owner: Owner | null): Promise<HealthItem> {
  const links = ['lib', 'lib64', 'bin'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]);
  try {
    await run(
      'bwrap',
      ['--unshare-all', '--unshare-user', '--ro-bind', '/usr', '/usr', ...links, '--', '/usr/bin/true'],
      {
        timeout: 5000,
        ...(owner ?? {}),
      },
    );
    return { id: 'namespaces', level: 'ok', params: {}, command: null };
  } catch (error) {
    const why = String((error as { stderr?: string }).stderr || (error as Error).message)
      .trim()
      .slice(0, 300);
    return { id: 'namespaces', level: 'error', params: { why }, command: await namespacesCommand() };
  }
}

async function namespacesCommand(): Promise<string> {
  const read = (name: string) =>
    readFile(`/proc/sys/${name}`, 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  if ((await read('kernel/apparmor_restrict_unprivileged_userns')) === '1') {
    return 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  }
  if ((await read('kernel/unprivileged_userns_clone')) === '0')
    return 'sudo sysctl -w kernel.unprivileged_userns_clone=1';
  return 'sudo sysctl -w user.max_user_namespaces=15000';
}
