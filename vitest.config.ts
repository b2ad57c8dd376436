import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'e2e/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 20_000,
    // A shared machine may stop everything for seconds; a retried test is marked in the list.
    retry: process.env['CI'] ? 2 : 0,
  },
});
