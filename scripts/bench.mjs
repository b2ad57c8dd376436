// `npm run bench -- [ARGS…]`: the measurements of bench/bench.ts on a lab of three computers.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { node24, projectPath, Refusal, root, runHere, runMain } from './tools.mjs';

runMain(async () => {
  await ensureSetUp({ forTests: true });
  const bench = join(root, 'bench', 'bench.ts');
  if (!existsSync(bench)) throw new Refusal('There is nothing to measure: bench/bench.ts is missing.');
  const lab = [join(root, 'scripts', 'lab.mjs'), '--hosts', '3', node24, bench, ...process.argv.slice(2)];
  return runHere(node24, lab, { env: { ...process.env, PATH: projectPath() } });
});
