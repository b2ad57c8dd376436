// The log on the disk: lines appended and synced, files of limited size and number, and the head, which says where the chain begins and ends.
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { orDiskFull } from '../lib/disk-full.ts';
import { JsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { beginning, type Link } from './chain.ts';
import type { Extent } from './check.ts';
import { type Finding, takeUp } from './journal-start.ts';
import { appendBytes, createSegment, findSegments, isAsLeft, type OpenSegment, type Segment } from './segments.ts';

export interface Limits {
  readonly maxSegmentBytes: number;
  readonly maxSegments: number;
}

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
   * @throws AppError `disk-full`, or the error of the file system; then none of the lines was written.
   */
  append(lines: readonly string[], last: Link, keep: unknown): Promise<void>;
  /** For the check. Not while `append` is under way. */
  measure(): Promise<Extent>;
  /** Resolves when the head is on the disk too. */
  close(): Promise<void>;
}

const linkSchema = z.object({
  seq: z.number().int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
const headSchema = z.object({ anchor: linkSchema, last: linkSchema, kept: z.unknown() });

export async function openJournal(folder: string, limits: Limits, log: Log): Promise<Journal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const headPath = join(folder, 'head.json');
  const segments = await findSegments(folder);
  const hadHead = (await stat(headPath).catch(() => null)) !== null;
  const head = await JsonFile.open({
    path: headPath,
    schema: headSchema,
    initial: { anchor: beginning, last: beginning, kept: null },
    log,
  });
  // So that lines without a head are a sign of damage and never of a crash at the first start.
  if (!hadHead && segments.length === 0) await head.update((value) => value);
  const hasHead = (hadHead && head.problem === null) || segments.length === 0;
  const start = await takeUp(folder, segments, hasHead ? head.value : null);
  const { findings, unsavedLines } = start;
  let { anchor, last, kept, mustBegin } = start;

  let saving: Promise<void> | undefined;
  let isSaveDue = false;
  /** Called right after the lines and not awaited: after a crash in between the next start takes up the lines. */
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
    const segment = await createSegment(folder, segments.at(-1), { firstSeq, previous });
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
      // The head is saved first. If the removal fails, the next start does it.
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
        const isFull = segment.sizeBytes > 0 && segment.sizeBytes + bytes.length > limits.maxSegmentBytes;
        // A file that somebody else changed is left as it is, so that the check can show it.
        if (isFull || !(await isAsLeft(segment))) segment = undefined;
      }
      segment ??= await beginSegment(firstSeq, last.hash);
      // An earlier try made the file but had no space for a line.
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
    // As it was in the head's file. Each `append` replaces it.
    kept: start.kept,
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
