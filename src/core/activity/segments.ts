// The files of the activity log: found, read from their end, mended where a line was cut through, and appended to.
import { constants, open, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { beginning, readSeal, type SealedLine, splitLines } from './chain.ts';

/** One file of the log, with lines from `firstSeq` on. */
export interface Segment {
  readonly path: string;
  readonly firstSeq: number;
}

export interface OpenSegment extends Segment {
  readonly number: number;
  firstSeq: number;
  /** Of the first line. */
  previous: string;
  sizeBytes: number;
}

const namePattern = /^activity-(\d{6,9})\.jsonl$/;
/** How much of the newest file a start reads. It reads more only if the head was not saved for long. */
const TAIL_BYTES = 128 * 1024;
/** Enough for the whole first line in all but strange cases. */
const FIRST_LINE_BYTES = 16 * 1024;

/** A new file, the next in number. */
export async function createSegment(
  folder: string,
  after: OpenSegment | undefined,
  begin: { readonly firstSeq: number; readonly previous: string },
): Promise<OpenSegment> {
  const number = (after?.number ?? 0) + 1;
  const path = join(folder, `activity-${String(number).padStart(6, '0')}.jsonl`);
  const file = await open(path, 'wx', 0o600);
  await file.close();
  await syncFolder(folder);
  return { path, number, ...begin, sizeBytes: 0 };
}

/** Whether it still has the size that this log left: somebody else may have written to it or removed it. */
export async function isAsLeft({ path, sizeBytes }: OpenSegment): Promise<boolean> {
  return (await stat(path).catch(() => null))?.size === sizeBytes;
}

/** All of the bytes or none of them. */
export async function appendBytes(segment: OpenSegment, bytes: Buffer, onLitter: () => void): Promise<void> {
  // Without O_CREAT, so that a file that vanished is an error and not begun anew.
  const file = await open(segment.path, constants.O_WRONLY | constants.O_APPEND);
  try {
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten < bytes.length) throw Object.assign(new Error('disk full'), { code: 'ENOSPC' });
    await file.datasync();
    segment.sizeBytes += bytes.length;
  } catch (error) {
    await file.truncate(segment.sizeBytes).catch(onLitter);
    throw error;
  } finally {
    await file.close();
  }
}

export async function findSegments(folder: string): Promise<OpenSegment[]> {
  const names = (await readdir(folder)).filter((name) => namePattern.test(name));
  const numbered = names
    .map((name) => ({ path: join(folder, name), number: Number(namePattern.exec(name)?.[1]) }))
    .sort((a, b) => a.number - b.number);
  const found: OpenSegment[] = [];
  for (const { path, number } of numbered) {
    const { size } = await stat(path);
    const first = splitLines(await readPart(path, 0, Math.min(size, FIRST_LINE_BYTES))).lines[0];
    const line = first === undefined ? null : readSeal(first);
    // If the first line is damaged, a guess from the previous file is good enough.
    const before = found.at(-1);
    found.push({
      path,
      number,
      firstSeq: line?.seq ?? (before?.firstSeq ?? 0) + 1,
      previous: line?.previous ?? beginning.hash,
      sizeBytes: size,
    });
  }
  return found;
}

/** What was cut off. */
export interface Torn {
  readonly sizeBytes: number;
  /** Null where it could not be kept. */
  readonly keptAs: string | null;
}

/** Cuts off what follows the last line feed, and keeps it beside the log. */
export async function cutTornLine(segment: OpenSegment, folder: string): Promise<Torn | null> {
  const { sizeBytes } = segment;
  const start = Math.max(0, sizeBytes - TAIL_BYTES);
  const tail = await readPart(segment.path, start, sizeBytes - start);
  const wholeLength = start + tail.lastIndexOf(10) + 1;
  const tornBytes = sizeBytes - wholeLength;
  if (tornBytes === 0) return null;
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace(/\..*/, '');
  const keptAs = `torn-${String(segment.number).padStart(6, '0')}-${stamp}`;
  // On a full disk it cannot be kept; the log must go on all the same.
  const isKept = await keepPart(segment.path, wholeLength, tornBytes, join(folder, keptAs)).catch(() => false);
  await truncate(segment.path, wholeLength);
  segment.sizeBytes = wholeLength;
  return { sizeBytes: tornBytes, keptAs: isKept ? keptAs : null };
}

async function keepPart(path: string, start: number, length: number, as: string): Promise<boolean> {
  const part = await readPart(path, start, length);
  const file = await open(as, 'wx', 0o600);
  try {
    await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  return true;
}

export interface TailLine extends SealedLine {
  readonly bytes: Buffer;
}

/** The sound lines, up to the first damaged one. */
export interface Tail {
  readonly lines: readonly TailLine[];
  readonly isDamaged: boolean;
}

/** The lines at the end, back to the one with this number where it is there; up to the first that is damaged. */
export async function readTail(segments: readonly OpenSegment[], backTo: number): Promise<Tail> {
  let lines: TailLine[] = [];
  let isDamaged = false;
  for (const segment of segments.toReversed()) {
    const { sizeBytes, path } = segment;
    for (const start of sizeBytes > TAIL_BYTES ? [sizeBytes - TAIL_BYTES, 0] : [0]) {
      const { lines: all } = splitLines(await readPart(path, start, sizeBytes - start));
      const read = readWhole(start === 0 ? all : all.slice(1));
      const isEnough = (read.lines[0]?.seq ?? Number.POSITIVE_INFINITY) <= backTo;
      if (!isEnough && start > 0) continue;
      lines = [...read.lines, ...(read.isDamaged ? [] : lines)];
      isDamaged ||= read.isDamaged;
      break;
    }
    if (isDamaged || (lines[0]?.seq ?? Number.POSITIVE_INFINITY) <= backTo) break;
  }
  return { lines, isDamaged };
}

function readWhole(all: readonly Buffer[]): Tail {
  const lines: TailLine[] = [];
  for (const bytes of all) {
    const line = readSeal(bytes);
    if (line === null) return { lines, isDamaged: true };
    lines.push({ ...line, bytes });
  }
  return { lines, isDamaged: false };
}

async function readPart(path: string, start: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Makes a new file's name survive a power cut. Some file systems cannot do that, and the contents do not depend on it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
