// Inside the lab: tries every program of the table and writes docs/programs.md. `npm run programs` starts it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, startComputer, waitFor } from '../../bench/computers.ts';
import { folderOf } from '../../lab/hosts.ts';
import type { PeerId } from '../../src/contract/ids.ts';
import { film, sound } from './media.ts';
import { type Entry, versionsOf, writeReport, writeSheet } from './report.ts';
import { type Program, readPrograms } from './table.ts';
import { homesOf, type Place, tryProgram } from './trial.ts';
import { judge } from './verdict.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, jobs: { type: 'string', default: '2' } } });
const wanted = values.only?.split(',');
const programs = readPrograms().filter(({ entry }) => wanted === undefined || wanted.includes(entry));
const folder = join(root, 'out', 'programs');
mkdirSync(folder, { recursive: true });
const resultsPath = join(folder, 'results.json');
const results = new Map<string, Entry>(existsSync(resultsPath) ? JSON.parse(readFileSync(resultsPath, 'utf8')) : []);

const menu = join(folderOf('bob', 'home'), '.local/share/applications');
mkdirSync(menu, { recursive: true });
for (const { entry, exec, name } of readPrograms())
  if (exec !== undefined)
    writeFileSync(join(menu, `${entry}.desktop`), `[Desktop Entry]\nType=Application\nName=${name}\nExec=${exec}\n`);

await using host = await startComputer('bob');
await using visitor = await startComputer('alice');
const hostId = host.client.read('self')?.id as PeerId;
await waitFor(visitor.client, 'peers', (peers) => peers.some(({ id }) => id === hostId), 'the host is found');
await visitor.client.call('peers.open', { peerId: hostId });
await waitFor(host.client, 'offers', ({ offers }) => offers.length > 5, 'the catalogue');
const place: Place = { host, visitor, hostId, folder };

// The first launch makes the container's home, where film and sound then lie.
await tryProgram(place, { entry: 'xclock', packages: ['x11-apps'], kind: '', seconds: 10 });
for (const home of homesOf(host)) {
  mkdirSync(join(home, 'Exchange'), { recursive: true });
  writeFileSync(join(home, 'Exchange', 'film.y4m'), film());
  writeFileSync(join(home, 'Exchange', 'sound.wav'), sound());
}

const waiting = [...programs];
/** Of one suite one at a time: they share what they keep in the home, so each would find the other's text there. */
const suitesUnderWay = new Set<string>();
async function work(): Promise<void> {
  for (;;) {
    const at = waiting.findIndex((program) => !suitesUnderWay.has(suiteOf(program)));
    const [program] = at < 0 ? [] : waiting.splice(at, 1);
    // The one that has the suite takes the rest of it.
    if (program === undefined) return;
    suitesUnderWay.add(suiteOf(program));
    await tryAndTell(program);
    suitesUnderWay.delete(suiteOf(program));
  }
}

/** libreoffice of libreoffice-writer. */
function suiteOf({ packages: [name = ''] }: Program): string {
  return name.split('-')[0] ?? name;
}

async function tryAndTell(program: Program): Promise<void> {
  const name =
    host.client.read('offers')?.offers.find(({ id }) => id === `app:${program.entry}`)?.name ?? program.entry;
  try {
    const trial = await tryProgram(place, program);
    const date = new Date().toISOString().slice(0, 10);
    results.set(program.entry, { trial, name, versions: versionsOf(program.packages), date });
    const { outcome, why } = judge(trial);
    console.log(
      [program.entry, outcome, why, JSON.stringify(trial.titles), trial.closes, ...trial.warnings].join(' | '),
    );
  } catch (error) {
    console.log(`${program.entry} | not measured | ${String(error)}`);
    process.exitCode = 1;
  }
  writeFileSync(resultsPath, JSON.stringify([...results]));
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const entries = readPrograms().flatMap(({ entry }) => results.get(entry) ?? []);
const page = join(root, 'docs', 'programs.md');
writeReport(page, readPrograms(), results);
execFileSync(join(root, 'node_modules/.bin/biome'), ['format', '--write', page], { cwd: root, stdio: 'ignore' });
writeSheet(folder, entries);
console.log(`docs/programs.md was written. Look at the pictures: ${join(folder, 'index.html')}`);
