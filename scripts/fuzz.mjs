// `npm run fuzz -- [OPTIONS]`: the fuzzers of e2e/fuzz, for longer than `npm test` runs them.
import { join } from 'node:path';
import { ensureNpmPackages } from './npm-packages.mjs';
import { asksForHelp, node24, projectPath, readOptions, root, runHere, runMain, whileAlone } from './tools.mjs';

const usage = `Usage: npm run fuzz -- [--seconds N] [--only NAME,…] [--seed N]

Feeds what others can send to the parts that read it, two fuzzers at a time. What is found goes to out/fuzz.

  --seconds N     how long, for all together (60)
  --only NAME,…   only these fuzzers
  --seed N        begins as that run did
  --input FILE    gives the one fuzzer that --only names this input
  --list          prints the names of the fuzzers`;

runMain(async () => {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const text = { type: 'string' };
  readOptions('fuzz', args, { seconds: text, only: text, seed: text, input: text, list: { type: 'boolean' } });
  await whileAlone(ensureNpmPackages);
  const run = join(root, 'e2e', 'fuzz', 'run.ts');
  return runHere(node24, [run, ...args], { env: { ...process.env, PATH: projectPath() } });
});
