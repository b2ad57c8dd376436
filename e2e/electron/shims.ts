// What the product's own Electron has and the older one for tests lacks. shims.test.ts holds that this is all that differs.
import 'core-js/actual/disposable-stack/index.js';
import 'core-js/actual/async-disposable-stack/index.js';
import './safe-storage.ts';
