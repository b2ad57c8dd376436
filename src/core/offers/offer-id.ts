// From the name of a file to an id that every version, settings file and command line takes.
import { createHash } from 'node:crypto';
import { type OfferId, offerIdSchema } from '../../contract/ids.ts';
import type { KindName } from '../../contract/kinds.ts';

const MAX_READABLE = 60;
const HASH_DIGITS = 12;

/**
 * The name itself where it is a valid id; else its plain characters and a digest of the whole. So files whose names differ only in other
 * characters (`Größe`, `Grösse`) have different ids, the same ones at each start.
 */
export function toOfferId(kind: KindName, name: string): OfferId {
  const plain = offerIdSchema.safeParse(`${kind}:${name}`);
  if (plain.success) return plain.data;
  const readable = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, MAX_READABLE)
    .replace(/-+$/, '');
  const digest = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS);
  return offerIdSchema.parse(`${kind}:${readable || 'entry'}@${digest}`);
}
