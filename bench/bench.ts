// `npm run bench`: measurements of the product beside the alternatives, in one run on the lab. Prints a table, and writes
// bench/results/latest.json. ARCHITECTURE.md tells what the lab is.
import { isInLab } from '../lab/hosts.ts';
import { measureDiscovery } from './discovery/discovery.ts';
import { displayNotes, measureDisplay } from './display.ts';
import { launchNotes, measureLaunch } from './launch.ts';
import { manyPeersNotes, measureManyPeers } from './many-peers.ts';
import { measureMemory, memoryNotes } from './memory.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { type Result, toTable, writeReport } from './report.ts';
import { measureRevoke, revokeNotes } from './revoke.ts';
import { measureStart, startNotes } from './start.ts';
import { measureTunnel, tunnelNotes } from './tunnel.ts';

interface Topic {
  readonly measure: (options: BenchOptions) => Promise<Result[]>;
  /** What the table does not say. */
  readonly notes: readonly string[];
  /** It takes long, and tells of others more than of us. */
  readonly isOnlyByName?: true;
}

const topics: Readonly<Record<string, Topic>> = {
  launch: { measure: measureLaunch, notes: launchNotes },
  tunnel: { measure: measureTunnel, notes: tunnelNotes },
  display: { measure: measureDisplay, notes: displayNotes },
  start: { measure: measureStart, notes: startNotes },
  memory: { measure: measureMemory, notes: memoryNotes },
  peers: { measure: measureManyPeers, notes: manyPeersNotes },
  revoke: { measure: measureRevoke, notes: revokeNotes },
  discovery: { measure: measureDiscovery, notes: [], isOnlyByName: true },
};

async function main(): Promise<number> {
  const names = Object.keys(topics);
  if (process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h')) {
    console.log(usage(names));
    return 0;
  }
  let options: BenchOptions;
  try {
    options = parseOptions(process.argv.slice(2), names);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage(names)}`);
    return 2;
  }
  if (!isInLab()) {
    console.error('The measurements need the lab. Run: npm run bench');
    return 2;
  }
  const results: Result[] = [];
  const notes: string[] = [];
  let exitCode = 0;
  for (const [name, topic] of Object.entries(topics)) {
    if (options.only.length > 0 ? !options.only.includes(name) : topic.isOnlyByName) continue;
    console.error(`Measuring ${name}…`);
    try {
      results.push(...(await topic.measure(options)));
      notes.push(...topic.notes);
      // After each, so that what has been measured is not lost with a later failure.
      writeReport(results);
    } catch (error) {
      // The other topics can still be measured.
      console.error(`${name} could not be measured:`, error);
      exitCode = 1;
    }
  }
  const path = writeReport(results);
  console.log(
    `\n${toTable(results)}\n\nMedians of ${options.runs} interleaved runs, the lowest and highest in parentheses.`,
  );
  console.log(`${notes.join('\n')}\nWritten to ${path}`);
  return exitCode;
}

process.on('unhandledRejection', (error) => {
  console.error('A part of a measurement failed:', error);
});
process.exitCode = await main();
process.exit();
