// `ebp verify` and `ebp key`.
import decodeQR from 'qr/decode.js';
import { beforeEach, describe, expect, test } from 'vitest';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';
import { getComparison, getPeer, peerIdOf } from '../nouns.test-support.ts';

useCore();

describe('ebp verify', () => {
  const peerId = peerIdOf('c');
  beforeEach(() => {
    core.answers['comparisons.start'] = () => core.set('comparisons', [getComparison()]);
    core.answers['comparisons.answer'] = ({ peerId, isSame }) =>
      core.set('comparisons', [getComparison({ peerId, state: isSame ? 'verified' : 'different', code: null })]);
    core.answers['comparisons.cancel'] = () => core.set('comparisons', []);
  });

  test('begins, prints code and words, and answers what the person says', async () => {
    const { code, out } = await ebp(['verify', 'Carol'], undefined, 'y');
    expect(code).toBe(0);
    expect(out).toContain('Code:   001 002');
    expect(out).toContain('Words:  ability able');
    expect(out).toContain('Verified: Carol.');
    expect(called('comparisons.answer')).toEqual([{ peerId, code: '001002', isSame: true }]);
  });

  test('“no” is said to be different, and anything else answers nothing', async () => {
    const { code, error } = await ebp(['verify', 'Carol'], undefined, 'no');
    expect([code, error]).toEqual([1, expect.stringContaining('Somebody may be between you and Carol')]);
    core.calls.length = 0;
    expect((await ebp(['verify', 'Carol'], undefined, '')).out).toContain(`ebp verify ${peerId} --same`);
    expect(called('comparisons.answer')).toEqual([]);
  });

  test('takes the answer in a second call, from either side', async () => {
    core.set('comparisons', [getComparison({ role: 'asked', peerId: peerIdOf('d'), peerName: 'Dave' })]);
    expect((await ebp(['verify', '--same'])).code).toBe(0);
    expect(called('comparisons.answer')).toEqual([{ peerId: peerIdOf('d'), code: '001002', isSame: true }]);
    core.set('comparisons', []);
    expect(await ebp(['verify', 'Carol', '--same'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('No code is being compared.'),
    });
    expect((await ebp(['verify', '--same', '--different'])).code).toBe(2);
  });

  test('--key trusts a key, and no other peer’s', async () => {
    core.answers['peers.verifyKey'] = () => ({ peerId });
    core.set('peers', [getPeer(), getPeer({ id: peerId, name: 'Carol' })]);
    expect((await ebp(['verify', 'Carol', '--key', `ebrainpool:${peerId}`])).out).toContain('Verified: Carol.');
    core.calls.length = 0;
    const { code, error } = await ebp(['verify', 'Carol', '--key', `ebrainpool:${peerIdOf('d')}`]);
    expect([code, error]).toEqual([1, expect.stringContaining('This key is not the one of Carol.')]);
    expect(called('peers.verifyKey')).toEqual([]);
    await ebp(['verify', 'Carol', '--undo']);
    expect(called('peers.unverify')).toEqual([{ peerId }]);
  });

  test.each([[['Carol']], [[]]])('--key refuses what is none, in words of the person, for %j', async (who) => {
    const { code, error } = await ebp(['verify', ...who, '--key', 'abc']);
    expect([code, error]).toEqual([1, expect.stringContaining('This is not a key of eBrainPool. It begins with')]);
    expect(called('peers.verifyKey')).toEqual([]);
  });

  test('ebp key prints a code that can be scanned, and the same as text', async () => {
    const { out } = await ebp(['key']);
    const text = `ebrainpool:${peerIdOf('a')}`;
    expect(out).toContain(`\n${text}\n`);
    // Two rows of squares in each line: a full block is light.
    const lines = out.slice(0, out.indexOf(text)).trimEnd().split('\n');
    const rows = lines.flatMap((line) => [
      [...line].map((square) => square === ' ' || square === '▄'),
      [...line].map((square) => square === ' ' || square === '▀'),
    ]);
    const [scale, width] = [4, rows[0]?.length ?? 0];
    const size = { width: width * scale, height: rows.length * scale };
    const data = new Uint8ClampedArray(size.width * size.height * 4).fill(255);
    for (let y = 0; y < size.height; y += 1) {
      for (let x = 0; x < size.width; x += 1) {
        if (rows[Math.floor(y / scale)]?.[Math.floor(x / scale)])
          data.fill(0, (y * size.width + x) * 4, (y * size.width + x) * 4 + 3);
      }
    }
    expect(decodeQR({ ...size, data })).toBe(text);
    expect(JSON.parse((await ebp(['key', '--json'])).out)).toEqual({ id: peerIdOf('a'), keyText: text });
  });
});
