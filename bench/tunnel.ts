// Throughput of the product's tunnel beside `ssh -L` and bare TCP, in both directions, with the same programs at the ends.
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, folderOf, spawnOn } from '../lab/hosts.ts';
import { endChild, firstMatch, root, until } from './computers.ts';
import { makeKey, sshOptions, startPlainSshd } from './open-ssh.ts';
import type { BenchOptions } from './options.ts';
import { allPids, cpuSeconds, nameOf } from './processes.ts';
import { type Result, toResult } from './report.ts';

const TCP_PORT = 7400;
const SSHD_PORT = 2223;
const MIB = 1024 * 1024;

export const tunnelNotes = [
  'Tunnel: client → Unix socket → tunnel → Unix socket → server; to host = upload, to visitor = download. Ours: aes128-gcm, two cores of Node;',
  "ssh -L: OpenSSH's own client and sshd with the cipher that is named (chacha20-poly1305 is OpenSSH's default); bare TCP: client → server.",
];

const ways = [
  { id: 'ours' },
  { id: 'ssh-default', name: 'ssh -L, chacha20-poly1305 (its default)', cipher: 'chacha20-poly1305@openssh.com' },
  { id: 'ssh-aes', name: 'ssh -L, aes128-gcm', cipher: 'aes128-gcm@openssh.com' },
  { id: 'tcp', name: 'bare TCP' },
] as const;
const directions = ['down', 'up'] as const;

export async function measureTunnel({ runs, isShort, isTraced }: BenchOptions): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const sizeBytes = (isShort ? 256 : 1024) * MIB;
  const socketOf = (host: string, name: string) => join(folderOf(host, 'run'), `${name}.sock`);
  const start = async (host: string, script: string, ...args: string[]): Promise<readonly [string, ChildProcess]> => {
    const child = spawnOn(host, [process.execPath, ...nodeArguments(script), join(root, 'bench', script), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    stack.defer(() => endChild(child));
    return [await firstMatch(child, /^ready.*$/), child];
  };

  const server = socketOf('bob', 'server');
  await start('bob', 'stream-end.ts', 'serve', server, String(TCP_PORT));
  const [ready, host] = await start('bob', 'tunnel-host.ts', join(folderOf('bob', 'home'), 'tunnel-identity'), server);
  const port = ready.split(' ')[1] ?? '';
  const own = socketOf('alice', 'own');
  const identity = join(folderOf('alice', 'home'), 'tunnel-identity');
  const [, visitor] = await start('alice', 'tunnel-visitor.ts', identity, addressOf('bob'), port, own);

  const key = makeKey('alice', 'tunnel');
  const sshd = stack.use(await startPlainSshd('bob', key, SSHD_PORT));
  const targets = new Map<string, string>([
    ['ours', own],
    ['tcp', `${addressOf('bob')}:${TCP_PORT}`],
  ]);
  for (const way of ways) {
    if (!('cipher' in way)) continue;
    const local = socketOf('alice', way.id);
    const forward = ['-N', '-c', way.cipher, '-L', `${local}:${server}`, '-o', 'ExitOnForwardFailure=yes'];
    const options = sshOptions(key, sshd.hostKey);
    const child = spawnOn(
      'alice',
      ['ssh', ...options, ...forward, '-p', String(sshd.port), `bob@${addressOf('bob')}`],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    stack.defer(() => endChild(child));
    await until(() => {
      if (child.exitCode !== null) throw new Error(`${way.name} ended with ${child.exitCode}`);
      return existsSync(local);
    }, way.name);
    targets.set(way.id, local);
  }

  const rates = new Figures();
  const cpuTimes = new Figures();
  for (let round = -1; round < runs; round += 1) {
    for (const direction of directions) {
      for (const { id } of ways) {
        const cpu = () =>
          id === 'ours' ? cpuSeconds(visitor.pid as number) + cpuSeconds(host.pid as number) : cpuSecondsOfSsh();
        const before = cpu();
        const ms = await move(direction, round < 0 ? 64 * MIB : sizeBytes, targets.get(id) ?? '');
        const seconds = cpu() - before;
        if (isTraced)
          console.error(`${direction} ${id}: ${ms.toFixed(0)} ms, both ends ${seconds.toFixed(2)} s of CPU`);
        cpuTimes.add(id, direction, seconds / (sizeBytes / 1024 / MIB), round);
        rates.add(id, direction, sizeBytes / MIB / (ms / 1000), round);
      }
    }
  }
  return directions.flatMap((direction) => {
    const where = `to ${direction === 'up' ? 'host' : 'visitor'}`;
    const beside = (way: (typeof ways)[number], figures: Figures) => ({
      ours: figures.of('ours', direction),
      other: figures.of(way.id, direction),
      otherName: 'name' in way ? way.name : '',
    });
    return [
      ...ways.slice(1).map((way) =>
        toResult({
          name: `tunnel, ${where}`,
          unit: 'MiB/s',
          ...beside(way, rates),
          ...(way.id === 'ssh-default' ? { target: { of: 'ratio', sign: '≥', value: 1 } } : {}),
        }),
      ),
      toResult({ name: `tunnel, ${where}, CPU of both ends`, unit: 's/GiB', ...beside(ways[1], cpuTimes) }),
    ];
  });
}

/** What was measured, by way and direction. The round before the first warms up and does not count. */
class Figures {
  readonly #lists = new Map<string, number[]>();

  add(way: string, direction: string, value: number, round: number): void {
    if (round < 0) return;
    const list = this.of(way, direction);
    this.#lists.set(`${way} ${direction}`, [...list, value]);
  }

  of(way: string, direction: string): readonly number[] {
    return this.#lists.get(`${way} ${direction}`) ?? [];
  }
}

/** Milliseconds until all bytes have arrived at the other end. */
async function move(direction: string, sizeBytes: number, target: string): Promise<number> {
  const script = join(root, 'bench', 'stream-end.ts');
  const child = spawnOn('alice', [process.execPath, script, 'measure', direction, String(sizeBytes), target], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return Number(await firstMatch(child, /(?<=^took )[\d.]+/));
}

/** BENCH_NODE_ARGS is for both ends of ours, such as `--cpu-prof --cpu-prof-dir=FOLDER`. */
function nodeArguments(script: string): string[] {
  return script.startsWith('tunnel') ? (process.env['BENCH_NODE_ARGS'] ?? '').split(' ').filter(Boolean) : [];
}

/** Of every ssh and sshd in the lab. */
function cpuSecondsOfSsh(): number {
  const pids = allPids().filter((pid) => /^sshd?$/.test(nameOf(pid)));
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}
