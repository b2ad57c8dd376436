// How long a start takes: the core with its browser shell, and a command of the CLI.
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnOn } from '../lab/hosts.ts';
import { type Computer, root, startComputer } from './computers.ts';
import type { BenchOptions } from './options.ts';
import { type Result, toResult } from './report.ts';

export const startNotes = [
  'Start: from the start of the process to the address that the browser shell prints; the first start makes the identity.',
];

export async function measureStart({ runs }: BenchOptions): Promise<Result[]> {
  const first: number[] = [];
  const again: number[] = [];
  const status: number[] = [];
  for (let round = -1; round < runs; round += 1) {
    const profile = `start-${round}`;
    for (const list of [first, again]) {
      await using alice = await startComputer('alice', { profile });
      if (round < 0) continue;
      list.push(alice.startMs);
      if (list !== again) continue;
      // The core looks for what this computer has when it starts; that is not the command's.
      await sleep(1000);
      status.push(await timeStatus(alice));
    }
  }
  return [
    toResult({ name: 'start, profile there', unit: 'ms', ours: again, target: { of: 'ours', sign: '<', value: 1500 } }),
    toResult({ name: 'start, first run', unit: 'ms', ours: first }),
    toResult({ name: 'ebp status', unit: 'ms', ours: status }),
  ];
}

async function timeStatus({ host, profileDir }: Computer): Promise<number> {
  const startedAt = performance.now();
  const child = spawnOn(host, [process.execPath, join(root, 'src/cli/main.ts'), 'status', '--profile', profileDir], {
    cwd: root,
    stdio: 'ignore',
  });
  const [code] = await once(child, 'exit');
  // A warning about what this computer lacks is an answer too.
  if (code === 2 || code === null) throw new Error(`ebp status ended with ${code}`);
  return performance.now() - startedAt;
}
