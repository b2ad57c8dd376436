import { expect, test } from 'vitest';
import type { JudgedMount } from '../../contract/containers.ts';
import { describeMounts } from './mounts-health.ts';

const mount = (path: string, level: JudgedMount['level'], notes: JudgedMount['notes'] = []): JudgedMount => ({
  ...{ path, mode: 'ro', source: null, level, notes },
});

test('the first folder that programs run without is said, with the reason', () => {
  expect(describeMounts([mount('/srv/a', 'ok')])).toEqual({ id: 'mounts', level: 'ok', params: {}, command: null });
  const refused = mount('/srv/b', 'refused', [{ reason: 'root', place: '/' }]);
  expect(describeMounts([mount('/srv/a', 'ok'), refused])).toMatchObject({
    ...{ id: 'mounts', level: 'warning', params: { path: '/srv/b', reason: 'root', place: '/' } },
  });
});
