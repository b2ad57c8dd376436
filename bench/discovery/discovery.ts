// Our own discovery beside what libraries do in its place: the same scenarios for each, one table. `docs/decisions/0002` draws on it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from '../options.ts';
import type { Result } from '../report.ts';
import { type Cells, scenarios } from './scenarios.ts';

const room = join(import.meta.dirname, '../../src/core/peers/discovery');

interface Row {
  readonly name: string;
  /** Files of ours that it makes needless, as it is measured here: not all of them promise what ours does. */
  readonly replaces: readonly string[];
}

const packets = ['mdns-socket', 'mdns-transport', 'mdns-packet', 'mdns-budget'];
const answers = ['mdns-responder', 'link-schedule'];
const finding = ['discovery', 'mdns-querier', 'mdns-cache', 'merge-sightings', 'mdns-records'];
const everything = [...packets, ...answers, ...finding, 'dns-packet.d'];

const candidates: Readonly<Record<string, Row>> = {
  ours: { name: 'ours', replaces: [] },
  'bonjour-service': { name: 'bonjour-service 1.4.4', replaces: [...everything, 'mdns-links'] },
  'bonjour-service-each-link': { name: '… one for each link and family', replaces: everything },
  'multicast-dns': { name: 'multicast-dns 7.2.5 below ours', replaces: [...packets, 'discovery', 'mdns-querier'] },
  ciao: { name: '@homebridge/ciao 1.3.12, finding ours', replaces: ['mdns-responder'] },
  'dnssd-advertise': { name: 'dnssd-advertise 1.1.6, finding ours', replaces: ['mdns-responder'] },
};

/** Takes some 25 minutes; `--short` looks at ours alone. */
export async function measureDiscovery({ isShort }: BenchOptions): Promise<Result[]> {
  const columns: Cells[] = [];
  const measured = Object.keys(candidates).filter((candidate) => !isShort || candidate === 'ours');
  for (const candidate of measured) {
    const cells: Record<string, string> = { 'lines that are ours': String(linesOf(candidate)) };
    for (const [scenario, run] of Object.entries(scenarios)) {
      if (isShort && scenario !== 'findsAndLoses') continue;
      console.error(`  ${candidate}: ${scenario}`);
      // What fails in one of them is an answer too; the others are still asked.
      Object.assign(
        cells,
        await run(candidate).catch((error) => ({ [scenario]: String(error).split('\n')[0]?.slice(0, 80) ?? '' })),
      );
    }
    console.error(`  ${JSON.stringify(cells)}`);
    columns.push(cells);
  }
  printTable(measured, columns);
  return [];
}

/** Of the product, tests left out, and of what was written to use the library. */
function linesOf(candidate: string): number {
  const replaced = new Set(candidates[candidate]?.replaces);
  const kept = readdirSync(room)
    .filter((file) => file.endsWith('.ts') && !/\.(test|test-support|bench-support)\.ts$|-health/.test(file))
    .filter((file) => !replaced.has(file.slice(0, -'.ts'.length)))
    .map((file) => join(room, file));
  const glue = candidate === 'ours' ? [] : [join(import.meta.dirname, 'candidates', `${candidate}.ts`)];
  return [...kept, ...glue].reduce((sum, path) => sum + readFileSync(path, 'utf8').split('\n').length - 1, 0);
}

function printTable(measured: readonly string[], columns: readonly Cells[]): void {
  const rows = [...new Set(columns.flatMap((cells) => Object.keys(cells)))];
  console.log(`\n| | ${measured.map((candidate) => candidates[candidate]?.name).join(' | ')} |`);
  console.log(`|---|${measured.map(() => '---|').join('')}`);
  for (const row of rows) console.log(`| ${row} | ${columns.map((cells) => cells[row] ?? '–').join(' | ')} |`);
}
