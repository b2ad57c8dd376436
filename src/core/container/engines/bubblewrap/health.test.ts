// What a computer lacks is said in one item with the command that mends it. Each lack is made for real, in a private mount namespace.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HealthItem } from '../../../../contract/health.ts';

import { checkHost } from './health.ts';

const healthModule = join(import.meta.dirname, 'health.ts');

/** Runs the check where `prepare` was done first, as root of a user namespace of its own. */
function checkAfter(prepare: string): Map<string, HealthItem> {
  const script = `const { checkHost } = await import(${JSON.stringify(healthModule)}); console.log(JSON.stringify(await checkHost(null)))`;
  const out = execFileSync(
    'unshare',
    [
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      `${prepare}; exec "$0" --input-type=module -e "$1"`,
      process.execPath,
      script,
    ],
    { encoding: 'utf8', timeout: 15_000 },
  );
  return new Map((JSON.parse(out) as HealthItem[]).map((item) => [item.id, item]));
}

/** Puts a file that cannot be run in the place of a program. */
const hide = (...paths: string[]) =>
  paths.map((path) => `[ ! -e ${path} ] || mount --bind /dev/null ${path}`).join('; ');

/** A container that these tests may run in has this device only when it was given. */
const hasTunnelDevice = existsSync('/dev/net/tun');

test('on another system than Linux it is said that nothing can be shared, and nothing else', async () => {
  expect(await checkHost(null, 'darwin')).toEqual([
    { id: 'system', level: 'ok', params: {}, command: null, blocks: ['sharing'] },
  ]);
});

test('nothing is said to lack where nothing lacks', () => {
  const lacking = [...checkAfter('true').values()].filter((item) => item.level !== 'ok').map(({ id }) => id);
  expect(lacking).toEqual(hasTunnelDevice ? [] : ['internet']);
});

test.each([['bubblewrap', ['/usr/bin/bwrap'], 'error', /install bubblewrap$/]] as const)(
  'without %s the command that installs it is given',
  (id, paths, level, command) => {
    const item = checkAfter(hide(...paths)).get(id);
    expect(item?.level).toBe(level);
    expect(item?.command).toMatch(command);
    // What sharing cannot do without.
    expect(item?.blocks).toEqual(level === 'error' ? ['sharing'] : undefined);
  },
);

test('forbidden user namespaces are found by trying, with the setting that allows them', () => {
  const item = checkAfter('echo 0 >/proc/sys/user/max_user_namespaces').get('namespaces');
  expect(item).toMatchObject({
    level: 'error',
    command: expect.stringContaining('sudo sysctl -w'),
    blocks: ['sharing'],
  });
  expect(item?.params['why']).toBeTruthy();
});

const lackOfDevice = (why: unknown, command: string) => ({
  id: 'internet',
  level: 'warning',
  params: { program: 'pasta', context: 'device', why },
  command,
  blocks: ['internet'],
});

test('without the device that makes it, nobody can be given the internet', () => {
  const prepare = hasTunnelDevice ? 'mount -t tmpfs none /dev/net' : 'true';
  expect(checkAfter(prepare).get('internet')).toEqual(
    lackOfDevice(expect.stringContaining('No such file'), 'sudo modprobe tun'),
  );
});

test.skipIf(!hasTunnelDevice)('where the device may not be opened, nobody can be given the internet', () => {
  // On a mount without devices nobody may open one.
  const prepare = 'mount --bind /dev/net/tun /dev/net/tun && mount -o remount,bind,nodev /dev/net/tun';
  expect(checkAfter(prepare).get('internet')).toEqual(lackOfDevice('Permission denied', 'sudo chmod 666 /dev/net/tun'));
});
