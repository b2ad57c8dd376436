// From the name of an entry's file to an id that every version, settings file and command line takes.
import { createHash } from 'node:crypto';
import { type OfferId, offerIdSchema } from '../../contract/ids.ts';

const MAX_READABLE = 60;
const HASH_DIGITS = 12;

/**
 * The desktop file id itself where an id may be so; else what is plain of it with a digest of the whole, so that files whose names differ only in
 * what is not plain (`Größe`, `Grösse`) have ids of their own, the same ones at each start.
 */
export function toOfferId(desktopFileId: string): OfferId {
  const plain = offerIdSchema.safeParse(`app:${desktopFileId}`);
  if (plain.success) return plain.data;
  const readable = desktopFileId
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, MAX_READABLE)
    .replace(/-+$/, '');
  const digest = createHash('sha256').update(desktopFileId).digest('hex').slice(0, HASH_DIGITS);
  return offerIdSchema.parse(`app:${readable || 'entry'}@${digest}`);
}
