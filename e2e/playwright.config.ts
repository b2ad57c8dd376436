// The specs that run on the lab (`npm run e2e`): all in the browser shell, and in Electron where the shells differ.
import { defineConfig } from '@playwright/test';
import type { ShellOption } from './computers/fixtures.ts';

/**
 * Windows and their closing, the pop-up, the ports that carry pictures and files, the camera's permission, the key store, what is
 * downloaded: matched against file and title with its tags. The core and the pages are the same in both shells.
 */
const WHERE_SHELLS_DIFFER =
  /(specs\/(answers|camera|closing|files|secrets|session|verify|verify-popup)|attacks\/popup-clicks)\.spec\.ts|@electron-too/;

// biome-ignore lint/style/noDefaultExport: that is how Playwright wants it
export default defineConfig<object, ShellOption>({
  testDir: '.',
  testMatch: '{specs,attacks}/**/*.spec.ts',
  outputDir: '../out/test/e2e',
  globalSetup: './computers/global-setup.ts',
  // The lab has one LAN: two specs at a time would see each other's computers.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // A shared machine may stop everything for seconds. What needed a second try is listed as flaky.
  retries: process.env['CI'] ? 2 : 0,
  reporter: 'list',
  use: {
    actionTimeout: 10_000,
    screenshot: 'only-on-failure',
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: true, sources: false },
  },
  projects: [
    { name: 'browser', use: { shell: 'browser' } },
    {
      name: 'electron',
      use: { shell: 'electron' },
      grep: WHERE_SHELLS_DIFFER,
    },
    // What electron-builder makes of it, with every fuse as stated: the way from a click to a window, once.
    { name: 'package', use: { shell: 'package' }, testDir: './packaging', testMatch: '*.spec.ts' },
  ],
});
