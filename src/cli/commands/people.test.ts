// `ebp block`, `unblock`, `rename` and `forget`.
import { describe, expect, test } from 'vitest';
import { called, ebp, useCore } from '../ebp.test-support.ts';
import { peerIdOf } from '../nouns.test-support.ts';

useCore();

describe('ebp block, unblock, rename and forget', () => {
  test.each([
    [['block', 'Carol'], 'peers.block', { peerId: peerIdOf('c'), isBlocked: true }],
    [['unblock', 'Carol'], 'peers.block', { peerId: peerIdOf('c'), isBlocked: false }],
    [['rename', 'Carol', 'Mum'], 'peers.rename', { peerId: peerIdOf('c'), name: 'Mum' }],
    [['rename', 'Carol'], 'peers.rename', { peerId: peerIdOf('c'), name: null }],
    [['forget', 'Carol'], 'peers.forget', { peerId: peerIdOf('c') }],
  ])('%o', async (args, method, input) => {
    expect((await ebp(args)).code).toBe(0);
    expect(JSON.parse((await ebp([...args, '--json'])).out).id).toBe(peerIdOf('c'));
    expect(called(method)[0]).toEqual(input);
    expect((await ebp([args[0] ?? '', 'nobody'])).code).toBe(1);
  });
});
