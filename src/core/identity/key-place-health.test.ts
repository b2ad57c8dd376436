import { expect, test } from 'vitest';
import { describeKeyPlace } from './key-place-health.ts';

test.each([
  [{ kind: 'store', store: 'KWallet' }, 'ok', { store: 'KWallet' }],
  // Where nothing can be done about it, there is nothing to warn of.
  [{ kind: 'file', why: 'no-store' }, 'ok', { context: 'browser' }],
  [{ kind: 'file', why: 'chosen' }, 'ok', { context: 'chosen' }],
  [{ kind: 'file', why: 'linked' }, 'ok', { context: 'linked' }],
  [{ kind: 'file', why: 'no-system-store' }, 'warning', {}],
  [{ kind: 'file', why: 'failed' }, 'warning', { context: 'failed' }],
] as const)('a key that lies in %j is %s', (place, level, params) => {
  expect(describeKeyPlace(place)).toEqual({ id: 'secrets', level, params, command: null });
});
