import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'lab/**/*.test.ts', 'e2e/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 20_000,
    // Most of them wait: for programs, for time-outs. By itself vitest leaves a core free.
    maxWorkers: 2,
    // A shared machine may stop everything for seconds; a retried test is marked in the list.
    retry: process.env['CI'] ? 2 : 0,
  },
});
