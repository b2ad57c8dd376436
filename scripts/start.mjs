// `npm start`: sets up on the first run, then opens the app in Electron or, where that cannot be, in the browser shell.
import { join } from 'node:path';
import { fetchElectron } from './electron-binary.mjs';
import { ensureSetUp } from './setup.mjs';
import { hasDisplay, isRoot, node24, projectPath, root, runHere, runMain, say } from './tools.mjs';

runMain(async () => {
  const args = process.argv.slice(2);
  await ensureSetUp();
  const env = { ...process.env, PATH: projectPath() };
  const { electron, why } = await chooseShell();
  if (electron) return runHere(electron, [root, ...args], { env });
  say(`${why} eBrainPool opens in the browser instead.`);
  return runHere(node24, [join(root, 'src', 'headless', 'main.ts'), ...args], { env });
});

async function chooseShell() {
  if (isRoot()) return { why: 'Electron does not run as root.' };
  if (!hasDisplay()) return { why: 'There is no display for an Electron window.' };
  const electron = await fetchElectron();
  if (electron) return { electron };
  return { why: 'The Electron binary is not here and could not be fetched.' };
}
