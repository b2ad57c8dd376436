// `npm run dist -- [ARGS…]`: packages for people, made by electron-builder; ARGS go to it (`--linux deb`, `--dir` …).
import { join } from 'node:path';
import { fetchElectron } from './electron-binary.mjs';
import { ensureSetUp } from './setup.mjs';
import { node24, projectPath, Refusal, root, runHere, runMain } from './tools.mjs';

runMain(async () => {
  const args = process.argv.slice(2);
  await ensureSetUp();
  const bringsOwnElectron = args.some((arg) => arg.includes('electronDist'));
  if (!bringsOwnElectron && !(await fetchElectron({ evenIfItFailedToday: true }))) {
    throw new Refusal(
      'Packages need the Electron binary, which is not here and could not be fetched. With a copy of it: ' +
        'npm run dist -- -c.electronDist=FOLDER',
    );
  }
  const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
  return runHere(node24, [builder, ...args], { env: { ...process.env, PATH: projectPath() } });
});
