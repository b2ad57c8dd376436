import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

export default defineConfig({
  main: { build: { outDir: 'out/main', lib: { entry: 'src/main/main.ts', formats: ['es'] } } },
  // A sandboxed preload must be CommonJS: https://www.electronjs.org/docs/latest/tutorial/esm
  preload: { build: { outDir: 'out/preload', lib: { entry: 'src/preload/preload.ts', formats: ['cjs'] } } },
  renderer: {
    root: 'src/renderer',
    base: './',
    plugins: [react()],
    build: {
      outDir: resolve('out/renderer'),
      emptyOutDir: true,
      rollupOptions: { input: resolve('src/renderer/index.html') },
    },
  },
});
