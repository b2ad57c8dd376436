// `npm run screenshots`: the README's pictures, of the real thing on the lab.
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { asksForHelp, node24, projectPath, readOptions, root, runHere, runMain } from './tools.mjs';

const usage = `Usage: npm run screenshots

Takes the pictures of the README on a lab of three computers, and writes them over those in docs/images.`;

runMain(async () => {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  readOptions('screenshots', args);
  await ensureSetUp({ forTests: true });
  const lab = [join(root, 'lab', 'lab.mjs'), '--hosts', '3', node24, join(root, 'scripts', 'screenshots-inside.ts')];
  return runHere(node24, lab, { env: { ...process.env, PATH: projectPath() } });
});
