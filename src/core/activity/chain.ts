// The chain of hashes in the activity log: how a line is sealed, and whether its bytes are what was sealed.
import { createHash } from 'node:crypto';
import type { ActivityEntry } from '../../contract/activity.ts';

/** A place in the chain: the number and the hash of a line. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first line. */
export const beginning: Link = { seq: 0, hash: '0'.repeat(64) };

export type Unsealed = Omit<ActivityEntry, 'seq' | 'previous' | 'hash'>;

const HASH_LENGTH = 64;
/** `,"hash":"…"}`: always the end of a line, so that everything before it is what was hashed, byte for byte. */
const TAIL_LENGTH = ',"hash":""}'.length + HASH_LENGTH;
const PREVIOUS_LENGTH = ',"previous":""'.length + HASH_LENGTH;
const tailPattern = /^,"previous":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/;
const headPattern = /^\{"seq":([1-9]\d{0,15}),/;
/** Enough for `headPattern`. */
const HEAD_LENGTH = 24;

/** The line after `last`, without its line feed. */
export function sealLine(last: Link, entry: Unsealed): { readonly line: string; readonly link: Link } {
  const seq = last.seq + 1;
  const body = JSON.stringify({ seq, ...entry, previous: last.hash });
  const hash = createHash('sha256').update(body).digest('hex');
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, link: { seq, hash } };
}

/** Seals several lines after `last`, each linked to the one before it. */
export function sealLines(
  last: Link,
  entries: readonly Unsealed[],
): { readonly lines: readonly string[]; readonly last: Link } {
  let link = last;
  const lines = entries.map((entry) => {
    const sealed = sealLine(link, entry);
    link = sealed.link;
    return sealed.line;
  });
  return { lines, last: link };
}

export interface SealedLine extends Link {
  readonly previous: string;
}

/** A line's own place in the chain; null when its bytes are not what was sealed. */
export function readSeal(line: Buffer): SealedLine | null {
  const head = headPattern.exec(line.toString('latin1', 0, HEAD_LENGTH));
  const tail = tailPattern.exec(line.toString('latin1', Math.max(0, line.length - TAIL_LENGTH - PREVIOUS_LENGTH)));
  if (head?.[1] === undefined || tail?.[1] === undefined || tail[2] === undefined) return null;
  // Security: hashes the bytes and not decoded text, where different damaged bytes would look the same.
  const hash = createHash('sha256')
    .update(line.subarray(0, line.length - TAIL_LENGTH))
    .update('}')
    .digest('hex');
  return hash === tail[2] ? { seq: Number(head[1]), hash, previous: tail[1] } : null;
}

/** Whether the line comes right after this place. */
export function follows(line: SealedLine, last: Link): boolean {
  return line.seq === last.seq + 1 && line.previous === last.hash;
}

/** The lines of a file or of a part of one, and what follows the last line feed. */
export function splitLines(bytes: Buffer): { readonly lines: readonly Buffer[]; readonly rest: Buffer } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.subarray(start) };
}
