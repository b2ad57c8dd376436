import { expect, test } from 'vitest';
import { inOwnNetwork } from './network.ts';

test('whatever is in the arguments of bwrap stays a word of its own', () => {
  const hostile = '$(id); "x" `y`';
  const words = inOwnNetwork('/usr/bin/bwrap', ['--unshare-all', '--bind', hostile, '/x']);
  expect(words.slice(-5)).toEqual(['--unshare-all', '--share-net', '--bind', hostile, '/x']);
  expect(words[words.indexOf('-c') + 1]).toBe('ip link set lo up && exec -c -a bwrap "$0" "$@"');
  expect(() => inOwnNetwork('/usr/bin/bwrap', ['--bind', '/', '/'])).toThrow('everything unshared');
});
