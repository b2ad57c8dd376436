import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { createDiskCheck } from './disk.ts';

const path = tmpdir();

test('the folder that is the worst off is said, and not again while nothing changes', async () => {
  const check = createDiskCheck(
    [
      { path: '/proc/self', wantedBytes: 0 },
      { path, wantedBytes: Number.MAX_SAFE_INTEGER },
    ],
    silentLog,
  );
  expect(await check()).toMatchObject([{ id: 'disk', level: 'error', params: { path } }]);
  expect(await check()).toEqual([]);
});

test('a disk that is running full is a warning, and one with space is in order', async () => {
  const [full] = await createDiskCheck([{ path, wantedBytes: 0 }], silentLog)();
  expect(full).toMatchObject({ level: 'ok' });
  const wantedBytes = Number(full?.params['freeBytes']) / 2;
  expect(await createDiskCheck([{ path, wantedBytes }], silentLog)()).toMatchObject([{ level: 'warning' }]);
});
