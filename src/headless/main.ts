// The browser shell: the same core and the same page as in Electron, on 127.0.0.1, for computers without a display or without Electron.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createCore } from '../core/core.ts';
import { runShell } from './shell.ts';

const root = resolve(import.meta.dirname, '../..');

process.exitCode = await runShell({
  args: process.argv.slice(2),
  pageDir: join(root, 'out/renderer'),
  version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
  createCore,
});
// Whatever still keeps the process alive is no longer needed.
process.exit();
