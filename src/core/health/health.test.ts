import { expect, test } from 'vitest';
import type { HealthItem } from '../../contract/health.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import { startHealth } from './health.ts';

const item = (id: string, level: HealthItem['level'] = 'ok', more: Partial<HealthItem> = {}): HealthItem => ({
  ...{ id, level, params: {}, command: null },
  ...more,
});

test('whoever reports an item says how it is now, and no other item moves', () => {
  using health = startHealth({ log: silentLog });
  health.report(item('made-up'));
  health.report(item('other'));
  health.report(item('made-up', 'error'));
  expect(health.items.value).toEqual([item('made-up', 'error'), item('other')]);
});

test('a use is not possible while one item says so, whichever it is', () => {
  using health = startHealth({ log: silentLog });
  health.report(item('made-up', 'error', { blocks: ['sharing'] }));
  health.report(item('harmless', 'error'));
  expect([health.allows('sharing'), health.allows('internet')]).toEqual([false, true]);
  health.report(item('made-up'));
  expect(health.allows('sharing')).toBe(true);
});

test('nothing is possible before everything was looked at once', async () => {
  using health = startHealth({ log: silentLog });
  let isBroken = true;
  health.addCheck(async () => {
    if (isBroken) throw new Error('broken');
    return [];
  });
  expect([health.allows('sharing'), health.allows('internet')]).toEqual([false, false]);
  await health.check();
  expect(health.allows('internet')).toBe(false);
  isBroken = false;
  await health.check();
  expect([health.allows('sharing'), health.allows('internet')]).toEqual([true, true]);
});

test('a state of a part is followed until the end', async () => {
  const state = new State(1);
  const health = startHealth({ log: silentLog });
  health.follow(state, (value) => item('number', 'ok', { params: { value } }));
  state.set(2);
  await expect.poll(() => health.items.value[0]?.params['value']).toBe(2);
  health[Symbol.dispose]();
  state.set(3);
  await new Promise(setImmediate);
  expect(health.items.value[0]?.params['value']).toBe(2);
});

test('a check that fails holds up no other, and one that looks by itself needs nobody who asks', async () => {
  using health = startHealth({ log: silentLog });
  let looks = 0;
  health.addCheck(async () => {
    throw new Error('broken');
  });
  health.addCheck(async () => [item('looks', 'ok', { params: { looks: ++looks } })], 10);
  await health.check();
  expect(health.items.value).toMatchObject([{ id: 'looks' }]);
  await expect.poll(() => health.items.value[0]?.params['looks']).toBeGreaterThan(1);
});
