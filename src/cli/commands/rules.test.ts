// `ebp rules`.
import { describe, expect, test } from 'vitest';
import { noPowers } from '../../contract/powers.ts';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';
import { getRule, peerIdOf, uuidOf } from '../nouns.test-support.ts';

useCore();

describe('ebp rules', () => {
  test('rules', async () => {
    expect((await ebp(['rules'])).out).toContain('no standing answers');
    core.set('rules', [
      getRule({ powers: { ...noPowers, files: true, timeLimitMin: 15 } }),
      getRule({ id: uuidOf('eeeeeeee'), answer: 'deny', isUntilQuit: true, peerId: peerIdOf('d') }),
    ]);
    const { out } = await ebp(['rules']);
    expect(out).toMatch(/^ffffffff +Bob’s desktop +Calculator +allow +files, 15 min +always +Jan/m);
    expect(out).toMatch(/^eeeeeeee +Bob’s old name \(not verified\) +Calculator +deny +quit +Jan/m);
    expect(JSON.parse((await ebp(['rules', '--json'])).out)).toHaveLength(2);
  });

  test('rules remove', async () => {
    core.set('rules', [getRule()]);
    expect((await ebp(['rules', 'remove', 'ffff'])).out).toMatch(/^Removed: /);
    expect(JSON.parse((await ebp(['rules', 'remove', 'ffff', '--json'])).out).id).toBe(uuidOf('ffffffff'));
    expect(called('rules.remove')[0]).toEqual({ ruleId: uuidOf('ffffffff') });
    expect(await ebp(['rules', 'remove', 'abcdef'])).toMatchObject({
      code: 1,
      error: 'The rule “abcdef” does not exist, or not any more. “ebp rules” lists the rules.\n',
    });
    expect((await ebp(['rules', 'remove'])).code).toBe(2);
  });
});
