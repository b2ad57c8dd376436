// What becomes of a folder that the owner wants programs to see: real folders, links, bind mounts and sockets.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Mount } from '../../contract/containers.ts';
import { findGuard, type Guard, type WhatIsOurs } from './guarded-places.ts';
import { isWithin, parseMountTable, spotOf } from './mount-table.ts';
import { findWarnings, judgeMount, tidyPath } from './mount-verdict.ts';

/** Short and without links, for a socket lies in it. */
let root: string;
let ours: WhatIsOurs;
/** The real list, but for what the tests' own folder lies in. */
let guard: Guard;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ebp-mv-'));
  for (const name of [
    'me/.ssh/old',
    'me/.config/gh',
    'me/.themes',
    'me/Music',
    'profile/identity',
    'run/core',
    'homes/1',
    'srv/music/new',
  ])
    await mkdir(join(root, name), { recursive: true });
  ours = {
    profileDir: join(root, 'profile'),
    runtimeDir: join(root, 'run', 'core'),
    containersDir: join(root, 'homes'),
    home: join(root, 'me'),
    temporaryDir: join(root, 'temporary'),
    env: { XDG_RUNTIME_DIR: join(root, 'run') },
  };
  await mkdir(ours.temporaryDir);
  const whole = await findGuard(ours);
  guard = { ...whole, places: whole.places.filter(({ path }) => !isWithin(root, path)) };
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function judge(path: string, others: readonly Mount[] = [], by: Guard = guard) {
  const { verdict, pinned } = await judgeMount({ path, mode: 'ro' }, by, others);
  await pinned?.handle.close();
  const [note] = verdict.notes;
  return note === undefined ? verdict.level : `${note.reason} ${note.place.replace(root, '…')}`;
}
const at = (...names: readonly string[]) => join(root, ...names);

describe('is refused', () => {
  test.each([
    ['profile', 'profile …/profile'],
    ['profile/identity', 'profile …/profile'],
    ['run', 'session …/run'],
    ['run/core', 'session …/run/core'],
    ['homes', 'containers …/homes'],
    ['homes/1', 'containers …/homes'],
    ['temporary', 'temporary …/temporary'],
    ['me/.ssh', 'keys …/me/.ssh'],
    ['me/.ssh/old', 'keys …/me/.ssh'],
    ['me/.config/gh', 'keys …/me/.config/gh'],
    // What contains one:
    ['.', 'profile …/profile'],
    ['me', 'keys …/me/.ssh'],
    ['me/.config', 'keys …/me/.config/gh'],
    // However it is written:
    ['srv/../profile', 'profile …/profile'],
    ['srv//music/../../me/.ssh/', 'keys …/me/.ssh'],
  ])('%s', async (path, said) => {
    expect(await judge(`${root}/${path}`)).toBe(said);
  });

  test.each([
    ['/', 'root /'],
    ['/proc', 'kernel /proc'],
    ['/proc/self', /^kernel/],
    ['/proc/self/root', 'root /'],
    ['/sys', 'kernel /sys'],
    ['/dev', 'kernel /dev'],
    ['/dev/shm', 'kernel /dev'],
    ['/run', 'session /run'],
    ['/var/run', 'session /run'],
    ['/tmp', 'temporary /tmp'],
    ['/var/tmp', 'temporary /var/tmp'],
    ['/var', /^(session|temporary) \/var/],
    ['/etc', 'system /etc'],
    ['/etc/ssl', 'system /etc'],
    ['/boot', 'system /boot'],
    ['/usr', 'programs /usr'],
    ['/usr/share', 'programs /usr'],
    ['/bin', 'programs /usr'],
    ['/opt', 'programs /opt'],
  ])('%s of any computer', async (path, said) => {
    const elsewhere = {
      ...ours,
      profileDir: '/p',
      runtimeDir: '/r',
      containersDir: '/c',
      temporaryDir: '/t',
      home: '/h',
      env: {},
    };
    const told = await judge(path, [], await findGuard(elsewhere));
    // Not everything is everywhere.
    if (told !== `missing ${path}`) expect(told).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
  });

  test('what a link leads to, a link in the way, and what was exchanged for one', async () => {
    await symlink(at('me', '.ssh'), at('srv', 'link'));
    await symlink(at('me'), at('srv', 'way'));
    await mkdir(at('srv', 'folder'));
    expect(await judge(at('srv', 'folder'))).toBe('ok');
    await rm(at('srv', 'folder'), { recursive: true });
    await symlink('../run', at('srv', 'folder'));
    expect(await judge(at('srv', 'link'))).toBe('keys …/me/.ssh');
    expect(await judge(at('srv', 'way', '.ssh', 'old'))).toBe('keys …/me/.ssh');
    expect(await judge(at('srv', 'folder'))).toMatch(/^session/);
    await Promise.all(['link', 'way', 'folder'].map((name) => rm(at('srv', name))));
  });

  test('the place of something that is itself a link', async () => {
    await mkdir(at('disk', 'keys'), { recursive: true });
    await symlink(at('disk', 'keys'), at('me', '.gnupg'));
    for (const path of ['disk', 'disk/keys']) expect(await judge(at(path))).toBe('keys …/me/.gnupg');
    await rm(at('me', '.gnupg'));
    expect(await judge(at('disk', 'keys'))).toBe('ok');
  });

  test('the profile of another identity of the same person', async () => {
    await mkdir(at('other', 'identity'), { recursive: true });
    await mkdir(at('other', 'containers'));
    await writeFile(at('other', 'identity', 'id_ed25519'), '');
    for (const path of ['other', 'other/identity', 'other/containers'])
      expect(await judge(at(path))).toBe('profile …/other');
  });

  test('what the environment names', async () => {
    await mkdir(at('agent'), { recursive: true });
    await writeFile(at('agent', 'socket'), '');
    const env = {
      SSH_AUTH_SOCK: at('agent', 'socket'),
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${at('agent', 'bus')},guid=1`,
      KUBECONFIG: `/none:${at('srv', 'kube')}`,
    };
    await writeFile(at('srv', 'kube'), '');
    const named = await findGuard({ ...ours, env });
    const by = { ...named, places: named.places.filter(({ path }) => !isWithin(root, path)) };
    expect(await judge(at('agent'), [], by)).toBe('session …/agent/socket');
    expect(await judge(at('srv'), [], by)).toBe('keys …/srv/kube');
    expect(named.places.map(({ path }) => path)).toContain(at('agent', 'bus'));
    await rm(at('srv', 'kube'));
  });

  test('what is no folder, is not there, or is gone and made again as something else', async () => {
    await writeFile(at('srv', 'file'), '');
    expect(await judge(at('srv', 'file'))).toBe('not-a-folder …/srv/file');
    expect(await judge(at('srv', 'none'))).toBe('missing …/srv/none');
    await symlink('loop', at('srv', 'loop'));
    expect(await judge(at('srv', 'loop'))).toBe('unreachable …/srv/loop');
    await Promise.all([rm(at('srv', 'file')), rm(at('srv', 'loop'))]);
  });

  test('a link in a folder that programs may write, wherever it leads', async () => {
    const writable = { path: at('srv'), mode: 'rw' } as const;
    await mkdir(at('harmless'), { recursive: true });
    expect(await judge(at('srv', 'music'), [writable])).toBe('ok');
    await rename(at('srv', 'music'), at('srv', 'moved'));
    await symlink(at('harmless'), at('srv', 'music'));
    expect(await judge(at('srv', 'music'), [writable])).toBe('exchanged …/srv/music');
    expect(await judge(at('srv', 'music'), [{ ...writable, mode: 'ro' }])).toBe('ok');
    await rm(at('srv', 'music'));
    await rename(at('srv', 'moved'), at('srv', 'music'));
  });

  test('what would cover a container’s own home', async () => {
    expect((await judgeMount({ path: '/home', mode: 'ro' }, guard, [])).verdict.notes[0]?.reason).toMatch(
      /container|missing/,
    );
  });
});

test('an ordinary folder is well, also through a link, and is held as the one that was looked at', async () => {
  expect(await judge(at('srv', 'music'))).toBe('ok');
  await symlink(at('srv', 'music'), at('link'));
  const { verdict, pinned } = await judgeMount({ path: at('link'), mode: 'rw' }, guard, []);
  expect(verdict).toEqual({ level: 'ok', notes: [], source: at('srv', 'music') });
  expect(pinned).toMatchObject({ path: at('link'), target: at('link'), source: at('srv', 'music'), mode: 'rw' });
  await pinned?.handle.close();
  // With dots on the way it is found where it lies.
  const dotted = await judgeMount({ path: `${root}/me/../srv/music`, mode: 'ro' }, guard, []);
  expect(dotted.pinned).toMatchObject({ target: at('srv', 'music') });
  await dotted.pinned?.handle.close();
  await rm(at('link'));
});

describe('is warned of', () => {
  const warned = async (path: string) => (await findWarnings(at(path), guard)).map(({ reason }) => reason);

  test('a home, what lies in one, and its hidden folders', async () => {
    expect(await warned('me')).toEqual(['home']);
    expect(await warned('.')).toEqual(['home']);
    expect(await warned('me/Music')).toEqual(['in-home']);
    expect(await warned('me/.themes')).toEqual(['hidden']);
    expect(await warned('srv')).toEqual([]);
  });

  test('a folder with a socket, a device or a setuid program somewhere in it', async () => {
    const server = createServer().listen(at('srv', 'music', 'new', 's'));
    await once(server, 'listening');
    await writeFile(at('srv', 'music', 'program'), '');
    await chmod(at('srv', 'music', 'program'), 0o4755);
    expect(await findWarnings(at('srv'), guard)).toEqual([
      { reason: 'setuid', place: at('srv', 'music', 'program') },
      { reason: 'socket', place: at('srv', 'music', 'new', 's') },
    ]);
    server.close();
    await rm(at('srv', 'music', 'program'));
    expect((await findWarnings('/dev', guard)).map(({ reason }) => reason)).toContain('device');
  });

  test('within bounds, however large it is', async () => {
    const before = performance.now();
    await findWarnings('/', guard);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

/** Runs a judgement where bind mounts can be made: each line `mount …`, then the path. */
function judgeAmongMounts(commands: string, path: string): string {
  const script = `
    import { judgeMount } from ${JSON.stringify(join(import.meta.dirname, 'mount-verdict.ts'))};
    const { verdict } = await judgeMount({ path: ${JSON.stringify(path)}, mode: 'ro' }, ${JSON.stringify(guard)}, []);
    console.log(verdict.notes.map(({ reason, place }) => reason + ' ' + place).join() || verdict.level);`;
  const words = [
    '--user',
    '--map-root-user',
    '--mount',
    '--pid',
    '--fork',
    'sh',
    '-c',
    `${commands}; exec "$0" --input-type=module -e "$1"`,
  ];
  const { stdout, stderr } = spawnSync('unshare', [...words, process.execPath, script], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return `${stdout}${stderr}`.trim().replaceAll(root, '…');
}
const canMount =
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'mount', '--bind', '/usr', '/mnt']).status === 0;

describe.runIf(canMount)('a folder that is mounted a second time is known to be the same', () => {
  test.each([
    ['itself', 'me/.ssh', '', 'keys …/me/.ssh'],
    ['what lies in it', 'me/.ssh/old', '', 'keys …/me/.ssh'],
    ['what contains it', 'me', '', 'keys …/me/.ssh'],
    // By the name under which the person sees it.
    ['below what is wanted', 'profile/identity', 'inside', 'profile …/second/inside'],
    ['a harmless one', 'srv/music', '', 'ok'],
  ])('%s', async (_name, from, below, said) => {
    await mkdir(at('second', below), { recursive: true });
    expect(judgeAmongMounts(`mount --bind ${at(from)} ${at('second', below)}`, at('second'))).toBe(said);
  });

  test('which does not hide that the folder itself is closed', async () => {
    await mkdir(at('temporary', '.X11-unix'), { recursive: true });
    const mounted = `mount --bind ${at('run', 'core')} ${at('temporary', '.X11-unix')}`;
    expect(judgeAmongMounts(mounted, at('temporary'))).toBe('temporary …/temporary');
  });

  test('and a window into the kernel is one under any name', async () => {
    await mkdir(at('second', 'inside'), { recursive: true });
    expect(judgeAmongMounts(`mount -t proc proc ${at('second', 'inside')}`, at('second'))).toBe(
      'kernel …/second/inside',
    );
    expect(judgeAmongMounts(`mount -t proc proc ${at('second')}`, at('second', 'self', 'fd'))).toMatch(/^kernel/);
  });
});

test('the table of mounts is read with its spaces, and the last of several on one place counts', () => {
  const table = parseMountTable(
    '1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 /sub /srv/my\\040disk rw shared:1 master:2 - ext4 /dev/b rw\n3 1 0:5 / /srv rw - tmpfs t rw\nbroken\n',
  );
  expect(spotOf('/srv/my disk/x', table)).toEqual({ device: '8:2', path: '/sub/x', type: 'ext4' });
  expect(spotOf('/srv/other', table)).toEqual({ device: '0:5', path: '/other', type: 'tmpfs' });
  expect(spotOf('/srvx', table)).toEqual({ device: '8:1', path: '/srvx', type: 'ext4' });
  expect(spotOf('/', table)).toEqual({ device: '8:1', path: '/', type: 'ext4' });
});

test.each([
  ['/srv/', '/srv'],
  ['//srv//a/', '/srv/a'],
  ['/', '/'],
  ['/a/../b', '/a/../b'],
])('%s is kept as %s', (path, kept) => {
  expect(tidyPath(path)).toBe(kept);
});

test('the list is short enough to be looked at before each start', async () => {
  const whole = await findGuard({ ...ours, home: homedir() });
  const before = performance.now();
  for (let count = 0; count < 5; count += 1) await judgeMount({ path: '/usr/share', mode: 'ro' }, whole, []);
  expect((performance.now() - before) / 5).toBeLessThan(200);
});
