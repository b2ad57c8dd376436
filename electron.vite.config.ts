import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

export default defineConfig({
  // Production dependencies stay in node_modules: electron-vite leaves them out of the bundle by itself.
  main: {
    build: {
      outDir: 'out/main',
      lib: { entry: 'src/main/main.ts', formats: ['es'] },
      rollupOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
    },
  },
  // A sandboxed preload must be CommonJS: https://www.electronjs.org/docs/latest/tutorial/esm
  preload: {
    build: {
      outDir: 'out/preload',
      lib: { entry: 'src/preload/preload.ts', formats: ['cjs'] },
      rollupOptions: { output: { entryFileNames: '[name].cjs' } },
    },
  },
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
