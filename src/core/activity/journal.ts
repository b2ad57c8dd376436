// The files of the activity log: lines appended and synced, files of limited size and number, and the place where the chain begins and ends.
import { constants, mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { orDiskFull } from '../lib/disk-full.ts';
import { JsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { beginning, follows, type Link, readSeal, type SealedLine, splitLines } from './chain.ts';
import type { Extent } from './check.ts';

export interface Limits {
  readonly maxSegmentBytes: number;
  readonly maxSegments: number;
}

/** One file of the log, with lines from `firstSeq` on. */
export interface Segment {
  readonly path: string;
  readonly firstSeq: number;
}

/** What was found wrong when the log was opened. */
export type Finding =
  | { readonly kind: 'log-torn'; readonly sizeBytes: number; readonly keptAs: string | null }
  | { readonly kind: 'log-damaged'; readonly what: 'cut' | 'changed' | 'head'; readonly count: number };

export interface Journal {
  readonly findings: readonly Finding[];
  /** Lines that were written after the head was saved last. */
  readonly unsavedLines: readonly Buffer[];
  /** What was kept with the head, as it was then. */
  readonly kept: unknown;
  readonly anchor: Link;
  readonly last: Link;
  readonly segments: readonly Segment[];
  /**
   * Appends whole lines with one write and resolves when the disk has them. One call at a time.
   * @throws AppError `disk-full`, or the error of the file system; then nothing of them is there.
   */
  append(lines: readonly string[], last: Link, keep: unknown): Promise<void>;
  /** For the check. Not while `append` is under way. */
  measure(): Promise<Extent>;
  /** Resolves when the head is on the disk too. */
  close(): Promise<void>;
}

interface OpenSegment extends Segment {
  readonly number: number;
  firstSeq: number;
  /** Of the first line. */
  previous: string;
  sizeBytes: number;
}

const linkSchema = z.object({
  seq: z.number().int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
const headSchema = z.object({ anchor: linkSchema, last: linkSchema, kept: z.unknown() });
const namePattern = /^activity-(\d{6,9})\.jsonl$/;
/** What is read of the newest file at a start; a longer part only where the head was not saved for long. */
const TAIL_BYTES = 128 * 1024;
/** Enough for the beginning of a line, and for its whole length in all but strange cases. */
const FIRST_LINE_BYTES = 16 * 1024;

export async function openJournal(folder: string, limits: Limits, log: Log): Promise<Journal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const headPath = join(folder, 'head.json');
  const findings: Finding[] = [];
  const segments = await findSegments(folder);
  const hadHead = (await stat(headPath).catch(() => null)) !== null;
  const head = await JsonFile.open({
    path: headPath,
    schema: headSchema,
    initial: { anchor: beginning, last: beginning, kept: null },
    log,
  });
  let { anchor, last } = head.value;
  let kept = head.value.kept;
  const hasHead = (hadHead && head.problem === null) || segments.length === 0;
  // So that lines without a head are a sign of damage and never of a crash at the first start.
  if (!hadHead && segments.length === 0) await head.update((value) => value);

  const newest = segments.at(-1);
  if (newest !== undefined) {
    const torn = await cutTornLine(newest, folder);
    if (torn !== null) findings.push(torn);
  }
  // A crash came between saving the head and removing what it had let go.
  while (hasHead && segments[1]?.firstSeq === anchor.seq + 1 && segments[1].previous === anchor.hash) {
    await rm(segments[0]?.path ?? '', { force: true });
    segments.shift();
  }
  if (!hasHead) {
    anchor = segments[0] === undefined ? beginning : { seq: segments[0].firstSeq - 1, hash: segments[0].previous };
    findings.push({ kind: 'log-damaged', what: 'head', count: 0 });
  }
  const tail = await readTail(segments, hasHead ? last.seq : Number.POSITIVE_INFINITY);
  let mustBegin = tail.isDamaged;
  if (!hasHead) {
    last = tail.lines.at(-1) ?? anchor;
    kept = null;
  }
  const unsavedLines: Buffer[] = [];
  if (hasHead) {
    const atHead = tail.lines.find((line) => line.seq === last.seq);
    const newestSeq = tail.lines.at(-1)?.seq ?? anchor.seq;
    if (!tail.isDamaged && atHead === undefined && newestSeq < last.seq) {
      findings.push({ kind: 'log-damaged', what: 'cut', count: last.seq - newestSeq });
    } else if (atHead !== undefined && atHead.hash !== last.hash) {
      findings.push({ kind: 'log-damaged', what: 'changed', count: 1 });
      mustBegin = true;
    }
    for (const line of tail.lines) {
      if (line.seq <= last.seq) continue;
      if (!follows(line, last)) {
        mustBegin = true;
        break;
      }
      last = { seq: line.seq, hash: line.hash };
      unsavedLines.push(line.bytes);
    }
  }
  if (tail.isDamaged) findings.push({ kind: 'log-damaged', what: 'changed', count: 1 });

  let saving: Promise<void> | undefined;
  let isSaveDue = false;
  /** Right after the lines and not waited for: a crash in between leaves lines that the next start takes up. */
  function saveHead(): void {
    isSaveDue = true;
    saving ??= (async () => {
      while (isSaveDue) {
        isSaveDue = false;
        const value = { anchor, last, kept };
        await head
          .update(() => value)
          .catch((error) => log.warn({ error: String(error) }, 'the head of the activity log was not saved'));
      }
      saving = undefined;
    })();
  }

  async function beginSegment(firstSeq: number, previous: string): Promise<OpenSegment> {
    const number = (segments.at(-1)?.number ?? 0) + 1;
    const path = join(folder, `activity-${String(number).padStart(6, '0')}.jsonl`);
    const file = await open(path, 'wx', 0o600);
    await file.close();
    await syncFolder(folder);
    const segment: OpenSegment = { path, number, firstSeq, previous, sizeBytes: 0 };
    segments.push(segment);
    mustBegin = false;
    return segment;
  }

  async function dropOldest(): Promise<void> {
    while (segments.length > limits.maxSegments) {
      const [oldest, next] = segments;
      if (oldest === undefined || next === undefined) return;
      anchor = { seq: next.firstSeq - 1, hash: next.previous };
      segments.shift();
      // The head first: what it has let go is removed at the next start at the latest.
      saveHead();
      await saving;
      await rm(oldest.path, { force: true });
    }
  }

  async function append(lines: readonly string[], newLast: Link, keep: unknown): Promise<void> {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const firstSeq = newLast.seq - lines.length + 1;
    try {
      let segment = mustBegin ? undefined : segments.at(-1);
      if (segment !== undefined) {
        const sizeBytes = (await stat(segment.path).catch(() => null))?.size;
        // Somebody else wrote to it, or took it away: it stays as it is found, for the check to see.
        const isWhole = sizeBytes === segment.sizeBytes;
        const isFull = segment.sizeBytes > 0 && segment.sizeBytes + bytes.length > limits.maxSegmentBytes;
        if (!isWhole || isFull) segment = undefined;
      }
      segment ??= await beginSegment(firstSeq, last.hash);
      // An earlier try made the file and found no space for a line.
      if (segment.sizeBytes === 0) Object.assign(segment, { firstSeq, previous: last.hash });
      await appendBytes(segment, bytes, () => {
        mustBegin = true;
      });
    } catch (error) {
      throw orDiskFull(error, folder);
    }
    last = newLast;
    kept = keep;
    await dropOldest();
    saveHead();
  }

  return {
    findings,
    unsavedLines,
    // As the file had it; what `append` is given later is kept from then on.
    kept,
    get anchor() {
      return anchor;
    },
    get last() {
      return last;
    },
    get segments() {
      return segments;
    },
    append,
    measure: async () => ({
      anchor,
      last,
      segments: await Promise.all(
        segments.map(async ({ path }) => ({ path, sizeBytes: (await stat(path).catch(() => null))?.size ?? 0 })),
      ),
    }),
    close: async () => {
      await saving;
    },
  };
}

/** All of the bytes or none of them. */
async function appendBytes(segment: OpenSegment, bytes: Buffer, onLitter: () => void): Promise<void> {
  // Not created here: a file that vanished is told from a new one.
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

async function findSegments(folder: string): Promise<OpenSegment[]> {
  const names = (await readdir(folder)).filter((name) => namePattern.test(name));
  const numbered = names
    .map((name) => ({ path: join(folder, name), number: Number(namePattern.exec(name)?.[1]) }))
    .sort((a, b) => a.number - b.number);
  const found: OpenSegment[] = [];
  for (const { path, number } of numbered) {
    const { size } = await stat(path);
    const first = splitLines(await readPart(path, 0, Math.min(size, FIRST_LINE_BYTES))).lines[0];
    const line = first === undefined ? null : readSeal(first);
    // Of a file whose first line is damaged the neighbours tell enough.
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

/** Cuts off what follows the last line feed, and keeps it beside the log. */
async function cutTornLine(segment: OpenSegment, folder: string): Promise<Finding | null> {
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
  return { kind: 'log-torn', sizeBytes: tornBytes, keptAs: isKept ? keptAs : null };
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

interface TailLine extends SealedLine {
  readonly bytes: Buffer;
}

/** The lines at the end, back to the one with this number where it is there; up to the first that is damaged. */
async function readTail(
  segments: readonly OpenSegment[],
  backTo: number,
): Promise<{ readonly lines: readonly TailLine[]; readonly isDamaged: boolean }> {
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

function readWhole(all: readonly Buffer[]): { readonly lines: TailLine[]; readonly isDamaged: boolean } {
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

/** Makes a new file's name last. Not everywhere possible, and not needed for what it holds. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
