// Takes up the log that a start finds: where its chain begins and ends, which lines the head missed, and what was wrong.
import { rm } from 'node:fs/promises';
import { beginning, follows, type Link } from './chain.ts';
import { cutTornLine, type OpenSegment, readTail, type Tail } from './segments.ts';

/** What was found wrong when the log was opened. */
export type Finding =
  | { readonly kind: 'log-torn'; readonly sizeBytes: number; readonly keptAs: string | null }
  | { readonly kind: 'log-damaged'; readonly what: 'cut' | 'changed' | 'head'; readonly count: number };

/** The two ends of the chain, and what was kept with them. */
export interface Head {
  readonly anchor: Link;
  readonly last: Link;
  readonly kept: unknown;
}

export interface Start extends Head {
  readonly findings: readonly Finding[];
  /** Lines that were written after the head was saved last. */
  readonly unsavedLines: readonly Buffer[];
  /** Whether the next line must go into a new file. */
  readonly mustBegin: boolean;
}

/** @param head null where there was no head, or an unreadable one */
export async function takeUp(folder: string, segments: OpenSegment[], head: Head | null): Promise<Start> {
  const newest = segments.at(-1);
  const torn = newest === undefined ? null : await cutTornLine(newest, folder);
  const findings: readonly Finding[] = torn === null ? [] : [{ kind: 'log-torn', ...torn }];
  if (head === null) {
    const [first] = segments;
    const anchor = first === undefined ? beginning : { seq: first.firstSeq - 1, hash: first.previous };
    const tail = await readTail(segments, Number.POSITIVE_INFINITY);
    return {
      ...{ anchor, last: tail.lines.at(-1) ?? anchor, kept: null, unsavedLines: [], mustBegin: tail.isDamaged },
      findings: [...findings, { kind: 'log-damaged', what: 'head', count: 0 }, ...damageOf(tail)],
    };
  }
  const { anchor, kept } = head;
  // A crash came after the head was saved and before the dropped file was removed.
  while (segments[1]?.firstSeq === anchor.seq + 1 && segments[1].previous === anchor.hash) {
    await rm(segments[0]?.path ?? '', { force: true });
    segments.shift();
  }
  const tail = await readTail(segments, head.last.seq);
  const goneOn = goOn(tail, head);
  return { anchor, kept, ...goneOn, findings: [...findings, ...goneOn.findings, ...damageOf(tail)] };
}

/** Follows the chain from the last line that the head knows through the newer ones. */
function goOn(tail: Tail, head: Head): Pick<Start, 'last' | 'unsavedLines' | 'mustBegin' | 'findings'> {
  let { last } = head;
  let mustBegin = tail.isDamaged;
  const findings: Finding[] = [];
  const unsavedLines: Buffer[] = [];
  const atHead = tail.lines.find((line) => line.seq === last.seq);
  const newestSeq = tail.lines.at(-1)?.seq ?? head.anchor.seq;
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
  return { last, unsavedLines, mustBegin, findings };
}

function damageOf({ isDamaged }: Tail): readonly Finding[] {
  return isDamaged ? [{ kind: 'log-damaged', what: 'changed', count: 1 }] : [];
}
