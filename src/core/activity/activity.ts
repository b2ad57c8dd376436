// The activity log: what was asked, answered, run and decided here, in an order and with contents that cannot change unseen.
import type { ActivityCheck, ActivityEvent } from '../../contract/activity.ts';
import { type Problem, toProblem } from '../../contract/errors.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { sealLines, type Unsealed } from './chain.ts';
import { checkChain, type Extent } from './check.ts';
import { type Journal, type Limits, openJournal } from './journal.ts';
import { afterLines, endsOf, type OpenSessions, readKept, toKeep } from './open-sessions.ts';
import { createOutsideLimit } from './outside-limit.ts';
import { parseEntry } from './query.ts';
import { type ExportPart, type ExportQuery, exportPart, type Page, type ReadQuery, readEntries } from './reading.ts';

/** What happened, and to whom. */
export type Note = { readonly event: ActivityEvent } & Partial<Omit<Unsealed, 'at' | 'event'>>;

/** What the other parts know of the log. */
export interface Recorder {
  /**
   * Resolves when the line is on the disk. It never fails and never takes long: on a disk that is full or hangs it resolves all
   * the same, and the line is written when that is possible again.
   */
  record(note: Note): Promise<void>;
  /** For what others can cause at will: written up to a limit, and only counted beyond it. */
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
  read(query: ReadQuery): Promise<Page>;
  check(): Promise<ActivityCheck>;
  export(query: ExportQuery): Promise<ExportPart>;
}

/** Enough for some 130,000 lines. */
const LIMITS: Limits = { maxSegmentBytes: 4 * 1024 * 1024, maxSegments: 16 };
/** How long `record` waits for a disk that hangs. */
const HANGS_AFTER_MS = 2000;
const RETRY_MS = 5000;
/** Lines that are kept in memory while the disk is full. */
const MAX_LATE = 2000;
/** Lines in one write. */
const MAX_BATCH = 200;
interface Waiting {
  readonly entry: Unsealed;
  readonly done: () => void;
}

/** Opens the log in the folder. If that fails it tries again later, and keeps in memory what happens meanwhile. */
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
  let openSessions: OpenSessions = new Map();
  const outside = createOutsideLimit();

  function show(problem: Problem | null): void {
    if (journal === undefined) state.update((now) => ({ ...now, problem }));
    else state.set({ lastSeq: journal.last.seq, count: journal.last.seq - journal.anchor.seq, problem });
  }

  async function openOnce(): Promise<Journal> {
    if (journal !== undefined) return journal;
    const opened = await openJournal(folder, limits, log);
    journal = opened;
    const unsaved = opened.unsavedLines
      .map((line) => parseEntry(line.toString('utf8')))
      .filter((entry) => entry !== null);
    openSessions = afterLines(readKept(opened.kept), unsaved);
    const found = opened.findings.map((event) => toEntry({ event }));
    for (const event of opened.findings) log.warn(event, 'the activity log was not as it was left');
    const lost = endsOf(openSessions).map(toEntry);
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
    if (entries.length === 0) return;
    const { lines, last } = sealLines(target.last, entries);
    const next = afterLines(openSessions, entries);
    await target.append(lines, last, toKeep(next));
    openSessions = next;
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
    // Later in this tick, so that lines of one moment share a write.
    queueMicrotask(() => {
      if (draining === undefined && failure === undefined) drain();
    });
    const timer = setTimeout(resolve, HANGS_AFTER_MS);
    return promise.finally(() => clearTimeout(timer));
  }

  function recordLeftOut(): void {
    const count = outside.begin();
    if (count > 0) void record({ event: { kind: 'left-out', count } });
  }

  /** Measures between two writes, so that no line is half written. */
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

  drain();
  // Waits for the lines about the last run, which come before all of this run, but not for ever if the disk hangs.
  await Promise.race([draining, new Promise((resolve) => setTimeout(resolve, HANGS_AFTER_MS).unref())]);
  show(state.value.problem);

  return {
    state,
    record,
    recordFromOutside: async (note) => {
      if (outside.isDue) recordLeftOut();
      if (outside.take(note.peerId ?? null)) await record(note);
    },
    read: (query) => readEntries(journal?.segments ?? [], query, state.value.count),
    check: async () => {
      for (let attempt = 1; ; attempt += 1) {
        if (journal === undefined) return { isSound: true, count: 0, lastSeq: 0, lastHash: '0'.repeat(64) };
        const extent = await measure(journal);
        const result = await checkChain(extent);
        // The log may have dropped its oldest file meanwhile; then the check is done again.
        if (result.isSound || attempt === 3 || journal.anchor.seq === extent.anchor.seq) return result;
      }
    },
    export: (query) => exportPart(journal?.segments ?? [], query),
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
