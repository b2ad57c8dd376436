// What people would get: the package that electron-builder makes with our electron-builder.yml, out of the Electron for tests.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extractFile, getRawHeader, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureTestPackage, testPackage } from '../../scripts/packaging.mjs';

const root = join(import.meta.dirname, '..', '..');
/** The byte in the program, which @electron/fuses names and does not export. */
const ENABLED = '1'.charCodeAt(0);
const FUSES = /^electronFuses:\n((?: {2}.*\n)+)/m;
const archive = join(testPackage.folder, 'resources', 'app.asar');
let files: string[] = [];

const readJson = async (path: string) => JSON.parse(await readFile(join(root, path), 'utf8'));

beforeAll(async () => {
  await ensureTestPackage();
  files = listPackage(archive, { isPack: false }).map((name) => name.replaceAll('\\', '/'));
}, 240_000);

describe('the packed application', () => {
  it('has main process, preload, page and icons', () => {
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

  it('has the libraries of production, and no other', async () => {
    const { dependencies, devDependencies } = await readJson('package.json');
    for (const name of Object.keys(dependencies)) expect(files).toContain(`/node_modules/${name}/package.json`);
    for (const name of Object.keys(devDependencies)) expect(files).not.toContain(`/node_modules/${name}/package.json`);
  });

  it('has no sources, tests or maps', () => {
    const unwanted = files.filter(
      (name) =>
        /^\/(src|e2e|bench|scripts|docs|out\/test|node_modules\/electron)\//.test(name) ||
        /\.(test\.[cm]?[jt]s|ts|tsx|map)$/.test(name),
    );
    expect(unwanted).toEqual([]);
  });

  it('has every fuse as electron-builder.yml states it, and the yml states every one', async () => {
    const stated = FUSES.exec(await readFile(join(root, 'electron-builder.yml'), 'utf8'))?.[1] ?? '';
    const wire = await getCurrentFuseWire(testPackage.program);
    const names = Object.keys(FuseV1Options).filter((key) => Number.isNaN(Number(key)));
    const found = names.map((name) => {
      const isOn = wire[FuseV1Options[name as keyof typeof FuseV1Options]] === ENABLED;
      return `  ${name.charAt(0).toLowerCase()}${name.slice(1)}: ${isOn}`;
    });
    expect(found.sort()).toEqual(stated.trimEnd().split('\n').sort());
    expect(found).toContain('  runAsNode: false');
    expect(found).toContain('  onlyLoadAppFromAsar: true');
  });

  it('has a checksum of every file of the archive: what macOS and Windows check when that fuse is on', () => {
    const { header } = getRawHeader(archive);
    const missing: string[] = [];
    const look = (entry: { files?: object; integrity?: object; link?: string }, path: string) => {
      for (const [name, inner] of Object.entries(entry.files ?? {})) look(inner, `${path}/${name}`);
      if (entry.files === undefined && entry.link === undefined && entry.integrity === undefined) missing.push(path);
    };
    look(header, '');
    expect(missing).toEqual([]);
  });
});

describe('electron-builder.yml', () => {
  it('asks for no server', async () => {
    expect(await readFile(join(root, 'electron-builder.yml'), 'utf8')).not.toMatch(/^\s*- openssh-server/m);
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
