// The activity log: what was asked, answered, run and decided here, in an order and with contents that cannot change unseen.
import { readFile } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import {
  type ActivityCheck,
  type ActivityEntry,
  type ActivityEvent,
  type ActivityFilter,
  type ActivityFormat,
  activityEntrySchema,
} from '../../contract/activity.ts';
import { type Problem, toProblem } from '../../contract/errors.ts';
import type { PeerId, SessionId } from '../../contract/ids.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { sealLine, splitLines, type Unsealed } from './chain.ts';
import { checkChain, type Extent } from './check.ts';
import { csvHeader, toCsvLine } from './csv.ts';
import { type Journal, type Limits, openJournal, type Segment } from './journal.ts';
import { createMatcher, isEverything, parseEntry } from './query.ts';

/** What happened, and to whom. */
export type Note = { readonly event: ActivityEvent } & Partial<Omit<Unsealed, 'at' | 'event'>>;

/** What the other parts know of the log. */
export interface Recorder {
  /**
   * Resolves when the line is on the disk. It never fails and never takes long: on a disk that is full or hangs it resolves all
   * the same, and the line is written when that is possible again.
   */
  record(note: Note): Promise<void>;
  /** For what others can cause at will: written up to a limit, beyond it counted. */
  recordFromOutside(note: Note): Promise<void>;
}

export interface ActivityState {
  readonly lastSeq: number;
  readonly count: number;
  /** Why it cannot be written now. */
  readonly problem: Problem | null;
}

export interface Activity extends Recorder, AsyncDisposable {
  readonly state: Followable<ActivityState>;
  read(query: ActivityFilter & { readonly beforeSeq?: number | undefined; readonly limit: number }): Promise<{
    readonly entries: ActivityEntry[];
    readonly total: number;
  }>;
  check(): Promise<ActivityCheck>;
  export(query: ActivityFilter & { readonly format: ActivityFormat; readonly afterSeq: number }): Promise<{
    readonly text: string;
    readonly nextAfterSeq: number | null;
  }>;
}

/** Some 130,000 lines. */
const LIMITS: Limits = { maxSegmentBytes: 4 * 1024 * 1024, maxSegments: 16 };
/** How long a line waits for a disk that hangs, before whoever wrote it goes on. */
const HANGS_AFTER_MS = 2000;
const RETRY_MS = 5000;
/** Lines that are kept in memory while the disk is full. */
const MAX_LATE = 2000;
/** Lines in one write. */
const MAX_BATCH = 200;
/** Of an export's part, about. */
const PART_CHARACTERS = 512 * 1024;
/** Lines that one peer, and all of them together, can cause at will in an hour; the log keeps at least some days of that. */
const OUTSIDE_PER_PEER = 120;
const OUTSIDE_IN_ALL = 1200;
const HOUR_MS = 3_600_000;

const openSessionSchema = activityEntrySchema
  .pick({ role: true, peerId: true, peerName: true, isVerified: true, offerId: true, offerName: true })
  .extend({ sessionId: z.uuid() });
type OpenSession = z.infer<typeof openSessionSchema>;
const keptSchema = z.object({ openSessions: z.array(openSessionSchema).max(500) });

interface Waiting {
  readonly entry: Unsealed;
  readonly done: () => void;
}

/** Opens the log below the folder. A log that cannot be opened is tried again, and what happens meanwhile is kept. */
export async function startActivity(options: {
  readonly folder: string;
  readonly log: Log;
  readonly limits?: Limits;
  readonly retryMs?: number;
}): Promise<Activity> {
  const { folder, log, limits = LIMITS, retryMs = RETRY_MS } = options;
  const state = new State<ActivityState>({ lastSeq: 0, count: 0, problem: null });
  let journal: Journal | undefined;
  let waiting: Waiting[] = [];
  let failure: { readonly since: number; lost: number } | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let draining: Promise<void> | undefined;
  let isClosed = false;
  const openSessions = new Map<string, OpenSession>();
  let outside = { since: Date.now(), byPeer: new Map<PeerId | null, number>(), total: 0, leftOut: 0 };

  function show(problem: Problem | null): void {
    if (journal === undefined) state.update((now) => ({ ...now, problem }));
    else state.set({ lastSeq: journal.last.seq, count: journal.last.seq - journal.anchor.seq, problem });
  }

  /** What the lines say of sessions, so that a start knows which of them a crash has ended. */
  function follow(entry: Unsealed): void {
    const { event, role, peerId, peerName, isVerified, offerId, offerName } = entry;
    if (event.kind === 'started') {
      const party = { role, peerId, peerName, isVerified, offerId, offerName };
      openSessions.set(event.sessionId, { ...party, sessionId: event.sessionId });
    }
    if (event.kind === 'ended') openSessions.delete(event.sessionId);
  }

  async function openOnce(): Promise<Journal> {
    if (journal !== undefined) return journal;
    const opened = await openJournal(folder, limits, log);
    journal = opened;
    for (const session of keptSchema.safeParse(opened.kept).data?.openSessions ?? []) {
      openSessions.set(session.sessionId, session);
    }
    for (const line of opened.unsavedLines) {
      const entry = parseEntry(line.toString('utf8'));
      if (entry !== null) follow(entry);
    }
    const found = opened.findings.map((event) => toEntry({ event }));
    for (const event of opened.findings) log.warn(event, 'the activity log was not as it was left');
    const lost = [...openSessions.values()].map(({ sessionId, ...party }) =>
      toEntry({
        ...party,
        event: {
          kind: 'ended',
          sessionId: sessionId as SessionId,
          reason: 'lost',
          durationMs: null,
          bytesToHost: null,
          bytesToVisitor: null,
          exitCode: null,
        },
      }),
    );
    waiting = [...[...found, ...lost].map((entry) => ({ entry, done: () => {} })), ...waiting];
    return opened;
  }

  async function writeSome(): Promise<void> {
    const target = await openOnce();
    const batch = waiting.slice(0, MAX_BATCH);
    const entries = batch.map(({ entry }) => entry);
    if (failure !== undefined) {
      const { since, lost: lostCount } = failure;
      entries.push(toEntry({ event: { kind: 'log-resumed', since, lateCount: waiting.length, lostCount } }));
    }
    let { last } = target;
    const lines = entries.map((entry) => {
      const sealed = sealLine(last, entry);
      last = sealed.link;
      return sealed.line;
    });
    if (lines.length === 0) return;
    const before = new Map(openSessions);
    for (const entry of entries) follow(entry);
    try {
      await target.append(lines, last, { openSessions: [...openSessions.values()].slice(-500) });
    } catch (error) {
      openSessions.clear();
      for (const [id, session] of before) openSessions.set(id, session);
      throw error;
    }
    waiting = waiting.slice(batch.length);
    failure = undefined;
    for (const { done } of batch) done();
    show(null);
  }

  /** Writes what waits; what comes meanwhile goes into the next write. */
  function drain(): void {
    draining ??= (async () => {
      try {
        await writeSome();
        while (waiting.length > 0) await writeSome();
      } catch (error) {
        if (failure === undefined) log.error({ error: String(error) }, 'the activity log cannot be written');
        failure ??= { since: Date.now(), lost: 0 };
        failure.lost += Math.max(0, waiting.length - MAX_LATE);
        waiting = waiting.slice(0, MAX_LATE);
        for (const { done } of waiting) done();
        show(toProblem(error));
        clearTimeout(retryTimer);
        if (!isClosed) retryTimer = setTimeout(drain, retryMs);
        retryTimer?.unref();
      }
      draining = undefined;
    })();
  }

  function record(note: Note): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (failure !== undefined && waiting.length >= MAX_LATE) failure.lost += 1;
    else waiting.push({ entry: toEntry(note), done: resolve });
    if (failure !== undefined) return Promise.resolve();
    // Not in this tick, so that lines of one moment share a write.
    queueMicrotask(() => {
      if (draining === undefined && failure === undefined) drain();
    });
    const timer = setTimeout(resolve, HANGS_AFTER_MS);
    return promise.finally(() => clearTimeout(timer));
  }

  function recordLeftOut(): void {
    const { leftOut } = outside;
    outside = { since: Date.now(), byPeer: new Map(), total: 0, leftOut: 0 };
    if (leftOut > 0) void record({ event: { kind: 'left-out', count: leftOut } });
  }

  /** Between two writes, so that no line is half there. */
  async function measure(target: Journal): Promise<Extent> {
    while (draining !== undefined) await draining;
    const measuring = target.measure();
    draining = measuring
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        draining = undefined;
        if (waiting.length > 0 && failure === undefined) drain();
      });
    return measuring;
  }

  /** The text of one file as far as it is written: whole lines. */
  async function readLines({ path }: Segment): Promise<readonly Buffer[]> {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    return splitLines(bytes).lines;
  }

  drain();
  // The first lines tell of the last run, and come before anything of this one; a disk that hangs does not stop the start.
  await Promise.race([draining, new Promise((resolve) => setTimeout(resolve, HANGS_AFTER_MS).unref())]);
  show(state.value.problem);

  return {
    state,
    record,
    recordFromOutside: async (note) => {
      if (Date.now() - outside.since >= HOUR_MS) recordLeftOut();
      const ofPeer = outside.byPeer.get(note.peerId ?? null) ?? 0;
      if (ofPeer >= OUTSIDE_PER_PEER || outside.total >= OUTSIDE_IN_ALL) {
        outside.leftOut += 1;
        return;
      }
      outside.byPeer.set(note.peerId ?? null, ofPeer + 1);
      outside.total += 1;
      await record(note);
    },
    read: async ({ beforeSeq, limit, ...filter }) => {
      const matches = createMatcher(filter);
      const countsAll = !isEverything(filter);
      const entries: ActivityEntry[] = [];
      let total = 0;
      for (const segment of (journal?.segments ?? []).toReversed()) {
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
      return { entries, total: countsAll ? total : state.value.count };
    },
    check: async () => {
      for (let attempt = 1; ; attempt += 1) {
        if (journal === undefined) return { isSound: true, count: 0, lastSeq: 0, lastHash: '0'.repeat(64) };
        const extent = await measure(journal);
        const result = await checkChain(extent);
        // The log may have let go of its oldest file meanwhile.
        if (result.isSound || attempt === 3 || journal.anchor.seq === extent.anchor.seq) return result;
      }
    },
    export: async ({ format, afterSeq, ...filter }) => {
      const matches = createMatcher(filter);
      const parts = [format === 'csv' && afterSeq === 0 ? csvHeader : ''];
      let length = 0;
      const segments = journal?.segments ?? [];
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
    },
    [Symbol.asyncDispose]: async () => {
      recordLeftOut();
      isClosed = true;
      clearTimeout(retryTimer);
      while (draining !== undefined) await draining;
      // The last try for what could not be written yet.
      if (waiting.length > 0) {
        drain();
        await draining;
      }
      await journal?.close();
    },
  };
}

function toEntry(note: Note): Unsealed {
  const { role = null, peerId = null, peerName = null, isVerified = null, offerId = null, offerName = null } = note;
  // This order of fields is the one in the file.
  return {
    at: Date.now(),
    role,
    peerId,
    peerName: peerName?.slice(0, 100) ?? null,
    isVerified,
    offerId,
    offerName: offerName?.slice(0, 200) ?? null,
    event: note.event,
  };
}

/** Of a line, sound or not; a damaged one belongs nowhere. */
function seqOf(line: Buffer): number {
  return Number(/^\{"seq":(\d+),/.exec(line.toString('latin1', 0, 32))?.[1] ?? Number.POSITIVE_INFINITY);
}
