// Items of Electron's security checklist that are kept by what is not written: searched in the syntax of the shell's sources.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'vite';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const sourceFiles = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|\.d\.ts$/.test(name))
    .map((name) => join(root, folder, name));

/** To be raised with each; Electron supports three: https://www.electronjs.org/docs/latest/tutorial/electron-timelines */
const NEWEST_KNOWN_MAJOR = 45;

interface Seen {
  /** Names of properties that are read, and of those that are set. */
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly unknown[]>;
  readonly elements: ReadonlySet<string>;
  readonly imports: ReadonlySet<string>;
}

/** What the sources say, without comments and texts. */
function look(files: readonly string[]): Seen {
  const names = new Set<string>();
  const values = new Map<string, unknown[]>();
  const elements = new Set<string>();
  const imports = new Set<string>();
  for (const file of files) {
    const { program, errors } = parseSync(file, readFileSync(file, 'utf8'));
    expect(errors, file).toEqual([]);
    new Visitor({
      Identifier: ({ name }) => void names.add(name),
      Literal: ({ value }) => void (typeof value === 'string' && names.add(value)),
      Property: ({ key, value }) => {
        if (key.type !== 'Identifier') return;
        const literal = value.type === 'Literal' ? value.value : value.type;
        values.set(key.name, [...(values.get(key.name) ?? []), literal]);
      },
      JSXIdentifier: ({ name }) => void elements.add(name),
      ImportDeclaration: ({ source }) => void imports.add(source.value),
    }).visit(program);
  }
  return { names, values, elements, imports };
}

const shell = look([...sourceFiles('src/main'), ...sourceFiles('src/preload')]);
const page = look(sourceFiles('src/renderer'));

test('2, 3, 4, 6, 8: every window is made with what the list wants, and none with anything else', () => {
  expect(shell.values.get('nodeIntegration')).toEqual([false]);
  expect(shell.values.get('nodeIntegrationInWorker')).toEqual([false]);
  expect(shell.values.get('nodeIntegrationInSubFrames')).toEqual([false]);
  expect(shell.values.get('contextIsolation')).toEqual([true]);
  expect(shell.values.get('sandbox')).toEqual([true]);
  expect(shell.names).toContain('enableSandbox');
  expect(shell.values.get('webSecurity')).toEqual([true]);
  expect(shell.values.get('allowRunningInsecureContent')).toEqual([false]);
});

test('9: no experimental feature of Chromium is switched on', () => {
  expect(shell.values.get('experimentalFeatures')).toEqual([false]);
});

test('10: no Blink feature is switched on, and none by a switch of the command line', () => {
  for (const name of ['enableBlinkFeatures', 'appendSwitch', 'appendArgument', 'commandLine'])
    expect(shell.names, name).not.toContain(name);
});

test('12: there is no webview, and every one that something makes is refused', () => {
  expect(shell.values.get('webviewTag')).toEqual([false]);
  expect(shell.names).toContain('will-attach-webview');
  expect(page.elements).not.toContain('webview');
  expect(page.names).not.toContain('webview');
});

test('15: nothing is opened outside of eBrainPool', () => {
  for (const name of ['openExternal', 'openPath', 'showItemInFolder']) expect(shell.names, name).not.toContain(name);
  expect(page.imports).not.toContain('electron');
});

test('16: Electron is pinned to one version, of the newest major that is known here', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  expect(devDependencies.electron).toMatch(/^\d+\.\d+\.\d+$/);
  expect(packages['node_modules/electron'].version).toBe(devDependencies.electron);
  expect(Number(devDependencies.electron.split('.')[0])).toBeGreaterThanOrEqual(NEWEST_KNOWN_MAJOR);
});
