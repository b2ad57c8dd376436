// The main process for the Electron that tests run in: the product's own configuration, an older target and an entry with shims.
import { defineConfig } from 'electron-vite';
import product from '../../electron.vite.config.ts';

// biome-ignore lint/style/noDefaultExport: that is how electron-vite wants it
export default defineConfig({
  main: {
    build: {
      ...product.main?.build,
      target: 'node20',
      outDir: 'out/electron-for-tests/out/main',
      lib: { entry: { main: 'e2e/electron/entry.ts' }, formats: ['es'] },
    },
  },
});
