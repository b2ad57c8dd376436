// A missing program is reported with the command that installs it. The tests really make it unusable.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HealthItem } from '../../contract/health.ts';
import { checkNeededPrograms } from './needed-programs.ts';

const folder = import.meta.dirname;
const script = `const { createChannels } = await import(${JSON.stringify(join(folder, 'channels.ts'))});
  const { checkNeededPrograms } = await import(${JSON.stringify(join(folder, 'needed-programs.ts'))});
  console.log(JSON.stringify(await checkNeededPrograms(Object.values(createChannels({})))));`;

/** In a private mount namespace, with a file that cannot be run in the place of each of these. */
function checkWithout(paths: readonly string[]): readonly HealthItem[] {
  const hide = paths.map((path) => `[ ! -e ${path} ] || mount --bind /dev/null ${path}`);
  const words = ['--user', '--map-root-user', '--mount', 'sh', '-c'];
  const run = [...hide, 'exec "$0" --input-type=module -e "$1"'].join('; ');
  return JSON.parse(
    execFileSync('unshare', [...words, run, process.execPath, script], { encoding: 'utf8', timeout: 15_000 }),
  );
}

test('each program is looked for once, and nothing is said to lack where nothing lacks', () => {
  const items = checkWithout([]);
  expect(items.map(({ id }) => id).sort()).toEqual(['socat', 'ssh', 'sshd', 'window-manager', 'xauth', 'xvnc']);
  expect(items.filter(({ level }) => level !== 'ok')).toEqual([]);
});

test.each([
  ['sshd', ['/usr/sbin/sshd'], 'error', /mask ssh.*install openssh-server$/],
  ['xvnc', ['/usr/bin/Xvnc'], 'error', /install tigervnc-standalone-server$/],
  ['socat', ['/usr/bin/socat'], 'error', /install socat$/],
  ['window-manager', ['/usr/bin/matchbox-window-manager', '/usr/bin/openbox'], 'warning', /install openbox$/],
  ['xauth', ['/usr/bin/xauth'], 'warning', /install xauth$/],
  ['ssh', ['/usr/bin/ssh'], 'warning', /install openssh-client$/],
] as const)(
  'without %s the command that installs it is given, and whether anything can be shared',
  (id, paths, level, command) => {
    const lacking = checkWithout(paths).filter((item) => item.level !== 'ok');
    expect(lacking).toMatchObject([{ id, level, command: expect.stringMatching(command) }]);
    expect(lacking[0]?.blocks).toEqual(level === 'error' ? ['sharing'] : undefined);
  },
);

test('a channel that needs a program more says so itself, and where nothing can be shared nothing lacks', async () => {
  const made = { id: 'made-up', programs: ['no-such-program'], debian: 'made-up', level: 'warning' } as const;
  expect(await checkNeededPrograms([{ programs: [made] }, { programs: [] }], 'linux')).toMatchObject([
    { id: 'made-up', level: 'warning' },
  ]);
  expect(await checkNeededPrograms([{ programs: [made] }], 'darwin')).toEqual([]);
});
