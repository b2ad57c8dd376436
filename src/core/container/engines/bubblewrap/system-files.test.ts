// Whether what programs in /usr lean on is there in a real sandbox, and nothing that a person keeps.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openTestSandboxes } from '../../sandboxes.test-support.ts';
import { systemFiles } from './system-files.ts';

test('every file of the list that this computer has is there in a sandbox, and leads somewhere', async () => {
  const paths = Object.entries(systemFiles()).flatMap(([folder, names]) => names.map((name) => `/${folder}/${name}`));
  const here = paths.filter((path) => existsSync(path));
  expect(here).toEqual(expect.arrayContaining(['/etc/alternatives', '/etc/os-release', '/var/cache/fontconfig']));
  await using sandboxes = await openTestSandboxes();
  const out = await sandboxes.runScript(
    `for f in ${here.join(' ')}; do [ -e $f ] || echo "$f"; [ -w $f ] && echo "$f"; done`,
  );
  expect(out).toBe('');
});

test('nothing there tells of accounts, keys, networks, proxies or sources of packages', async () => {
  await using sandboxes = await openTestSandboxes();
  const etc =
    'apt cups environment fstab gitconfig hostname maven mtab NetworkManager npmrc pip.conf profile.d shadow ssh sudoers wgetrc';
  const below = 'lib/dpkg lib/NetworkManager log mail spool';
  const out = await sandboxes.runScript(
    `cd /etc; for f in ${etc}; do [ -e $f ] && echo $f; done; cd /var; for f in ${below}; do [ -e $f ] && echo $f; done`,
  );
  expect(out).toBe('');
});
