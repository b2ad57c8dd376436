// The .deb on a Debian of its own: a copy of this one that lies over it and is gone afterwards. It wants root.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { ensureTestPackage, testPackage } from '../../scripts/packaging.mjs';

const isRoot = process.getuid?.() === 0;

if (!isRoot) console.log('The .deb is not installed here: that wants root.');

beforeAll(() => (isRoot ? ensureTestPackage() : undefined), 240_000);

it.runIf(isRoot)(
  'it installs, starts with its sandbox on, upgrades and is removed without a trace',
  async () => {
    const script = join(import.meta.dirname, 'deb-inside.sh');
    const { stdout } = await promisify(execFile)(
      'unshare',
      [
        '--mount',
        '--net',
        '--pid',
        '--fork',
        '--kill-child',
        '--propagation',
        'private',
        'bash',
        script,
        testPackage.deb(),
      ],
      { timeout: 200_000 },
    );
    expect(stdout.trim().split('\n')).toEqual([
      'installed: install ok installed',
      'command: /opt/eBrainPool/ebrainpool',
      'desktop entry: valid',
      'window: eBrainPool',
      'renderers without a sandbox: 0',
      'exit status: 0',
      'after the upgrade: install ok installed',
      'command: /opt/eBrainPool/ebrainpool',
      'left after removal: nothing',
      'what the person had: kept',
    ]);
  },
  240_000,
);
