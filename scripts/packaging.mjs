// A copy of the project that electron-builder packs with the Electron of the tests: its own main process, everything else the product's.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTestElectron } from './test-electron.mjs';
import {
  lastLines,
  node24,
  out,
  projectPath,
  Refusal,
  readText,
  root,
  runQuietly,
  whileAlone,
  writeStamp,
} from './tools.mjs';
import { ensureTestBundle, ensureWindowIsBuilt, fingerprint, testBundle, testBundleSources } from './window-build.mjs';

/** How electron-builder is called, whatever is packed. It wants a home page; the project names none, and none is in a package. */
export const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
export const builderArgs = ['-c.extraMetadata.homepage=https://example.invalid/'];
export const builderEnvironment = () => ({
  ...process.env,
  PATH: projectPath(),
  CUSTOM_FPM_PATH: process.env.CUSTOM_FPM_PATH ?? join(root, 'scripts', 'fpm-for-debian.mjs'),
});

const stage = join(out, 'package-for-tests');

/**
 * Makes the copy below out/. Its version ends with `-test`, which Debian sorts before the real one (`~test`).
 * @returns the options that make electron-builder pack it. @throws Refusal where there is no Electron for tests
 */
export async function stageForTestElectron(output = join(root, 'dist')) {
  const electron = await ensureTestElectron();
  if (electron === undefined) throw new Refusal('There is an Electron for tests for Linux on x64 only.');
  await ensureTestBundle();
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(stage, 'package.json'), JSON.stringify({ ...own, version: `${own.version}-test` }));
  for (const name of ['package-lock.json', 'electron-builder.yml', 'assets', 'out/preload', 'out/renderer'])
    cpSync(join(root, name), join(stage, name), { recursive: true });
  cpSync(join(testBundle, 'out', 'main'), join(stage, 'out', 'main'), { recursive: true });
  copyProductionPackages();
  return [
    ...['--projectDir', stage],
    `-c.electronDist=${electron.folder}`,
    `-c.electronVersion=${electron.version}`,
    `-c.directories.output=${output}`,
    // Nobody downloads it, and xz takes minutes.
    '-c.deb.compression=gz',
  ];
}

/** Where `ensureTestPackage` puts what it makes. */
export const testPackage = {
  folder: join(stage, 'dist', 'linux-unpacked'),
  program: join(stage, 'dist', 'linux-unpacked', 'ebrainpool'),
  deb: () => join(stage, 'dist', readdirSync(join(stage, 'dist')).find((name) => name.endsWith('.deb')) ?? ''),
};

/** Packs the Electron of the tests, as a folder and as a .deb, when what is packed has changed. Sets up the window first. */
export async function ensureTestPackage() {
  await whileAlone(async () => {
    await ensureWindowIsBuilt();
    await ensureTestBundle();
    const wanted = fingerprint([...testBundleSources, 'package.json', 'electron-builder.yml', 'assets', 'scripts']);
    const stamp = join(stage, 'dist', '.stamp');
    if (readText(stamp) === wanted) return;
    const args = await stageForTestElectron(join(stage, 'dist'));
    const { code, output } = await runQuietly(node24, [builder, '--linux', 'deb', ...args, ...builderArgs], {
      env: builderEnvironment(),
    });
    if (code !== 0) throw new Refusal(`The package for tests could not be made:\n${lastLines(output, 20)}`);
    writeStamp(stamp, wanted);
  });
}

/** What `npm ci --omit=dev` would install, out of what is installed. */
function copyProductionPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [path, { dev, devOptional }] of Object.entries(packages)) {
    if (path === '' || dev === true || devOptional === true || !existsSync(join(root, path))) continue;
    const nested = join(root, path, 'node_modules');
    cpSync(join(root, path), join(stage, path), { recursive: true, filter: (source) => source !== nested });
  }
}
