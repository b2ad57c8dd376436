import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';

useCore();

const note = { reason: 'socket', place: '/srv/music/\u001b[31ms' } as const;

test('folders are listed with what becomes of them', async () => {
  core.set('mounts', [
    { path: '/srv/music', mode: 'rw', level: 'warning', notes: [note], source: '/disk/music' },
    { path: '/run', mode: 'ro', level: 'refused', notes: [{ reason: 'session', place: '/run' }], source: null },
  ]);
  const { code, out } = await ebp(['mounts']);
  expect(code).toBe(0);
  expect(out).toMatch(/\/srv\/music +read and write +\/disk\/music/);
  expect(out).toMatch(/\/run +not given to programs/);
  expect(out).toContain('/srv/music: A program of this computer listens at /srv/music/ [31ms');
  expect(out).toContain('/run: Your own programs, and eBrainPool itself, listen in /run');
  expect((await ebp(['mounts', '--json'])).out).toContain('"refused"');
});

test('a folder is chosen, with what is to be known of it, and left', async () => {
  core.answers['mounts.check'] = () => ({ level: 'warning', notes: [note], source: '/srv/music' });
  const { code, out } = await ebp(['mounts', 'add', '/srv/music/', '--write']);
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^Programs can read and change \/srv\/music from .*\nA program of this/),
  ]);
  await ebp(['mounts', 'add', 'here']);
  core.set('mounts', [{ path: '/srv/music', mode: 'rw', level: 'ok', notes: [], source: '/srv/music' }]);
  expect((await ebp(['mounts', 'remove', '/srv/music'])).code).toBe(0);
  expect((await ebp(['mounts', 'remove', '/srv/films'])).error).toContain('/srv/films does not exist');
  expect(called('mounts.set')).toEqual([
    { path: '/srv/music', mode: 'rw' },
    { path: resolve('here'), mode: 'ro' },
    { path: '/srv/music', mode: null },
  ]);
});

test('one that is refused is said in the core’s words', async () => {
  core.answers['mounts.check'] = () => ({ level: 'refused', notes: [], source: null });
  core.answers['mounts.set'] = () => {
    throw new AppError('mount-refused', { path: '/home/me', reason: 'keys', place: '/home/me/.ssh' });
  };
  expect(await ebp(['mounts', 'add', '/home/me'])).toMatchObject({
    code: 1,
    error:
      'Programs cannot be given /home/me. Keys, passwords or signed-in accounts are kept in /home/me/.ssh. Choose a folder without it.\n',
  });
});
