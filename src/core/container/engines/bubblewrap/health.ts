// What this computer has and lacks for sharing and using, with the command that adds it.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { HealthItem } from '../../../../contract/health.ts';
import { checkPrograms, type NeededProgram } from '../../../health/programs.ts';
import type { Owner } from '../../owner.ts';

const run = promisify(execFile);
/** What sharing cannot do without is an error; what only makes it better is a warning. */
const PROGRAMS: readonly NeededProgram[] = [
  { id: 'bubblewrap', programs: ['bwrap'], debian: 'bubblewrap', level: 'error', blocks: ['sharing'] },
  { id: 'internet', programs: ['pasta'], debian: 'passt', level: 'warning', blocks: ['internet'] },
];

/** Looks for every part; takes some 20 ms. */
export async function checkHost(owner: Owner | null, platform = process.platform): Promise<readonly HealthItem[]> {
  if (platform !== 'linux') return [{ id: 'system', level: 'ok', params: {}, command: null, blocks: ['sharing'] }];
  const items = await checkPrograms(PROGRAMS);
  const isThere = (wanted: string) => items.some(({ id, level }) => id === wanted && level === 'ok');
  return [
    ...items.filter(({ id, level }) => id !== 'internet' || level !== 'ok'),
    ...(isThere('internet') ? [await checkTunnelDevice(owner)] : []),
    ...(isThere('bubblewrap') ? [await checkNamespaces(owner)] : []),
  ];
}

/** Opens the device that pasta needs, as the user that it runs as: where a container or its mode forbids that, only trying tells. */
async function checkTunnelDevice(owner: Owner | null): Promise<HealthItem> {
  const item = { id: 'internet', params: { program: 'pasta' }, command: null } as const;
  // Opened for reading first: opening it for both would make a file where the device is missing.
  const script = 'exec 3</dev/net/tun && exec 3<>/dev/net/tun';
  try {
    await run('/bin/sh', ['-c', script], { timeout: 5000, env: { LC_ALL: 'C' }, ...(owner ?? {}) });
    return { ...item, level: 'ok' };
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr || (error as Error).message).trim();
    const why = (said.split(': ').at(-1) ?? '').slice(0, 300);
    const command = why === 'Permission denied' ? 'sudo chmod 666 /dev/net/tun' : 'sudo modprobe tun';
    return {
      ...item,
      level: 'warning',
      params: { ...item.params, context: 'device', why },
      command,
      blocks: ['internet'],
    };
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
    const command = await namespacesCommand();
    return { id: 'namespaces', level: 'error', params: { why }, command, blocks: ['sharing'] };
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
