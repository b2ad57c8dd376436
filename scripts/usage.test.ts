// Who asks a script for help, or for what it does not know, is answered at once, and nothing is started.
import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const scripts = ['start', 'test', 'e2e', 'demo', 'lab', 'attacks', 'bench', 'dist', 'programs', 'fuzz', 'screenshots'];
test.each(scripts)('%s --help', (name) => {
  const script = resolve(import.meta.dirname, name === 'lab' ? '../lab/lab.mjs' : `${name}.mjs`);
  for (const flag of ['--help', '-h']) {
    const out = execFileSync(process.execPath, [script, flag], { encoding: 'utf8', timeout: 20_000 });
    expect(out).toMatch(new RegExp(`^Usage: npm (run )?${name}\\b`));
  }
});

test.each([
  ['demo', ['--bogus'], "Unknown option '--bogus'. See: npm run demo -- --help"],
  ['demo', ['bogus'], "Unexpected argument 'bogus'. See: npm run demo -- --help"],
  ['attacks', ['--bogus'], "Unknown option '--bogus'. See: npm run attacks -- --help"],
  ['screenshots', ['--bogus'], "Unknown option '--bogus'. See: npm run screenshots -- --help"],
  ['programs', ['--bogus'], "Unknown option '--bogus'. See: npm run programs -- --help"],
  ['programs', ['--only'], "Option '--only <value>' argument missing. See: npm run programs -- --help"],
  ['programs', ['--only=org.gnome.gedit,bogus'], 'There is no "bogus" in e2e/programs/programs.json.'],
  ['programs', ['--jobs', 'all'], '--jobs takes a number from 1 to 99, not "all".'],
  ['fuzz', ['--bogus'], "Unknown option '--bogus'. See: npm run fuzz -- --help"],
])('%s %j is refused in one line', (name, args, line) => {
  const script = resolve(import.meta.dirname, `${name}.mjs`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect([status, stdout, stderr]).toEqual([2, '', `${line}\n`]);
});
