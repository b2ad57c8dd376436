// The window and the Electron bundle: built into out/ when their sources changed since the last build.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, node24, out, Refusal, readText, root, runQuietly, say, writeStamp } from './tools.mjs';

const stamp = join(out, '.stamp');
const sources = ['src', 'electron.vite.config.ts', 'package-lock.json'];
const results = ['main/main.js', 'renderer/index.html'];

export async function ensureWindowIsBuilt() {
  const wanted = fingerprint();
  const areThere = results.every((file) => existsSync(join(out, file)));
  if (areThere && readText(stamp) === wanted) return;
  say('Building the window (a few seconds, when its sources changed)…');
  const vite = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const { code, output } = await runQuietly(node24, [vite, 'build'], { env: { ...process.env, FORCE_COLOR: '0' } });
  if (code !== 0) {
    const reason = output.replaceAll(/^\s+at .*\n?/gm, '');
    throw new Refusal(`The window could not be built (npm run build):\n${lastLines(reason, 20)}`);
  }
  writeStamp(stamp, wanted);
}

/** Names, sizes and times instead of contents: it must cost nothing at every start. */
function fingerprint() {
  const hash = createHash('sha256');
  const add = (path) => {
    const stat = statSync(join(root, path));
    if (stat.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) add(join(path, name));
    else if (!path.endsWith('.test.ts')) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const path of sources) add(path);
  return hash.digest('hex');
}
