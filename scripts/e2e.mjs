// `npm run e2e -- [ARGS…]`: the Playwright specs on a lab of three computers; ARGS go to Playwright.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { node24, projectPath, Refusal, root, runHere, runMain } from './tools.mjs';

runMain(async () => {
  await ensureSetUp({ forTests: true });
  const config = join(root, 'e2e', 'playwright.config.ts');
  if (!existsSync(config)) throw new Refusal('There is nothing to run: e2e/playwright.config.ts is missing.');
  const playwright = [node24, join(root, 'node_modules', '@playwright', 'test', 'cli.js'), 'test', '-c', config];
  const lab = [join(root, 'scripts', 'lab.mjs'), '--hosts', '3', ...playwright, ...process.argv.slice(2)];
  return runHere(node24, lab, { env: { ...process.env, PATH: projectPath() } });
});
