// Sets up a clone, as far as it is not: npm packages, system packages, the built window. Cheap when all is there.
import { ensureNpmPackages } from './npm-packages.mjs';
import { ensureSystemPackages, systemPackages } from './system-packages.mjs';
import { ensureTestElectron } from './test-electron.mjs';
import { Refusal, say, whileAlone } from './tools.mjs';
import { ensureTestBundle, ensureWindowIsBuilt } from './window-build.mjs';

/** @param {{ purpose?: 'sharing' | 'demo', forTests?: boolean }} [wanted] */
export async function ensureSetUp({ purpose = 'sharing', forTests = false } = {}) {
  await whileAlone(async () => {
    await ensureNpmPackages();
    await ensureSystemPackages(systemPackages[forTests ? 'tests' : purpose]);
    await ensureWindowIsBuilt();
    if (!forTests) return;
    await ensureTestBundle();
    // Without it every test that wants it fails by itself; the others need not wait for it.
    await ensureTestElectron().catch((error) => {
      if (!(error instanceof Refusal)) throw error;
      say(error.message);
    });
  });
}
