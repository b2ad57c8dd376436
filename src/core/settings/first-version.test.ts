// The file of eBrainPool 0.1 (fixtures/0.1), as it was written by its own code.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
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
