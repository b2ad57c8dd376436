// What it costs that the host reads every message of a display: the stream with its filters beside the same one without.
import { join } from 'node:path';
import { folderOf, spawnOn } from '../lab/hosts.ts';
import { endChild, firstMatch, root } from './computers.ts';
import type { BenchOptions } from './options.ts';
import { type Result, toResult } from './report.ts';

const MIB = 1024 * 1024;
const kinds = {
  raw: 'raw updates of the whole screen',
  tight: 'Tight, 40 bytes to 9 KB each',
  tiny: 'Tight, 16 bytes each',
} as const;
const ways = ['plain', 'held'] as const;

export const displayNotes = [
  'Display: Unix socket → join of the host, with the filters of both directions and no powers → Unix socket; each a process of its own.',
];

export async function measureDisplay({ runs, isShort }: BenchOptions): Promise<Result[]> {
  const sizeBytes = (isShort ? 128 : 512) * MIB;
  const results: Result[] = [];
  for (const [kind, name] of Object.entries(kinds)) {
    await using stack = new AsyncDisposableStack();
    const socketOf = (way: string) => join(folderOf('bob', 'run'), `display-${kind}-${way}.sock`);
    const start = async (...args: string[]) => {
      const child = end(...args);
      stack.defer(() => endChild(child));
      await firstMatch(child, /^ready$/);
    };
    await start('serve', kind, socketOf('source'));
    for (const way of ways) await start('join', way, socketOf('source'), socketOf(way));
    const rates: Record<(typeof ways)[number], number[]> = { plain: [], held: [] };
    for (let round = -1; round < runs; round += 1)
      for (const way of ways) {
        const size = round < 0 ? 64 * MIB : sizeBytes;
        const ms = Number(await firstMatch(end('measure', String(size), socketOf(way)), /(?<=^took )[\d.]+/));
        if (round >= 0) rates[way].push(size / MIB / (ms / 1000));
      }
    results.push(
      toResult({
        name: `display to visitor, ${name}`,
        unit: 'MiB/s',
        ours: rates.held,
        other: rates.plain,
        otherName: 'the same without filters',
      }),
    );
  }
  return results;
}

function end(...args: readonly string[]) {
  return spawnOn('bob', [process.execPath, join(root, 'bench', 'display-end.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
