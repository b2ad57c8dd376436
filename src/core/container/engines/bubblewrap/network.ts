// The internet for one sandbox, and nothing of the owner's own networks: pasta(1), which needs no root.
import { type ChildProcess, spawn } from 'node:child_process';
import { AppError } from '../../../../contract/errors.ts';
import { findProgram } from '../../../lib/find-program.ts';
import type { Log } from '../../../lib/log.ts';
import type { Owner } from '../../owner.ts';
import { readOwnNetworks } from './own-networks.ts';

const START_TIMEOUT_MS = 5000;

/**
 * The sandbox's own end of it. From the block for protocol assignments (RFC 6890), which is routed nowhere, so that no network
 * that the owner may have lies behind these addresses.
 */
const SELF = '192.0.0.2';
const GATEWAY = '192.0.0.1';
const PREFIX_BITS = 29;
const SELF_NETWORK = '192.0.0.0';
/** How often is looked whether this computer came into another network; it costs some 0.2 ms. */
const FOLLOW_MS = 250;
/** pasta hands questions to this address on to the computer's own name server. */
export const NAME_SERVER = '192.0.0.3';

/** Addresses that are not the internet (RFC 6890, RFC 5771, RFC 1112): private, shared, link-local, loopback, multicast, reserved. */
const NOT_INTERNET = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  `${GATEWAY}/32`,
];

/**
 * Security: unshare(1) makes mounts private. bwrap alone would go on to receive what is mounted on this computer: a disk that is plugged
 * in below a folder that programs may only read would be theirs to write, with its devices and setuid programs.
 */
export const OWN_MOUNTS = ['--user', '--map-root-user', '--mount'] as const;

/**
 * The command that runs bwrap in a network namespace into which pasta can come later: one that belongs to a user namespace of
 * its own. bwrap's own would belong to one that no process is in any more. Only loopback is up in it.
 */
export function inOwnNetwork(bwrapPath: string, bwrapArguments: readonly string[]): readonly [string, ...string[]] {
  // Security: a fixed script; what comes after it are words, and bwrap gets an empty environment.
  const script = 'ip link set lo up && exec -c -a bwrap "$0" "$@"';
  const [first, ...rest] = bwrapArguments;
  if (first !== '--unshare-all') throw new Error('bwrap must begin with everything unshared');
  return [
    'unshare',
    ...[...OWN_MOUNTS, '--net', '--', '/bin/bash', '-c', script, bwrapPath],
    ...['--unshare-all', '--share-net', ...rest],
  ];
}

/** A running pasta. */
export interface NetworkLink {
  /** Takes the network away, at once: every connection through it breaks. */
  close(): void;
}

/**
 * Gives the sandbox whose outermost process has this number the internet over IPv4.
 * @throws AppError `missing-program`, `container-failed` where this computer has no route of its own
 */
export async function openNetwork(pid: number, owner: Owner | null, log: Log): Promise<NetworkLink> {
  const pasta = await findProgram('pasta');
  if (pasta === null) throw new AppError('missing-program', { program: 'passt', command: 'sudo apt install passt' });
  // The shell ends pasta when its own input ends. So pasta ends with the core, even when that is killed.
  const watch = '"$@" & child=$!; read -r _; kill -KILL "$child"';
  const child = spawn(
    '/bin/sh',
    [
      ...[
        '-c',
        watch,
        'sh',
        pasta,
        '--foreground',
        '--quiet',
        '--config-net',
        '--ipv4-only',
        '--ns-ifname',
        'internet',
      ],
      ...['--address', SELF, '--netmask', String(PREFIX_BITS), '--gateway', GATEWAY, '--dns-forward', NAME_SERVER],
      // Security: nothing of the owner's loopback, in either direction.
      ...['--no-map-gw', '--tcp-ports', 'none', '--udp-ports', 'none', '--tcp-ns', 'none', '--udp-ns', 'none'],
      ...['--no-dhcp', '--no-dhcpv6', '--no-ndp', '--no-ra', String(pid)],
    ],
    { stdio: ['pipe', 'ignore', 'pipe'], env: {}, ...(owner ?? {}) },
  );
  let timer: NodeJS.Timeout | undefined;
  const link: NetworkLink = {
    close: () => {
      clearTimeout(timer);
      timer = undefined;
      child.stdin?.end();
    },
  };
  child.once('exit', link.close);
  try {
    await isUp(child, pid, owner);
    const { followUp } = await closeOwnNetworks(pid, owner);
    const lookAgain = () => {
      timer = setTimeout(() => {
        followUp().then(
          () => timer !== undefined && lookAgain(),
          (error) => {
            // Security: when a network of the owner's cannot be closed off, the program loses the internet.
            if (timer !== undefined) log.error({ pid, error: String(error) }, 'own networks could not be closed off');
            link.close();
          },
        );
      }, FOLLOW_MS);
    };
    lookAgain();
  } catch (error) {
    link.close();
    throw error;
  }
  log.info({ pid }, 'a sandbox got the internet');
  return link;
}

async function isUp(child: ChildProcess, pid: number, owner: Owner | null): Promise<void> {
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk}`.slice(-300);
  });
  let hasEnded = false;
  child.once('error', () => {
    hasEnded = true;
  });
  child.once('exit', () => {
    hasEnded = true;
  });
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < giveUpAt && !hasEnded) {
    const routes = await inNetworkOf(pid, ['ip', '-4', 'route'], '', owner).catch(() => '');
    if (routes.includes('default via')) return;
    // Words before it is up are its reason to fail.
    if (words !== '') break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new AppError('container-failed', { why: `it could not be given the internet: ${words.trim() || 'too late'}` });
}

/**
 * Security: every way into the owner's own networks leads nowhere, before the program runs; the sandbox cannot change routes. A
 * network that appears later, by a cable, a wireless network or a VPN, is closed off when it is there, and what was open to it breaks.
 */
async function closeOwnNetworks(pid: number, owner: Owner | null): Promise<{ followUp(): Promise<void> }> {
  const closed = new Set<string>([`${SELF_NETWORK}/${PREFIX_BITS}`]);
  const close = async (networks: readonly string[]) => {
    const news = [...new Set(networks)].filter((network) => !closed.has(network));
    if (news.length === 0) return;
    const batch = news.map((network) => `route replace unreachable ${network}\n`).join('');
    await inNetworkOf(pid, ['ip', '-batch', '-'], batch, owner);
    for (const network of news) closed.add(network);
  };
  await close([...NOT_INTERNET, ...(await readOwnNetworks())]);
  return { followUp: async () => close(await readOwnNetworks()) };
}

/** Runs a program in the network namespace of a process; resolves to what it printed. */
function inNetworkOf(pid: number, argv: readonly string[], input: string, owner: Owner | null): Promise<string> {
  const child = spawn(
    'nsenter',
    ['--target', String(pid), '--user', '--net', '--preserve-credentials', '--', ...argv],
    { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, ...(owner ?? {}) },
  );
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    error += chunk;
  });
  child.stdin.on('error', () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new AppError('container-failed', { why: `its network could not be set up: ${error.trim()}` }));
    });
  });
}
