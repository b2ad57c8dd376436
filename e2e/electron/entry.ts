// The main process's entry in Electron for tests (scripts/test-electron.mjs), which is older than the product's own: what that one
// has and this one lacks, then the product's entry. shims.test.ts says that nothing else differs.
import 'core-js/actual/disposable-stack/index.js';
import 'core-js/actual/async-disposable-stack/index.js';
import './safe-storage.ts';
import '../../src/main/main.ts';
