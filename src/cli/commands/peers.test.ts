// `ebp peers` and `ebp offers`.
import { describe, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { core, ebp, useCore } from '../ebp.test-support.ts';
import { getOffer, getPeer, peerIdOf } from '../nouns.test-support.ts';

useCore();

describe('ebp peers and offers', () => {
  test('align, and mark who is not verified', async () => {
    const { code, out } = await ebp(['peers']);
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 3)).toEqual([
      'NAME                  PRESENCE  ADDRESS            ID',
      `Bob’s desktop         online    192.168.0.7:20101  ${peerIdOf('b')}`,
      `Carol (not verified)  online    [fe80::1]:20101    ${peerIdOf('c')}`,
    ]);
  });

  test('let no name move the cursor, also in JSON', async () => {
    core.set('peers', [getPeer({ name: 'x\u001b[2J\u202e\u009by' })]);
    const plain = await ebp(['peers']);
    expect(plain.out).toContain('x [2J y ');
    const json = await ebp(['--json', 'peers']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    for (const { out } of [plain, json]) expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(JSON.parse(json.out)[0].name).toBe('x\u001b[2J\u202e\u009by');
  });

  test('say what to do when nobody is there', async () => {
    core.set('peers', []);
    expect((await ebp(['peers'])).out).toContain('ebp add ADDRESS');
    expect((await ebp(['peers', '--json'])).out).toBe('[]\n');
  });

  test('list one’s own applications', async () => {
    expect((await ebp(['offers'])).out.split('\n').slice(0, 3)).toEqual([
      'SHARED  NAME        ID         SUMMARY',
      'yes     Calculator  app:xcalc  Reckons',
      'no      Terminal    app:xterm  Reckons',
    ]);
  });

  test('show who sees an offer where it differs from the rest', async () => {
    const offers = [getOffer(), getOffer({ id: 'app:xterm', name: 'Terminal', audience: { who: 'verified' } })];
    core.set('offers', { offers, broken: [], leftOut: 0 });
    expect((await ebp(['offers'])).out.split('\n')).toEqual([
      'SHARED  SEEN BY                  NAME        ID         SUMMARY',
      'yes                              Calculator  app:xcalc  Reckons',
      'yes     verified computers only  Terminal    app:xterm  Reckons',
      'Where nothing stands under SEEN BY: everybody on the network.',
      '',
    ]);
  });

  test.each([
    ['Bob’s desktop'],
    ['bob’s DESKTOP'],
    [peerIdOf('b')],
    ['bbbb'],
    ['SHA256:bbbbb'],
    ['192.168.0.7'],
    ['192.168.0.7:20101'],
  ])('find a computer by %s', async (text) => {
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('b')]: [getOffer()] });
    const { code, out } = await ebp(['offers', text, '--json']);
    expect([code, JSON.parse(out)[0].name]).toEqual([0, 'Calculator']);
  });

  test('say that there are more than were told', async () => {
    core.set('peers', [getPeer({ isCatalogueCut: true })]);
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('b')]: [getOffer()] });
    expect((await ebp(['offers', 'bbbb'])).out).toContain(
      'Bob’s desktop shares more than 1; these are the first 1 by name.',
    );
  });

  test('say of what this version does not know that it needs a newer one', async () => {
    const hologram = getOffer({ id: 'hologram:x', kind: 'hologram', name: 'Globe', summary: 'Floats' });
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('b')]: [getOffer(), hologram] });
    const { out } = await ebp(['offers', 'bbbb']);
    expect(out).toMatch(/Globe +hologram:x +\(needs a newer version of eBrainPool\)\n/);
    expect(out).toMatch(/Calculator +app:xcalc +Reckons\n/);
    // The name of the command in version 0.1.
    expect((await ebp(['apps', 'bbbb'])).out).toBe(out);
  });

  test('find a computer by its IPv6 address', async () => {
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('c')]: [] });
    expect((await ebp(['offers', 'fe80::1'])).out).toBe('Carol shares nothing at the moment. Ask the person there.\n');
  });

  test('list the candidates when a name fits several', async () => {
    core.set('peers', [getPeer(), getPeer({ id: peerIdOf('c') })]);
    const { code, error } = await ebp(['offers', 'Bob’s desktop']);
    expect(code).toBe(2);
    expect(error).toContain(peerIdOf('b'));
    expect(error).toContain(peerIdOf('c'));
  });

  test('say when there is no such computer, and why one cannot be reached', async () => {
    expect(await ebp(['offers', 'Dora'])).toMatchObject({
      code: 1,
      error: 'The computer “Dora” does not exist, or not any more. “ebp peers” lists the computers.\n',
    });
    core.answers['peers.open'] = () => {
      throw new AppError('peer-unreachable');
    };
    expect((await ebp(['offers', 'Carol'])).error).toMatch(/^That computer cannot be reached/);
  });

  test('peers say who is blocked, renamed, and not who they seem', async () => {
    core.set('peers', [
      getPeer({ isBlocked: true, warning: 'address-of-another' }),
      getPeer({ id: peerIdOf('c'), name: 'Mum', claimedName: 'Laptop', isRenamed: true }),
    ]);
    const { out } = await ebp(['peers']);
    expect(out).toMatch(/Bob’s desktop \(not the one that you know\) +blocked/);
    expect(out).toContain('Bob’s desktop: its address was the one of another computer');
    expect(out).toContain('Mum calls itself Laptop.');
  });
});
