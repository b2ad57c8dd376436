import { expect, test } from 'vitest';
import { describeMulticast, describeNetwork } from './discovery-health.ts';

const cable = [{ isLoopback: true }, { isLoopback: false }];
const alone = [{ isLoopback: true }];

test('this computer is on a network when it has another link than loopback', () => {
  expect(describeNetwork(cable)).toMatchObject({ id: 'network', level: 'ok' });
  expect(describeNetwork(alone)).toMatchObject({ id: 'network', level: 'warning' });
  expect(describeNetwork([])).toMatchObject({ id: 'network', level: 'warning' });
});

test('without a network the finding is of no use yet, and what is wrong in itself is said as it is', () => {
  expect(describeMulticast(null, cable)).toMatchObject({ level: 'ok', params: {} });
  expect(describeMulticast(null, alone)).toMatchObject({ level: 'ok', params: { context: 'offline' } });
  expect(describeMulticast('EACCES', alone)).toEqual({
    ...{ id: 'multicast', level: 'warning', params: { why: 'EACCES' }, command: null },
  });
});
