// The specs that run on the lab (`npm run e2e`), the same for each shell.
import { defineConfig } from '@playwright/test';
import type { ShellOption } from './lab/fixtures.ts';

// biome-ignore lint/style/noDefaultExport: that is how Playwright wants it
export default defineConfig<object, ShellOption>({
  testDir: '.',
  testMatch: '{specs,attacks}/**/*.spec.ts',
  outputDir: '../out/test/e2e',
  globalSetup: './lab/global-setup.ts',
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
      testIgnore: [
        // Electron's window has no address that anybody else could open.
        '**/browser-*.spec.ts',
        // Attacks on the core, which is the same one in both shells.
        '**/attacks/{clipboard,false-adverts,flood,hidden-offers,names,peer-messages,revocation}.spec.ts',
      ],
    },
  ],
});
