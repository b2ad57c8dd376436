// Reads the log: page by page for the window, the newest first, and part by part for an export, the oldest first.
import { readFile } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import type { ActivityEntry, ActivityFilter, ActivityFormat } from '../../contract/activity.ts';
import { splitLines } from './chain.ts';
import { csvHeader, toCsvLine } from './csv.ts';
import { createMatcher, isEverything, parseEntry } from './query.ts';
import type { Segment } from './segments.ts';

export type ReadQuery = ActivityFilter & { readonly beforeSeq?: number | undefined; readonly limit: number };
export type ExportQuery = ActivityFilter & { readonly format: ActivityFormat; readonly afterSeq: number };

export interface Page {
  readonly entries: ActivityEntry[];
  readonly total: number;
}

export interface ExportPart {
  readonly text: string;
  /** Null after the last. */
  readonly nextAfterSeq: number | null;
}

/** About the length of one part of an export. */
const PART_CHARACTERS = 512 * 1024;

/** @param count of all lines of the log, which need not be counted again */
export async function readEntries(
  segments: readonly Segment[],
  { beforeSeq, limit, ...filter }: ReadQuery,
  count: number,
): Promise<Page> {
  const matches = createMatcher(filter);
  const countsAll = !isEverything(filter);
  const entries: ActivityEntry[] = [];
  let total = 0;
  for (const segment of segments.toReversed()) {
    if (!countsAll && (entries.length >= limit || segment.firstSeq >= (beforeSeq ?? Number.POSITIVE_INFINITY)))
      continue;
    for (const line of (await readLines(segment)).toReversed()) {
      const isWanted = entries.length < limit && (beforeSeq === undefined || seqOf(line) < beforeSeq);
      if (!isWanted && !countsAll) continue;
      const text = line.toString('utf8');
      if (!matches(text)) continue;
      total += 1;
      const entry = isWanted ? parseEntry(text) : null;
      if (entry !== null) entries.push(entry);
    }
    await breathe();
  }
  return { entries, total: countsAll ? total : count };
}

export async function exportPart(
  segments: readonly Segment[],
  { format, afterSeq, ...filter }: ExportQuery,
): Promise<ExportPart> {
  const matches = createMatcher(filter);
  const parts = [format === 'csv' && afterSeq === 0 ? csvHeader : ''];
  let length = 0;
  for (const [index, segment] of [...segments].entries()) {
    const next = segments[index + 1];
    if (next !== undefined && next.firstSeq <= afterSeq + 1) continue;
    for (const bytes of await readLines(segment)) {
      if (seqOf(bytes) <= afterSeq) continue;
      const line = bytes.toString('utf8');
      const entry = matches(line) ? parseEntry(line) : null;
      if (entry === null) continue;
      const part = format === 'csv' ? toCsvLine(entry) : `${line}\n`;
      parts.push(part);
      length += part.length;
      if (length >= PART_CHARACTERS) return { text: parts.join(''), nextAfterSeq: entry.seq };
    }
    await breathe();
  }
  return { text: parts.join(''), nextAfterSeq: null };
}

/** The text of one file as far as it is written: whole lines. */
async function readLines({ path }: Segment): Promise<readonly Buffer[]> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return splitLines(bytes).lines;
}

/** The number of a line, even when its hash is wrong. A line without a number belongs nowhere. */
function seqOf(line: Buffer): number {
  return Number(/^\{"seq":(\d+),/.exec(line.toString('latin1', 0, 32))?.[1] ?? Number.POSITIVE_INFINITY);
}
