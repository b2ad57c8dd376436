// `ebp sessions`, `end` and `narrow`.
import { describe, expect, test } from 'vitest';
import { noPowers } from '../../contract/powers.ts';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';
import { getSession, uuidOf } from '../nouns.test-support.ts';

useCore();

describe('ebp sessions, end and narrow', () => {
  test('sessions', async () => {
    core.set('sessions', [getSession()]);
    expect((await ebp(['sessions'])).out).toMatch(/dddddddd +Calculator +using +Bob’s desktop +running +.* 1\.5 MB\n$/);
    expect(JSON.parse((await ebp(['sessions', '--json'])).out)[0].bytesToVisitor).toBe(1_500_000);
  });

  test('sessions of a peer that is not the one that it seems say so', async () => {
    core.set('sessions', [getSession({ isVerified: false, warning: 'name-of-another' })]);
    const label = 'Bob’s desktop (not verified, not the one that you know)';
    expect((await ebp(['sessions'])).out).toContain(label);
    expect((await ebp(['end'])).out).toBe(`Ended: Calculator, ${label}.\n`);
  });

  test('end', async () => {
    core.set('sessions', [getSession()]);
    expect((await ebp(['end', 'dddd'])).out).toBe('Ended: Calculator, Bob’s desktop.\n');
    expect((await ebp(['end', '--all'])).code).toBe(0);
    expect([called('sessions.end'), called('sessions.endAll')]).toEqual([[{ sessionId: uuidOf('dddddddd') }], [{}]]);
  });

  test('end needs no id when only one runs', async () => {
    expect(await ebp(['end'])).toMatchObject({ code: 1, error: 'Nothing is in use.\n' });
    expect(await ebp(['end', '--all'])).toMatchObject({ code: 0, out: 'Nothing is in use.\n' });
    core.set('sessions', [getSession(), getSession({ id: uuidOf('eeeeeeee'), state: 'ended' })]);
    expect((await ebp(['end'])).out).toBe('Ended: Calculator, Bob’s desktop.\n');
    core.set('sessions', [getSession(), getSession({ id: uuidOf('eeeeeeee') })]);
    expect((await ebp(['end'])).code).toBe(2);
    expect(called('sessions.end')).toEqual([{ sessionId: uuidOf('dddddddd') }]);
  });

  test('narrow', async () => {
    const powers = { ...noPowers, clipboardIn: true, files: true };
    // The session in which this computer is the visitor cannot be meant.
    core.set('sessions', [getSession({ id: uuidOf('eeeeeeee') }), getSession({ role: 'host', powers })]);
    const { code, out } = await ebp(['narrow', '--no-files', '--view-only']);
    expect([code, out]).toEqual([0, 'Calculator, Bob’s desktop: still allowed: clipboard in, view only.\n']);
    expect(called('sessions.narrow')).toEqual([
      { sessionId: uuidOf('dddddddd'), powers: { ...noPowers, clipboardIn: true, isViewOnly: true } },
    ]);
    expect(await ebp(['narrow', 'dddd', '--no-internet'])).toMatchObject({
      code: 2,
      error: expect.stringContaining('It may touch: clipboard in, files.'),
    });
    expect((await ebp(['narrow', 'eeee', '--view-only'])).code).toBe(1);
  });
});
