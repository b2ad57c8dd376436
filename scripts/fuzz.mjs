// `npm run fuzz -- [--seconds N] [--only NAME,…] [--seed N]`: the fuzzers of e2e/fuzz, for longer than `npm test` runs them.
import { join } from 'node:path';
import { ensureNpmPackages } from './npm-packages.mjs';
import { node24, projectPath, root, runHere, runMain, whileAlone } from './tools.mjs';

runMain(async () => {
  await whileAlone(ensureNpmPackages);
  const run = join(root, 'e2e', 'fuzz', 'run.ts');
  return runHere(node24, [run, ...process.argv.slice(2)], { env: { ...process.env, PATH: projectPath() } });
});
