// `npm run e2e -- [ARGS…]`: the Playwright specs on a lab of three computers; ARGS go to Playwright.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { node24, out, projectPath, Refusal, root, runHere, runMain } from './tools.mjs';

runMain(async () => {
  await ensureSetUp({ forTests: true });
  const config = join(root, 'e2e', 'playwright.config.ts');
  if (!existsSync(config)) throw new Refusal('There is nothing to run: e2e/playwright.config.ts is missing.');
  const playwright = [node24, join(root, 'node_modules', '@playwright', 'test', 'cli.js'), 'test', '-c', config];
  const lab = [join(root, 'scripts', 'lab.mjs'), '--hosts', '3', ...playwright, ...process.argv.slice(2)];
  // In the lab everybody is uid 0: in the default folder, below /tmp, users of this computer would be in each other's way.
  const cache = { PWTEST_CACHE_DIR: join(out, '.playwright') };
  return runHere(node24, lab, { env: { ...process.env, ...cache, PATH: projectPath() } });
});
