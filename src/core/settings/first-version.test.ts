// The file of eBrainPool 0.1 (fixtures/0.1), as it was written by its own code, and one of a version that is still to come.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { startSettings } from './settings.ts';

const fixture = join(import.meta.dirname, 'fixtures', '0.1', 'settings.json');

test('the settings of version 0.1 are read and kept', async () => {
  const profileDir = await mkdtemp(join(tmpdir(), 'ebp-settings-0.1-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(profileDir, { recursive: true }));
  await cp(fixture, join(profileDir, 'settings.json'));
  const written = JSON.parse(await readFile(fixture, 'utf8'));
  const settings = stack.use(
    await startSettings({ profileDir, log: silentLog, env: {}, home: profileDir, platform: 'linux' }),
  );
  expect(settings.damage).toBeNull();
  expect(settings.state.value).toMatchObject(written);
  await settings.update({ answerTimeoutS: 50 });
  const { version, ...stored } = JSON.parse(await readFile(join(profileDir, 'settings.json'), 'utf8'));
  expect(version).toBeGreaterThan(1);
  expect(stored).toMatchObject({ ...written, answerTimeoutS: 50 });
});

test('an audience or a folder of which a newer version says more is nobody’s, also after it was written', async () => {
  const profileDir = await mkdtemp(join(tmpdir(), 'ebp-settings-newer-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(profileDir, { recursive: true }));
  const path = join(profileDir, 'settings.json');
  const open = async () =>
    stack.use(await startSettings({ profileDir, log: silentLog, env: {}, home: profileDir, platform: 'linux' }));
  const except = { who: 'everybody', exceptPeerIds: [`SHA256:${'A'.repeat(43)}`] };
  const told = {
    name: 'Bob',
    audience: except,
    audienceByOfferId: { 'app:gimp': except, 'app:xcalc': { who: 'verified' } },
    mounts: [
      { path: '/srv/all', mode: 'ro' },
      { path: '/srv/some', mode: 'rw', onlyFor: [] },
    ],
  };
  const nobody = { who: 'chosen', peerIds: [] };
  const careful = {
    audience: nobody,
    audienceByOfferId: { 'app:gimp': nobody, 'app:xcalc': { who: 'verified' } },
    mounts: [{ path: '/srv/all', mode: 'ro' }],
  };
  await writeFile(path, JSON.stringify({ version: 9, ...told }));
  const settings = await open();
  expect(settings.damage).toBeNull();
  expect(settings.state.value).toMatchObject(careful);
  await settings.update({ answerTimeoutS: 50 });
  expect((await open()).state.value).toMatchObject(careful);
  await writeFile(path, JSON.stringify({ version: 2, ...told }));
  expect((await open()).state.value).toMatchObject({ audience: { who: 'everybody' }, mounts: [{}, {}] });
  await writeFile(path, '{"version":9}');
  expect((await open()).damage).toBeNull();
});
