import { expect, test } from 'vitest';
import { type PeerId, peerIdSchema } from '../../../contract/ids.ts';
import { codeOf, commitmentTo, isCommitmentTo, makeNonce } from './comparison.ts';

const idOf = (letter: string): PeerId => peerIdSchema.parse(`SHA256:${letter.repeat(42)}A`);
const pair = { asking: idOf('a'), asked: idOf('b') };
const nonces = { asking: '11'.repeat(32), asked: '22'.repeat(32) };

test('a commitment is to one nonce, one pair of keys and one order of them', () => {
  const commitment = commitmentTo(pair, nonces.asking);
  expect(commitment).toMatch(/^[0-9a-f]{64}$/);
  expect(isCommitmentTo(commitment, pair, nonces.asking)).toBe(true);
  expect(isCommitmentTo(commitment, pair, nonces.asked)).toBe(false);
  expect(isCommitmentTo(commitment, { asking: pair.asked, asked: pair.asking }, nonces.asking)).toBe(false);
  expect(isCommitmentTo(commitment, { ...pair, asking: idOf('c') }, nonces.asking)).toBe(false);
  expect(isCommitmentTo(commitment.slice(2), pair, nonces.asking)).toBe(false);
  expect(isCommitmentTo('', pair, nonces.asking)).toBe(false);
});

test('a code has six digits, and depends on both keys, both nonces and the roles', () => {
  const code = codeOf(pair, nonces);
  expect(code).toMatch(/^\d{6}$/);
  expect(codeOf(pair, nonces)).toBe(code);
  const others = [
    codeOf({ asking: pair.asked, asked: pair.asking }, nonces),
    codeOf({ ...pair, asked: idOf('c') }, nonces),
    codeOf({ ...pair, asking: idOf('c') }, nonces),
    codeOf(pair, { ...nonces, asking: '33'.repeat(32) }),
    codeOf(pair, { ...nonces, asked: '33'.repeat(32) }),
    codeOf(pair, { asking: nonces.asked, asked: nonces.asking }),
  ];
  expect(others).not.toContain(code);
  // A commitment says nothing of the code.
  expect(commitmentTo(pair, nonces.asking)).not.toContain(code);
});

test('codes are spread evenly', () => {
  const firstDigits = new Array<number>(10).fill(0);
  const runs = 20_000;
  for (let run = 0; run < runs; run += 1) {
    const code = codeOf(pair, { asking: makeNonce(), asked: nonces.asked });
    firstDigits[Number(code[0])] = (firstDigits[Number(code[0])] ?? 0) + 1;
  }
  // Chi squared with nine degrees of freedom: above 40 once in 100,000 times.
  const expected = runs / 10;
  expect(firstDigits.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(40);
});

test('nonces are 32 bytes and never the same', () => {
  const made = Array.from({ length: 1000 }, makeNonce);
  expect(made.every((nonce) => /^[0-9a-f]{64}$/.test(nonce))).toBe(true);
  expect(new Set(made).size).toBe(1000);
});
