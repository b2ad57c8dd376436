// Lies in Electron for tests (scripts/test-electron.mjs) as resources/default_app.asar: what `electron FOLDER` starts. The copy
// that tests use came without one. As https://github.com/electron/electron/blob/v33.2.1/default_app/main.ts, without its own page.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const folder = process.argv.slice(1).find((argument) => !argument.startsWith('-'));
if (process.argv.includes('--version')) {
  console.log(`v${process.versions.electron}`);
  process.exit(0);
}
const manifest = folder === undefined ? '' : join(resolve(folder), 'package.json');
if (!existsSync(manifest)) {
  console.error('usage: electron FOLDER');
  process.exit(2);
}
const { name, productName, version, desktopName, main = 'index.js' } = JSON.parse(readFileSync(manifest, 'utf8'));
Object.defineProperty(process, 'defaultApp', { configurable: false, enumerable: true, value: true });
if (version) app.setVersion(version);
app.name = productName ?? name ?? app.name;
app.setDesktopName(desktopName ?? `${app.name}.desktop`);
app.setAppPath(resolve(folder));
try {
  // The app becomes ready when this file has been evaluated, and so after the app's own entry.
  await import(pathToFileURL(join(resolve(folder), main)).href);
} catch (error) {
  console.error('App threw an error during load');
  console.error(error);
  process.exit(1);
}
