// Follows the chain of hashes through the files of the activity log, and says where it breaks first.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { ActivityCheck } from '../../contract/activity.ts';
import { follows, type Link, readSeal, type SealedLine, splitLines } from './chain.ts';

/** What the log should be: the place before its first line, its last line, and its files in order. */
export interface Extent {
  readonly anchor: Link;
  readonly last: Link;
  readonly segments: readonly { readonly path: string; readonly sizeBytes: number }[];
}

/** Checks every line. `extent` was taken while nothing was being written; what is written meanwhile is not looked at. */
export async function checkChain(extent: Extent): Promise<ActivityCheck> {
  let place = extent.anchor;
  let at = { file: '', line: 0 };
  for (const [index, { path, sizeBytes }] of extent.segments.entries()) {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      // The next file's first line shows that this one is missing.
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const { lines, rest } = splitLines(bytes.subarray(0, sizeBytes));
    at = { file: basename(path), line: 0 };
    for (const bytesOfLine of lines) {
      at = { ...at, line: at.line + 1 };
      const line = readSeal(bytesOfLine);
      if (line === null) return { isSound: false, ...at, what: 'changed' };
      if (!follows(line, place)) {
        const later = async () => isLater(place.seq + 1, extent, index);
        return { isSound: false, ...at, what: await nameBreak(line, place, later) };
      }
      place = line;
    }
    at = { ...at, line: at.line + 1 };
    if (rest.length > 0) return { isSound: false, ...at, what: 'truncated' };
    // A large log must not hold up everything else.
    await breathe();
  }
  if (place.seq < extent.last.seq) return { isSound: false, ...at, what: 'truncated' };
  if (place.seq !== extent.last.seq || place.hash !== extent.last.hash) {
    return { isSound: false, file: at.file, line: Math.max(0, at.line - 1), what: 'changed' };
  }
  return { isSound: true, count: place.seq - extent.anchor.seq, lastSeq: place.seq, lastHash: place.hash };
}

type What = Extract<ActivityCheck, { isSound: false }>['what'];

async function nameBreak(line: SealedLine, place: Link, isMissingLater: () => Promise<boolean>): Promise<What> {
  if (line.seq <= place.seq) return 'repeated';
  if (line.seq === place.seq + 1) return 'changed';
  return (await isMissingLater()) ? 'reordered' : 'removed';
}

/** Whether the line that should come next stands somewhere further on. */
async function isLater(seq: number, { segments }: Extent, from: number): Promise<boolean> {
  for (const { path } of segments.slice(from)) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (splitLines(bytes).lines.some((line) => readSeal(line)?.seq === seq)) return true;
    await breathe();
  }
  return false;
}
