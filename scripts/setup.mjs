// Sets up a clone, as far as it is not: npm packages, system packages, the built window. Cheap when all is there.
import { ensureNpmPackages } from './npm-packages.mjs';
import { ensureSystemPackages, systemPackages } from './system-packages.mjs';
import { whileAlone } from './tools.mjs';
import { ensureWindowIsBuilt } from './window-build.mjs';

export async function ensureSetUp({ forTests = false } = {}) {
  await whileAlone(async () => {
    await ensureNpmPackages();
    await ensureSystemPackages(forTests ? systemPackages.tests : systemPackages.sharing);
    await ensureWindowIsBuilt();
  });
}
