// Runs the Electron shell where Electron's binary is missing: `node run.ts out/main/main.js [its arguments]`.
// This is a STAND-IN, not Electron: Node runs the main process's code, Chromium shows its windows, and the slice of
// Electron's API that src/main and src/preload use is implemented in this folder. What it leaves out is in README.md.
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startApp } from './app.ts';
import { startControl } from './control.ts';

const [, , entry, ...rest] = process.argv;
if (entry === undefined) {
  process.stderr.write('usage: node e2e/electron-stand-in/run.ts out/main/main.js [--profile DIR]\n');
  process.exit(2);
}
process.stdout.write(
  'STAND-IN: this is not Electron; its API is played by Node and Chromium (e2e/electron-stand-in)\n',
);

const main = resolve(entry);
process.argv = [process.execPath, main, ...rest];
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? next(pathToFileURL(resolve(import.meta.dirname, 'electron.ts')).href, context)
      : next(specifier, context),
});

// As in Electron, the app becomes ready after its main module was evaluated.
await import(pathToFileURL(main).href);
const control = process.env['EBP_STAND_IN_SOCKET'];
if (control !== undefined) await startControl(control);
await startApp();
