// The entry of the Electron shell: where things lie, and the real core.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { defaultProfileDir, homeOf } from '../contract/profile.ts';
import { createCore } from '../core/core.ts';
import { readArguments } from './arguments.ts';
import { startShell } from './start.ts';

const { profileDir, isHidden } = readArguments(process.argv);
// In the bundle this file is out/main/main.js.
const root = join(import.meta.dirname, '..', '..');

startShell({
  createCore,
  profileDir: resolve(
    profileDir ??
      defaultProfileDir({
        env: process.env,
        platform: process.platform,
        home: homeOf(process.env, homedir),
        isRoot: process.getuid?.() === 0,
      }),
  ),
  isHidden,
  rendererDir: join(root, 'out', 'renderer'),
  preloadPath: join(root, 'out', 'preload', 'preload.cjs'),
  assetsDir: join(root, 'assets'),
});
