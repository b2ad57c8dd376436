// What runs in Electron for tests is the product, but for the shims: the same sources, package, preload, pages and pictures.
import { readFileSync, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { resolveConfig } from 'electron-vite';
import { build, type Rollup } from 'vite';
import { expect, test } from 'vitest';
import { electron } from './launch.ts';

const root = join(import.meta.dirname, '..', '..');
const config = join(root, 'e2e', 'electron', 'electron.vite.config.ts');

interface Built {
  /** Files in the bundle, and what of them is in it. */
  readonly modules: ReadonlyMap<string, readonly string[]>;
  /** What it takes from outside at run time. */
  readonly imports: readonly string[];
}

async function buildMain(configFile: string): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), 'ebp-shims-'));
  try {
    const resolved = await resolveConfig({ configFile, logLevel: 'silent' }, 'build', 'production');
    const main = resolved.config?.main;
    if (main === undefined) throw new Error(`${configFile} builds no main process`);
    const output = (await build({
      ...main,
      build: { ...main.build, outDir: folder, emptyOutDir: true },
    })) as Rollup.RollupOutput | Rollup.RollupOutput[];
    const chunks = [output].flat().flatMap(({ output: files }) => files.filter((file) => file.type === 'chunk'));
    return {
      modules: new Map(
        chunks.flatMap(({ modules }) =>
          Object.entries(modules).map(([id, { renderedExports }]) => [relative(root, id), renderedExports.toSorted()]),
        ),
      ),
      imports: [...new Set(chunks.flatMap(({ imports }) => imports))].filter((name) => !name.endsWith('.js')).sort(),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('the main process is made of the same files, and of the shims', async () => {
  const [product, forTests] = [await buildMain(join(root, 'electron.vite.config.ts')), await buildMain(config)];
  const more = [...forTests.modules.keys()].filter((id) => !product.modules.has(id));
  const isOfShims = (id: string) =>
    /^node_modules\/core-js\//.test(id) ||
    ['e2e/electron/entry.ts', 'e2e/electron/shims.ts', 'e2e/electron/safe-storage.ts'].includes(id) ||
    // Helpers of the compiler, as for `using`, and for what comes as CommonJS.
    /^\0/.test(id.replace(/^(\.\.\/)*/, '')) ||
    id.includes('\0');
  expect(more.filter((id) => !isOfShims(id))).toEqual([]);
  expect(more).toContain('e2e/electron/safe-storage.ts');
  expect(product.modules.size).toBeGreaterThan(100);
  expect([...product.modules.keys()].filter((id) => !forTests.modules.has(id) && !id.includes('\0'))).toEqual([]);
  // The shims are CommonJS, which asks for `createRequire`.
  expect(forTests.imports.filter((name) => name !== 'node:module')).toEqual(product.imports);
}, 60_000);

test('everything else is the product’s own', () => {
  const { app } = electron();
  if (app === root) return;
  for (const path of ['package.json', 'assets', 'out/preload', 'out/renderer'])
    expect(realpathSync(join(app, path)), path).toBe(join(root, path));
  const entry = readFileSync(join(root, 'e2e', 'electron', 'entry.ts'), 'utf8');
  expect(entry.match(/^import .*$/gm)).toEqual(["import './shims.ts';", "import '../../src/main/main.ts';"]);
  const shims = readFileSync(join(root, 'e2e', 'electron', 'shims.ts'), 'utf8');
  expect(shims.match(/^import .*$/gm)).toEqual([
    "import 'core-js/actual/disposable-stack/index.js';",
    "import 'core-js/actual/async-disposable-stack/index.js';",
    "import './safe-storage.ts';",
  ]);
});
