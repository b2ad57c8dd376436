// `ebp requests`, `accept` and `deny`.
import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { noPowers } from '../../contract/powers.ts';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';
import { getRequest, uuidOf } from '../nouns.test-support.ts';

useCore();

describe('ebp requests, accept and deny', () => {
  beforeEach(() => {
    core.set('requests', [
      getRequest(),
      getRequest({ id: uuidOf('aaaabbbb'), askedAt: 2, peerName: 'Carol', isVerified: false }),
    ]);
  });

  test('list', async () => {
    const { out } = await ebp(['requests']);
    expect(out).toMatch(
      /^ID +WHO +WHAT +VIEW +MAY TOUCH +ANSWER WITHIN\naaaaaaaa +Bob’s desktop +Calculator +viewer +clipboard in, clipboard out +(60|59) sec\n/,
    );
  });

  test.each([
    [['accept', 'aaaaaaaa'], { requestId: uuidOf('aaaaaaaa'), answer: 'allow', lasts: 'once' }],
    [['accept', 'AAAAB', '--always'], { requestId: uuidOf('aaaabbbb'), answer: 'allow', lasts: 'always' }],
    [['accept', '--latest'], { requestId: uuidOf('aaaabbbb'), answer: 'allow', lasts: 'once' }],
    [['deny', uuidOf('aaaaaaaa')], { requestId: uuidOf('aaaaaaaa'), answer: 'deny', lasts: 'once' }],
  ])('%o', async (args, input) => {
    expect((await ebp(args)).code).toBe(0);
    expect(called('requests.answer')).toEqual([input]);
  });

  const both = { clipboardIn: true, clipboardOut: true };
  test.each([
    [['--until-quit'], { lasts: 'until-quit' }],
    [['--for', '90'], { lasts: 'time', minutes: 90 }],
    [['--no-clipboard-in'], { lasts: 'once', powers: { ...noPowers, clipboardOut: true } }],
    [['--no-internet'], { lasts: 'once' }],
    [
      ['--always', '--view-only', '--time-limit', '15'],
      { lasts: 'always', powers: { ...noPowers, ...both, isViewOnly: true, timeLimitMin: 15 } },
    ],
  ])('accept %o', async (args, more) => {
    expect((await ebp(['accept', 'aaaaaaaa', ...args])).code).toBe(0);
    expect(called('requests.answer')).toEqual([{ requestId: uuidOf('aaaaaaaa'), answer: 'allow', ...more }]);
  });

  test('accept gives no more than was asked for', async () => {
    core.set('requests', [getRequest({ powers: { ...noPowers, isViewOnly: true, timeLimitMin: 10 } })]);
    expect((await ebp(['accept', '--time-limit', '60', '--no-files'])).code).toBe(0);
    expect(called('requests.answer')).toEqual([{ requestId: uuidOf('aaaaaaaa'), answer: 'allow', lasts: 'once' }]);
  });

  test('deny --always, and what cannot be kept', async () => {
    const { out } = await ebp(['deny', 'aaaaaaaa', '--always']);
    expect(out).toContain('you are not asked for Calculator by it again');
    expect(called('requests.answer')).toEqual([{ requestId: uuidOf('aaaaaaaa'), answer: 'deny', lasts: 'always' }]);
    core.answers['requests.answer'] = () => {
      throw new AppError('not-verified');
    };
    expect(await ebp(['accept', 'aaaab', '--always'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('This is for verified computers only.'),
    });
  });

  test.each([[['--for', '0']], [['--for', '1.5']], [['--time-limit', '']], [['--always', '--until-quit']]])(
    'accept refuses %o',
    async (args) => {
      expect((await ebp(['accept', 'aaaaaaaa', ...args])).code).toBe(2);
      expect(called('requests.answer')).toEqual([]);
    },
  );

  test.each([['9'], ['aaaaaaaa']])('where nothing waits, that is what is said to accept %s', async (id) => {
    core.set('requests', []);
    expect(await ebp(['accept', id])).toMatchObject({ code: 1, error: expect.stringMatching(/^No request waits/) });
    expect(await ebp(['deny', id])).toMatchObject({ code: 1, error: expect.stringMatching(/^No request waits/) });
  });

  test('requests say what does not fit', async () => {
    core.set('requests', [getRequest({ warning: 'name-of-another', ruleNote: 'changed', isVerified: false })]);
    const { out } = await ebp(['requests']);
    expect(out).toContain('aaaaaaaa: you know another computer by the name Bob’s desktop');
    expect(out).toContain('aaaaaaaa: there is a rule, but what would run has changed');
  });

  test('answer nothing when it is not clear what', async () => {
    expect((await ebp(['accept', 'aaaa'])).error).toContain(uuidOf('aaaabbbb'));
    expect((await ebp(['accept', 'aaa'])).code).toBe(2);
    expect((await ebp(['accept', ''])).code).toBe(2);
    expect((await ebp(['deny', 'ffff'])).code).toBe(1);
    core.set('requests', []);
    for (const args of [['accept'], ['deny'], ['accept', '--latest'], ['deny', '--latest']]) {
      expect(await ebp(args)).toMatchObject({ code: 1, error: 'No request waits for an answer.\n' });
    }
    expect(called('requests.answer')).toEqual([]);
  });

  test('need no id when only one waits', async () => {
    expect((await ebp(['accept'])).code).toBe(2);
    core.set('requests', [getRequest()]);
    expect((await ebp(['accept'])).code).toBe(0);
    expect((await ebp(['deny'])).code).toBe(0);
    expect(called('requests.answer')).toEqual([
      { requestId: uuidOf('aaaaaaaa'), answer: 'allow', lasts: 'once' },
      { requestId: uuidOf('aaaaaaaa'), answer: 'deny', lasts: 'once' },
    ]);
  });
});
