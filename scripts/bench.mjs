// `npm run bench -- [ARGS…]`: the measurements of bench/bench.ts on a lab of three computers.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNpmPackages } from './npm-packages.mjs';
import { ensureSetUp } from './setup.mjs';
import { lastLines, node24, projectPath, Refusal, root, runHere, runMain, runQuietly, whileAlone } from './tools.mjs';

/** The libraries that discovery is compared with; nobody else needs them. */
async function ensureDiscoveryCandidates() {
  const folder = join(root, 'bench', 'discovery');
  if (existsSync(join(folder, 'node_modules'))) return;
  const command = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code, output } = await runQuietly('npm', command, { cwd: folder, timeoutMs: 120_000 });
  if (code !== 0) throw new Refusal(`npm could not install what discovery is measured beside:\n${lastLines(output)}`);
}

runMain(async () => {
  const args = process.argv.slice(2);
  const bench = join(root, 'bench', 'bench.ts');
  if (!existsSync(bench)) throw new Refusal('There is nothing to measure: bench/bench.ts is missing.');
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    // It knows its topics itself; neither they nor the lab are started for it.
    await whileAlone(ensureNpmPackages);
    return runHere(node24, [bench, '--help'], { env: { ...process.env, PATH: projectPath() } });
  }
  await ensureSetUp({ forTests: true });
  if (args.join(' ').includes('discovery')) await ensureDiscoveryCandidates();
  const lab = [join(root, 'lab', 'lab.mjs'), '--hosts', '3', node24, bench, ...args];
  return runHere(node24, lab, { env: { ...process.env, PATH: projectPath() } });
});
