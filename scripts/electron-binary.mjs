// Electron's binary: npm brings only its types and scripts (since Electron 42), the binary is fetched when it is wanted.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { node24, out, projectPath, readText, root, runQuietly, say, writeStamp } from './tools.mjs';

const folder = join(root, 'node_modules', 'electron');
const failureStamp = join(out, '.electron-not-fetched');
const probeTimeoutMs = 6_000;
const fetchTimeoutMs = 300_000;

/** The binary's path, or undefined when it is not there. */
export function electronBinary() {
  const own = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  const name = readText(join(folder, 'path.txt'))?.trim() ?? 'electron';
  const path = join(own ?? join(folder, 'dist'), name);
  return existsSync(path) ? path : undefined;
}

/** Fetches the binary when its server answers; a failure is remembered for the day, so that later starts are quick. */
export async function fetchElectron({ evenIfItFailedToday = false } = {}) {
  const present = electronBinary();
  if (present) return present;
  const today = new Date().toISOString().slice(0, 10);
  if (readText(failureStamp) === today && !evenIfItFailedToday) return undefined;
  if (await isServerReachable()) {
    say('Fetching Electron (about 120 MB, once)…');
    await runQuietly(node24, [join(folder, 'install.js')], { env: environment(), timeoutMs: fetchTimeoutMs });
  }
  const fetched = electronBinary();
  if (!fetched) writeStamp(failureStamp, today);
  return fetched;
}

const environment = () => ({
  ...process.env,
  PATH: projectPath(),
  NODE_USE_ENV_PROXY: '1',
  ELECTRON_GET_USE_PROXY: '1',
});

/** Asks for the list of checksums beside the binary: many networks let npm through and not this server. */
async function isServerReachable() {
  const version = JSON.parse(readText(join(folder, 'package.json'))).version;
  const mirror =
    process.env.npm_config_electron_mirror ??
    process.env.ELECTRON_MIRROR ??
    'https://github.com/electron/electron/releases/download/';
  const address = `${mirror}v${version}/SHASUMS256.txt`;
  const probe = `fetch(${JSON.stringify(address)}).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
  const { code } = await runQuietly(node24, ['-e', probe], { env: environment(), timeoutMs: probeTimeoutMs });
  return code === 0;
}
