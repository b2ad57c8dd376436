// What a person is asked to install is what is used, and no more; and every list of it says the same.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemPackages } from './system-packages.mjs';

const applications = join(import.meta.dirname, 'demo-apps', 'applications');
const programs = readdirSync(applications).flatMap(
  (name) => /^Exec=(\S+)/m.exec(readFileSync(join(applications, name), 'utf8'))?.[1] ?? [],
);

test('the demo asks for what it shares and shows, and for nothing that only tests need', () => {
  const { sharing, lab, demo, tests } = systemPackages;
  const more = Object.keys(demo).filter((name) => !(name in sharing) && !(name in lab));
  expect(more).toEqual(['x11-apps']);
  for (const name of ['chromium', 'xvfb', 'xdotool', 'xclip', 'ssh-audit']) {
    expect(Object.keys(tests)).toContain(name);
    expect(Object.keys(demo)).not.toContain(name);
  }
  expect(programs).toContain('xcalc');
});

test.runIf(spawnSync('dpkg', ['--version']).status === 0).each(programs)(
  '%s is in a package that it asks for',
  (program) => {
    const path = execFileSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).trim();
    const [owner = ''] = execFileSync('dpkg', ['-S', path], { encoding: 'utf8' }).split(':');
    expect(Object.keys(systemPackages.demo)).toContain(owner);
  },
);

test('README, the packages and the settings page name what sharing asks for, and nothing else', () => {
  const root = join(import.meta.dirname, '..');
  const read = (...path: readonly string[]) => readFileSync(join(root, ...path), 'utf8');
  const sharing = Object.keys(systemPackages.sharing).sort();
  const table = read('README.md').split('| Debian package ')[1]?.split('\n\n')[0] ?? '';
  const named = [...table.matchAll(/^\| (`.*?`) +\|/gm)].flatMap(([, cell = '']) => cell.match(/[\w-]+/g) ?? []);
  expect(named.sort()).toEqual(sharing);
  // Security: installing that server opens port 22, so the package leaves it to the person.
  const withoutServer = sharing.filter((name) => name !== 'openssh-server');
  const recommended = /^ {2}recommends:\n((?: {4}- .*\n)+)/m.exec(read('electron-builder.yml'))?.[1] ?? '';
  expect((recommended.match(/[\w-]{2,}/g) ?? []).sort()).toEqual(withoutServer);
  // Whatever part needs a program says so beside itself.
  const parts = readdirSync(join(root, 'src/core'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('.test'))
    .map((path) => read('src/core', path));
  const checked = parts.flatMap((text) => [...text.matchAll(/debian: '([^']+)'/g)].map(([, name]) => name));
  expect(checked.length).toBeGreaterThan(5);
  for (const name of checked) expect(sharing).toContain(name);
});
