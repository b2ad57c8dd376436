// electron-builder with our electron-builder.yml, and what is in the archive that people would get.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { extractAll, extractFile, listPackage } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchStandIn } from './launch.ts';

const root = join(import.meta.dirname, '..', '..');
const FUSES = /^electronFuses:\n((?: {2}.*\n)+)/m;
let folder = '';
let archive = '';
let files: string[] = [];

const readJson = async (path: string) => JSON.parse(await readFile(join(root, path), 'utf8'));

/** Packs a copy of the project, so that what others build in out/ meanwhile does not matter. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-packaging-'));
  const project = join(folder, 'project');
  const electronDist = join(folder, 'electron-dist');
  for (const name of ['package.json', 'package-lock.json', 'assets']) {
    await cp(join(root, name), join(project, name), { recursive: true });
  }
  for (const name of ['src/main.ts', 'e2e/some.test.ts', 'scripts/some.mjs', 'docs/some.md', 'out/test/some.txt']) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), '');
  }
  await copyProductionPackages(project);
  await runNode(root, 'electron-vite/bin/electron-vite.js', [
    'build',
    `--outDir=${join(project, 'out')}`,
    '--logLevel=error',
  ]);

  // A placeholder has no fuses to flip.
  const config = await readFile(join(root, 'electron-builder.yml'), 'utf8');
  await writeFile(join(project, 'electron-builder.yml'), config.replace(FUSES, ''));

  // The placeholder: everything that the packer looks for in Electron's own folder.
  for (const name of ['resources', 'locales']) await mkdir(join(electronDist, name), { recursive: true });
  await writeFile(join(electronDist, 'electron'), '#!/bin/sh\n');
  await chmod(join(electronDist, 'electron'), 0o755);
  const { version } = await readJson('node_modules/electron/package.json');
  await writeFile(join(electronDist, 'version'), version);
  await writeFile(join(electronDist, 'locales', 'en-US.pak'), '');
  await runNode(project, 'electron-builder/cli.js', ['--linux', 'dir', `-c.electronDist=${electronDist}`]);
  archive = join(project, 'dist', 'linux-unpacked', 'resources', 'app.asar');
  files = listPackage(archive, { isPack: false }).map((name) => name.replaceAll('\\', '/'));
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('electron-builder, with a placeholder for the Electron binary whose fuses cannot be flipped', () => {
  it('packs main process, preload, page and icons', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/out/main/main.js',
        '/out/preload/preload.cjs',
        '/out/renderer/index.html',
        '/assets/icon.png',
        '/assets/tray/waiting-22@2x.png',
      ]),
    );
    expect(JSON.parse(extractFile(archive, 'package.json').toString()).main).toBe('out/main/main.js');
  });

  it('packs the libraries of production, and no other', async () => {
    const { dependencies, devDependencies } = await readJson('package.json');
    for (const name of Object.keys(dependencies)) expect(files).toContain(`/node_modules/${name}/package.json`);
    for (const name of Object.keys(devDependencies)) expect(files).not.toContain(`/node_modules/${name}/package.json`);
  });

  it('starts from the archive alone', async () => {
    const app = join(folder, 'app');
    extractAll(archive, app);
    await using shell = await launchStandIn({
      main: join(app, 'out', 'main', 'main.js'),
      args: ['--profile', join(folder, 'profile')],
    });
    const page = await shell.page('');
    await page.getByRole('button').first().waitFor();
    const [main] = (await shell.control.send('windows')).filter(({ url }) => url === 'app://ebp/');
    expect(main?.isVisible).toBe(true);
    expect((await shell.control.send('tray'))?.isImageThere).toBe(true);
    await shell.control.send('quit');
    expect(await shell.ended).toBe(0);
  }, 60_000);

  it('packs no sources, tests or maps', () => {
    const unwanted = files.filter(
      (name) =>
        /^\/(src|e2e|bench|scripts|docs|out\/test|node_modules\/electron)\//.test(name) ||
        /\.(test\.[cm]?[jt]s|ts|tsx|map)$/.test(name),
    );
    expect(unwanted).toEqual([]);
  });
});

describe('electron-builder.yml', () => {
  it('states every fuse, and asks for no server', async () => {
    const text = await readFile(join(root, 'electron-builder.yml'), 'utf8');
    const { FuseV1Options } = await import('@electron/fuses');
    const count = Object.keys(FuseV1Options).filter((key) => Number.isNaN(Number(key))).length;
    const block = FUSES.exec(text)?.[1] ?? '';
    expect(block.trim().split('\n')).toHaveLength(count);
    expect(block).toContain('runAsNode: false');
    expect(block).toContain('onlyLoadAppFromAsar: true');
    expect(text).not.toMatch(/^\s*- openssh-server/m);
  });

  it('has what macOS wants for the camera, and nothing for the microphone', async () => {
    const text = await readFile(join(root, 'electron-builder.yml'), 'utf8');
    expect(text).toMatch(/^ {4}NSCameraUsageDescription: \S.{20,}$/m);
    expect(text).not.toMatch(/NSMicrophone/);
    const path = /^ {2}entitlements: (\S+)$/m.exec(text)?.[1] ?? '';
    expect(text).toContain(`  entitlementsInherit: ${path}\n`);
    const entitlements = await readFile(join(root, path), 'utf8');
    expect(entitlements).toMatch(/<key>com\.apple\.security\.device\.camera<\/key>\s*<true\/>/);
    expect(entitlements).not.toContain('audio-input');
    // What electron-builder would have taken.
    const template = await readFile(
      join(root, 'node_modules', 'app-builder-lib', 'templates', 'entitlements.mac.plist'),
      'utf8',
    );
    for (const [key] of template.matchAll(/<key>.*<\/key>/g)) expect(entitlements).toContain(key);
  });
});

/** What `npm ci --omit=dev` would install, out of what is installed. */
async function copyProductionPackages(project: string): Promise<void> {
  const { packages } = await readJson('package-lock.json');
  for (const [path, { dev, devOptional }] of Object.entries<{ dev?: boolean; devOptional?: boolean }>(packages)) {
    if (path === '' || dev === true || devOptional === true || !existsSync(join(root, path))) continue;
    const nested = join(root, path, 'node_modules');
    await cp(join(root, path), join(project, path), { recursive: true, filter: (source) => source !== nested });
  }
}

function runNode(cwd: string, script: string, args: string[]): Promise<void> {
  const child = spawn(join(root, 'node_modules', '.bin', 'node'), [join(root, 'node_modules', script), ...args], {
    cwd,
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH']}` },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${script} ended with ${code}\n${output.slice(-4000)}`)),
    );
  });
}
