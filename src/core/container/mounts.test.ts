import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { type SettingsPart, startSettings } from '../settings/settings.ts';
import { type Mounts, startMounts } from './mounts.ts';

let root: string;
let settings: SettingsPart;
let mounts: Mounts;
const at = (...names: readonly string[]) => join(root, ...names);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ebp-mounts-'));
  for (const name of ['profile', 'srv/music', 'srv/films', 'home/Pictures']) await mkdir(at(name), { recursive: true });
  await start();
});
afterEach(async () => {
  await stop();
  await rm(root, { recursive: true });
});

async function start(): Promise<void> {
  const person = { fullName: 'Bob', userName: 'bob', hostName: 'desk' };
  settings = await startSettings({ profileDir: at('profile'), log: silentLog, person, env: {}, home: root });
  const places = [{ path: at('profile'), reason: 'profile', isClosedWithin: true } as const];
  mounts = await startMounts({ settings, findGuard: async () => ({ places, homes: [at('home')] }), log: silentLog });
}

async function stop(): Promise<void> {
  await mounts[Symbol.asyncDispose]();
  await settings[Symbol.asyncDispose]();
}

test('folders are chosen and left one by one, whoever else chooses meanwhile', async () => {
  await Promise.all([
    mounts.set(at('srv', 'music'), 'ro'),
    mounts.set(`${at('srv', 'films')}//`, 'ro'),
    mounts.set(at('srv', 'music'), 'rw'),
  ]);
  expect(mounts.state.value.toSorted((one, other) => one.path.localeCompare(other.path))).toMatchObject([
    { path: at('srv', 'films'), mode: 'ro', level: 'ok' },
    { path: at('srv', 'music'), mode: 'rw', level: 'ok' },
  ]);
  await mounts.set(at('srv', 'films'), null);
  expect(settings.state.value.mounts).toEqual([{ path: at('srv', 'music'), mode: 'rw' }]);
});

test('what is refused is not kept, and the reason is told', async () => {
  const refused = { code: 'mount-refused', params: { path: at('profile'), reason: 'profile', place: at('profile') } };
  await expect(mounts.set(at('profile'), 'ro')).rejects.toMatchObject(refused);
  await symlink(at('profile'), at('srv', 'link'));
  await expect(mounts.set(at('srv', 'link'), 'ro')).rejects.toMatchObject({ code: 'mount-refused' });
  expect(await mounts.check(at('srv', 'link'))).toMatchObject({ level: 'refused', source: null });
  await expect(mounts.set(at('srv', 'none'), 'ro')).rejects.toMatchObject({ params: { reason: 'missing' } });
  expect(settings.state.value.mounts).toEqual([]);
});

test('what is warned of is kept, with the reason', async () => {
  expect(await mounts.check(at('home', 'Pictures'))).toMatchObject({
    level: 'warning',
    notes: [{ reason: 'in-home' }],
  });
  await mounts.set(at('home', 'Pictures'), 'ro');
  expect(mounts.state.value).toMatchObject([{ level: 'warning', notes: [{ reason: 'in-home', place: at('home') }] }]);
});

test('what was chosen before and is refused now stays in the file, is shown with its reason, is not given, and can be left', async () => {
  const chosen = [
    { path: `${at('profile')}/`, mode: 'rw' },
    { path: at('srv', 'music'), mode: 'ro' },
  ];
  await settings.update({ mounts: chosen as never });
  await stop();
  await start();
  expect(mounts.state.value).toMatchObject([
    { path: `${at('profile')}/`, level: 'refused', notes: [{ reason: 'profile' }] },
    { level: 'ok' },
  ]);
  expect(JSON.parse(await readFile(at('profile', 'settings.json'), 'utf8')).mounts).toEqual(chosen);
  await using held = await mounts.hold();
  expect(held.list.map(({ source }) => source)).toEqual([at('srv', 'music')]);
  await mounts.set(`${at('profile')}/`, null);
  expect(settings.state.value.mounts).toEqual([chosen[1]]);
});

test('each start looks again, and what became of a folder is shown then', async () => {
  await mounts.set(at('srv', 'music'), 'ro');
  await rm(at('srv', 'music'), { recursive: true });
  await symlink(at('profile'), at('srv', 'music'));
  {
    await using held = await mounts.hold();
    expect(held.list).toEqual([]);
  }
  await expect.poll(() => mounts.state.value).toMatchObject([{ level: 'refused', notes: [{ reason: 'profile' }] }]);
  await rm(at('srv', 'music'));
  await mkdir(at('srv', 'music'));
  await using held = await mounts.hold();
  expect(held.list).toHaveLength(1);
  await expect.poll(() => mounts.state.value).toMatchObject([{ level: 'ok' }]);
});

test('a file that somebody edits by hand is judged like a click', async () => {
  await stop();
  await writeFile(at('profile', 'settings.json'), JSON.stringify({ name: 'x', mounts: [{ path: '/', mode: 'rw' }] }));
  await start();
  expect(mounts.state.value).toMatchObject([{ path: '/', level: 'refused', notes: [{ reason: 'root' }] }]);
});
