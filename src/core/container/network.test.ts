import { expect, test } from 'vitest';
import { inOwnNetwork, networkOf } from './network.ts';

test('the network of an address', () => {
  expect(networkOf('192.168.0.7/24')).toBe('192.168.0.0/24');
  expect(networkOf('10.1.2.3/8')).toBe('10.0.0.0/8');
  expect(networkOf('203.0.113.130/25')).toBe('203.0.113.128/25');
  expect(networkOf('255.255.255.255/32')).toBe('255.255.255.255/32');
  expect(networkOf('172.31.255.1/12')).toBe('172.16.0.0/12');
});

test('whatever is in the arguments of bwrap stays a word of its own', () => {
  const hostile = '$(id); "x" `y`';
  const words = inOwnNetwork('/usr/bin/bwrap', ['--unshare-all', '--bind', hostile, '/x']);
  expect(words.slice(-5)).toEqual(['--unshare-all', '--share-net', '--bind', hostile, '/x']);
  expect(words[words.indexOf('-c') + 1]).toBe('ip link set lo up && exec -c -a bwrap "$0" "$@"');
  expect(() => inOwnNetwork('/usr/bin/bwrap', ['--bind', '/', '/'])).toThrow('everything unshared');
});
