// The arithmetic of comparing a code: a commitment, and six digits out of both keys and both nonces (as in Bluetooth's
// numeric comparison, Core Specification 5.4 Vol 2 Part H 7.2.1, and in ZRTP, RFC 6189 section 4.4.1).
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PeerId } from '../../../contract/ids.ts';

/** The two keys in the order of their roles: whoever began comes first. */
export interface Pair {
  readonly asking: PeerId;
  readonly asked: PeerId;
}

const NONCE_BYTES = 32;
const CODES = 1_000_000;

/** 32 random bytes, in hex. */
export function makeNonce(): string {
  return randomBytes(NONCE_BYTES).toString('hex');
}

/** Binds whoever begins to a nonce before it knows the other one: without it, it could look for a nonce that gives a code of its choice. */
export function commitmentTo(pair: Pair, nonce: string): string {
  return digest('commitment', pair, [nonce]).toString('hex');
}

export function isCommitmentTo(commitment: string, pair: Pair, nonce: string): boolean {
  const expected = Buffer.from(commitmentTo(pair, nonce), 'hex');
  const given = Buffer.from(commitment, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Six digits. 48 bits are reduced to them, so that no code is likelier than another by more than one in 10^8. */
export function codeOf(pair: Pair, nonces: { readonly asking: string; readonly asked: string }): string {
  const number = digest('code', pair, [nonces.asking, nonces.asked]).readUIntBE(0, 6) % CODES;
  return String(number).padStart(6, '0');
}

/** Every field has a fixed length, so no two inputs are written alike. Security: the label keeps the digests of other things apart. */
function digest(label: 'commitment' | 'code', { asking, asked }: Pair, nonces: readonly string[]): Buffer {
  return createHash('sha256')
    .update(['ebrainpool comparison 1', label, asking, asked, ...nonces].join('\n'))
    .digest();
}
