// `ebp share`, `unshare`, `dnd`, `pause` and `resume`.
import { describe, expect, test } from 'vitest';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';
import { getOffer, peerIdOf } from '../nouns.test-support.ts';

useCore();

describe('ebp share, unshare, dnd, pause and resume', () => {
  test('share --to', async () => {
    expect((await ebp(['share', 'xcalc', '--to', 'verified'])).out).toBe(
      'Shared: Calculator.\nSeen by: verified computers only.\n',
    );
    expect((await ebp(['share', 'xcalc', '--to', 'Carol, bbbb'])).out).toContain('Seen by: 2 chosen computers.');
    expect((await ebp(['share', 'app:xcalc', '--to', 'default'])).code).toBe(0);
    expect((await ebp(['share', '--to', 'everybody'])).code).toBe(0);
    const offerIds = ['app:xcalc'];
    // Only the entries that change: the core keeps all others as they are then.
    expect(called('offers.setAudience')).toEqual([
      { offerIds, audience: { who: 'verified' } },
      { offerIds, audience: { who: 'chosen', peerIds: [peerIdOf('c'), peerIdOf('b')] } },
      { offerIds, audience: null },
    ]);
    expect(called('settings.update')).toEqual([{ audience: { who: 'everybody' } }]);
    expect(called('offers.share')).toHaveLength(3);
    // What is hidden from somebody is hidden before it is shared.
    expect(core.calls.findIndex(({ method }) => method === 'offers.setAudience')).toBeLessThan(
      core.calls.findIndex(({ method }) => method === 'offers.share'),
    );
    expect((await ebp(['share', 'xcalc', '--to', 'nobody here'])).code).toBe(1);
    expect((await ebp(['share', '--to', 'default'])).code).toBe(2);
    expect([...called('offers.setAudience'), ...called('settings.update')]).toHaveLength(4);
  });

  test.each([
    ['everybody', 'verified', 'verified computers only', 'everybody on the network'],
    ['verified', 'everybody', 'everybody on the network', 'verified computers only'],
  ])('an application for %s is an exception when the rest is for %s', async (own, rest, sayRest, sayOwn) => {
    const mousepad = getOffer({ id: 'app:mousepad', name: 'Mousepad', audience: { who: own } });
    const offers = [
      mousepad,
      getOffer({ audience: { who: rest } }),
      getOffer({ id: 'app:xterm', name: 'Terminal', isShared: false, audience: { who: 'chosen', peerIds: [] } }),
    ];
    core.set('offers', { offers, broken: [], leftOut: 0 });
    const exception = `Except: Mousepad, seen by ${sayOwn}. To make it like the rest: ebp share app:mousepad --to default\n`;
    expect((await ebp(['share', '--to', rest])).out).toBe(`Seen by: ${sayRest}.\n${exception}`);
    expect((await ebp(['share', '--all', '--to', rest])).out).toBe(
      `Every application is shared.\nSeen by: ${sayRest}.\n${exception}` +
        'Except: Terminal, seen by nobody. To make it like the rest: ebp share app:xterm --to default\n',
    );
    // Also where it is not said who sees the rest: that stays as it is.
    core.set('settings', { ...core.get('settings'), audience: { who: rest } as never });
    expect((await ebp(['share', '--all'])).out).toBe(
      `Every application is shared.\nSeen by: ${sayRest}.\n${exception}` +
        'Except: Terminal, seen by nobody. To make it like the rest: ebp share app:xterm --to default\n',
    );
    expect(JSON.parse((await ebp(['share', '--to', rest, '--json'])).out)).toMatchObject({
      exceptions: [{ offerId: 'app:mousepad', audience: { who: own } }],
    });
  });

  test('own-sandbox says what it means', async () => {
    expect((await ebp(['own-sandbox', 'on', 'xcalc'])).out).toMatch(
      /^May build a sandbox of its own: Calculator\. .*a flaw in them could let it out of its container/,
    );
    expect((await ebp(['own-sandbox', 'off', 'xcalc'])).out).toBe('May not build a sandbox of its own: Calculator.\n');
    expect((await ebp(['own-sandbox', 'on'])).code).toBe(2);
    expect(await ebp(['own-sandbox', 'perhaps', 'xcalc'])).toMatchObject({
      code: 2,
      error: 'Say on or off, not “perhaps”.\n',
    });
    const offerIds = ['app:xcalc'];
    expect(called('offers.allowOwnSandbox')).toEqual([
      { offerIds, isAllowed: true },
      { offerIds, isAllowed: false },
    ]);
  });

  test('dnd', async () => {
    expect((await ebp(['dnd', 'on'])).out).toBe('Do not disturb is on: nobody can ask you anything.\n');
    expect((await ebp(['dnd', 'off'])).out).toBe('Do not disturb is off.\n');
    expect(await ebp(['dnd', 'perhaps'])).toMatchObject({
      code: 2,
      error: 'Say on or off, not “perhaps”.\n',
    });
    expect(called('settings.update')).toEqual([{ isDoNotDisturb: true }, { isDoNotDisturb: false }]);
    core.set('settings', { ...core.get('settings'), isDoNotDisturb: true });
    expect(JSON.parse((await ebp(['dnd', '--json'])).out)).toMatchObject({ isDoNotDisturb: true, isQuiet: true });
    expect((await ebp(['status'])).out).toContain('Do not disturb is on');
  });

  test('share and unshare', async () => {
    expect((await ebp(['share', 'terminal', 'app:xcalc'])).out).toBe('Shared: Terminal and Calculator.\n');
    expect((await ebp(['unshare', '--all'])).code).toBe(0);
    expect((await ebp(['share', 'xcalc', 'nothing'])).code).toBe(1);
    expect(called('offers.share')).toEqual([
      { offerIds: ['app:xterm', 'app:xcalc'], isShared: true },
      { offerIds: 'all', isShared: false },
    ]);
  });

  test.each([['share'], ['unshare']])('%s takes names or --all', async (command) => {
    const { code, error } = await ebp([command, '--all', 'xcalc']);
    expect([code, error]).toEqual([2, expect.stringContaining('Give names or --all, not both.')]);
    expect(core.calls.filter(({ method }) => method.startsWith('offers.'))).toEqual([]);
  });

  test('pause and resume', async () => {
    await ebp(['pause']);
    await ebp(['resume']);
    expect(called('settings.update')).toEqual([{ isPaused: true }, { isPaused: false }]);
  });
});
