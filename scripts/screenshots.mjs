// `npm run screenshots`: the README's pictures, of the real thing on the lab.
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { node24, projectPath, root, runHere, runMain } from './tools.mjs';

runMain(async () => {
  await ensureSetUp({ forTests: true });
  const lab = [
    join(root, 'scripts', 'lab.mjs'),
    '--hosts',
    '3',
    node24,
    join(root, 'scripts', 'screenshots-inside.ts'),
  ];
  return runHere(node24, lab, { env: { ...process.env, PATH: projectPath() } });
});
