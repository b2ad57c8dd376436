// The main process's entry in Electron for tests (scripts/test-electron.mjs): what that one lacks, then the product's entry.
import './shims.ts';
import '../../src/main/main.ts';
