// What a person is asked to install for the demo is what the demo runs, and no more.
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
