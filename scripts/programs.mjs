// `npm run programs -- [--only ENTRY,…] [--jobs N]`: real programs of Debian in real containers, and docs/programs.md of what came of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { ensureSystemPackages, systemPackages } from './system-packages.mjs';
import { asksForHelp, node24, projectPath, Refusal, readOptions, root, runHere, runMain } from './tools.mjs';

const usage = `Usage: npm run programs -- [--only ENTRY,…] [--jobs N]

Tries the programs of e2e/programs/programs.json on the lab: one computer asks for each, the other allows it and starts it
in its container. Notes whether a window with something in it comes up, whether it lives, what it costs while nobody does anything, whether
it ends when its window is closed, and our log's warnings. Writes docs/programs.md, and pictures to out/programs/index.html:
look at them, an error in a window is not found by its pixels.

  --only ENTRY,…  only these, by the ids of their desktop entries; the rest of the page stays as it is
  --jobs N        how many at a time (2)

As root it installs their Debian packages first (some 5 GB), else it says which are missing and how to install them. It is
not part of npm test, takes some ten minutes, and changes nothing else about this computer.`;

const programs = JSON.parse(readFileSync(join(root, 'e2e', 'programs', 'programs.json'), 'utf8'));

/** Package and what shows that it is there. */
function packagesOf(list) {
  return Object.fromEntries(list.flatMap(({ packages }) => packages.map((name) => [name, `/usr/share/doc/${name}`])));
}

/** @throws Refusal for a program that is not in the table, and for a number of jobs that is none */
function programsOf({ only, jobs = '2' }) {
  if (!/^[1-9]\d?$/.test(jobs)) throw new Refusal(`--jobs takes a number from 1 to 99, not "${jobs}".`, 2);
  const names = only?.split(',');
  const unknown = names?.find((name) => !programs.some(({ entry }) => entry === name));
  if (unknown !== undefined) throw new Refusal(`There is no "${unknown}" in e2e/programs/programs.json.`, 2);
  return programs.filter(({ entry }) => names === undefined || names.includes(entry));
}

runMain(async () => {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const wanted = programsOf(readOptions('programs', args, { only: { type: 'string' }, jobs: { type: 'string' } }));
  await ensureSetUp({ forTests: true });
  await ensureSystemPackages({ ...systemPackages.tests, ...packagesOf(wanted) });
  const lab = [join(root, 'lab', 'lab.mjs'), '--hosts', '2', node24, join(root, 'e2e', 'programs', 'run.ts')];
  // Some entries are for this desktop alone.
  const env = { ...process.env, PATH: projectPath(), XDG_CURRENT_DESKTOP: 'GNOME' };
  return runHere(node24, [...lab, ...args], { env });
});
