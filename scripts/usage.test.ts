// Who asks a script for help gets it at once, and nothing is started.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

test.each(['start', 'test', 'e2e', 'demo', 'lab', 'attacks', 'bench', 'dist', 'programs'])('%s --help', (name) => {
  const script = resolve(import.meta.dirname, `${name}.mjs`);
  for (const flag of ['--help', '-h']) {
    const out = execFileSync(process.execPath, [script, flag], { encoding: 'utf8', timeout: 20_000 });
    expect(out).toMatch(new RegExp(`^Usage: npm (run )?${name}\\b`));
  }
});
