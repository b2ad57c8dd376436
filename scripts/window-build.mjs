// The window and the Electron bundle: built into out/ when their sources changed since the last build.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, node24, out, Refusal, readText, root, runQuietly, say, writeStamp } from './tools.mjs';

const stamp = join(out, '.stamp');
const sources = ['src', 'electron.vite.config.ts', 'package-lock.json'];
const results = ['main/main.js', 'renderer/index.html'];

/** The shell for Electron for tests (test-electron.mjs): a main process of its own, everything else the product's. */
export const testBundle = join(out, 'electron-for-tests');
const testBundleConfig = join('e2e', 'electron', 'electron.vite.config.ts');
export const testBundleSources = ['src', 'e2e/electron', 'electron.vite.config.ts', 'package-lock.json'];
const testBundleLinks = {
  'package.json': '../../package.json',
  assets: '../../assets',
  'out/preload': '../../preload',
  'out/renderer': '../../renderer',
};

export async function ensureWindowIsBuilt() {
  const wanted = fingerprint(sources);
  const areThere = results.every((file) => existsSync(join(out, file)));
  if (areThere && readText(stamp) === wanted) return;
  say('Building the window (a few seconds, when its sources changed)…');
  await build([], 'The window could not be built (npm run build)');
  writeStamp(stamp, wanted);
}

export async function ensureTestBundle() {
  const path = join(testBundle, '.stamp');
  const wanted = fingerprint(testBundleSources);
  if (existsSync(join(testBundle, 'out', 'main', 'main.js')) && readText(path) === wanted) return;
  const options = ['-c', testBundleConfig, '--logLevel=error'];
  await build(options, `The Electron shell for tests could not be built (electron-vite build -c ${testBundleConfig})`);
  for (const [name, target] of Object.entries(testBundleLinks)) {
    rmSync(join(testBundle, name), { force: true, recursive: true });
    symlinkSync(target, join(testBundle, name));
  }
  writeStamp(path, wanted);
}

async function build(options, problem) {
  const vite = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const env = { ...process.env, FORCE_COLOR: '0' };
  const { code, output } = await runQuietly(node24, [vite, 'build', ...options], { env });
  if (code === 0) return;
  throw new Refusal(`${problem}:\n${lastLines(output.replaceAll(/^\s+at .*\n?/gm, ''), 20)}`);
}

/** Names, sizes and times instead of contents: it must cost nothing at every start. */
export function fingerprint(paths) {
  const hash = createHash('sha256');
  const add = (path) => {
    const stat = statSync(join(root, path));
    if (stat.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) add(join(path, name));
    else if (!path.endsWith('.test.ts')) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}
