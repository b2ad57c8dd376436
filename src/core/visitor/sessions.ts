// Sessions in which this computer is the visitor: from the yes to the end of the window.

import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import type { Duplex } from 'node:stream';
import { AppError, type Problem, toProblem } from '../../contract/errors.ts';
import { type PeerId, type SessionId, sessionIdSchema } from '../../contract/ids.ts';
import { nameInId } from '../../contract/kinds.ts';
import { narrowest } from '../../contract/powers.ts';
import type { EndReason, Session } from '../../contract/sessions.ts';
import { hasChannel, rowOf } from '../../contract/views.ts';
import type { Note, Recorder } from '../activity/activity.ts';
import { noteOf } from '../activity/notes.ts';
import { closeLimits } from '../channels/display/polite-close.ts';
import { titleOfWindow, withSureParents } from '../channels/display/program-windows.ts';
import { createExchange, type Exchange } from '../channels/files/exchange.ts';
import { sshCommand } from '../channels/ssh-port/ssh-command.ts';
import { type NativeWindow, startNativeWindow } from '../channels/x11/openssh.ts';
import type { Identity, LentKey } from '../identity/identity.ts';
import { orDiskFull } from '../lib/disk-full.ts';
import { dropOldest } from '../lib/drop-oldest.ts';
import type { Log } from '../lib/log.ts';
import { createRateLimit } from '../lib/rate-limit.ts';
import { type Followable, State } from '../lib/state.ts';
import type { Claimed } from '../peers/claimed.ts';
import type { Peers } from '../peers/peers.ts';
import type { Notices } from '../wire/notices.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import type { GrantedSession, TunnelEnd } from '../wire/peer-protocol.ts';
import type { Granted } from './asks.ts';

export interface VisitorSessions extends AsyncDisposable {
  readonly state: Followable<readonly Claimed<Session>[]>;
  /** Shows what a peer has granted. */
  begin(granted: Granted): SessionId;
  /** Ends every session with this peer as the host. */
  endAllOf(peerId: PeerId): Promise<void>;
  /** Ends every session and says so; resolves when the hosts have heard it. */
  endAll(): Promise<void>;
  /** The RFB stream of a viewer session. @throws AppError `not-found`, `peer-unreachable`, `not-allowed` */
  openDisplay(sessionId: string): Promise<Duplex>;
  /** The folder to exchange files. @throws AppError `not-found`; its methods throw `not-allowed` without the power */
  exchange(sessionId: string): Exchange;
  has(sessionId: string): boolean;
  /** Asks its program to close, and ends it when it has; `isNow` does not ask. @throws AppError `not-found` */
  end(sessionId: SessionId, isNow: boolean): Promise<void>;
  /** Goes on with one that is being closed. @throws AppError `not-found`, and what the host answers */
  keep(sessionId: SessionId): Promise<void>;
  /** @throws AppError `not-found` when the host has no list of windows, and what the host answers */
  useWindow(sessionId: SessionId, wish: 'activate' | 'close', windowId: number): Promise<void>;
  dismiss(sessionId: SessionId): void;
}

/** How long a lost connection is tried again; the host waits as long. */
const LOST_AFTER_MS = 120_000;
/** A viewer whose window was closed and not opened again for this long is over (a reload takes less). */
const WINDOW_GONE_MS = 4000;
/** A viewer session whose window nobody opens is over after this. */
const WINDOW_NEVER_MS = 60_000;
/** The host's limit for a program that is asked to close, and some more for the way. */
const CLOSED_AFTER_MS = closeLimits.totalMs + 30_000;
const COUNT_EVERY_MS = 1000;
/** How often what one host tells of its sessions is shown at once, and how long it takes beyond that. */
const TOLD = { times: 20, windowMs: 1000 };
const SHOWN_LATE_MS = 100;

interface Visiting {
  /** The host's id for it. Security: a host chooses it, so here the session goes by an id of our own. */
  readonly hostSessionId: SessionId;
  session: Claimed<Session>;
  connection: HostConnection | undefined;
  release: () => void;
  readonly displays: Set<Duplex>;
  /** Transfers of files. */
  readonly transfers: Set<Duplex>;
  windowTimer: NodeJS.Timeout | undefined;
  closeTimer: NodeJS.Timeout | undefined;
  native: NativeWindow | undefined;
  /** What the SSH line of an SSH command names. */
  lentKey: LentKey | undefined;
  readonly abort: AbortController;
  stopListening: () => void;
}

export function startVisitorSessions(options: {
  readonly identity: Identity;
  readonly peers: Peers;
  readonly notices: Notices;
  readonly runtimeDir: string;
  readonly activity: Recorder;
  readonly log: Log;
}): VisitorSessions {
  const { identity, peers, notices, activity, log } = options;
  const visiting = new Map<SessionId, Visiting>();
  const state = new State<readonly Claimed<Session>[]>([]);
  let countTimer: NodeJS.Timeout | undefined;
  const toldRate = createRateLimit(TOLD.times, undefined, TOLD.windowMs);
  let lateTimer: NodeJS.Timeout | undefined;

  function show(): void {
    state.set([...visiting.values()].map(({ session }) => session));
    const isCounting = [...visiting.values()].some(({ session }) => session.state !== 'ended');
    if (isCounting) countTimer ??= setInterval(show, COUNT_EVERY_MS);
    else {
      clearInterval(countTimer);
      countTimer = undefined;
    }
  }

  function note({ session }: Visiting, event: Note['event']): Note {
    const { peerId, claimedName, offer } = session;
    return noteOf({ role: 'visitor', peerId, face: peers.faceOf(peerId, claimedName), offer }, event);
  }

  function record(visit: Visiting, event: Note['event']): void {
    void activity.record(note(visit, event));
  }

  function begin({ ask, session: granted, connection, release }: Granted): SessionId {
    const id = sessionIdSchema.parse(randomUUID());
    const visit: Visiting = {
      hostSessionId: granted.sessionId,
      session: {
        id,
        role: 'visitor',
        peerId: ask.peerId,
        claimedName: ask.claimedName,
        offer: ask.offer,
        view: ask.view,
        state: rowOf(ask.view).opensAs === 'desktop' ? 'starting' : 'running',
        startedAt: Date.now(),
        endedAt: null,
        endReason: null,
        exitCode: null,
        bytesToHost: 0,
        bytesToVisitor: 0,
        sshCommand: null,
        problem: null,
        lastWords: [],
        powers: granted.powers,
        endsAt: granted.remainingMs === null ? null : Date.now() + granted.remainingMs,
        windows: [],
        closing: 'no',
        maxUploadBytes: granted.maxUploadBytes,
      },
      connection,
      release,
      displays: new Set(),
      transfers: new Set(),
      windowTimer: undefined,
      closeTimer: undefined,
      native: undefined,
      lentKey: undefined,
      abort: new AbortController(),
      stopListening: () => {},
    };
    visiting.set(id, visit);
    show();
    log.info({ sessionId: id, peerId: ask.peerId, offer: ask.offer.id, view: ask.view }, 'session started');
    record(visit, { kind: 'started', sessionId: id, ruleId: null, view: ask.view, powers: granted.powers });
    watch(visit, connection);
    const failed = (error: unknown) => {
      log.warn({ error: String(error) }, 'session not shown');
      void finish(visit, 'failed', null, toProblem(error));
      void tellEnd(visit);
    };
    if (hasChannel(ask.view, 'display')) endWithoutWindow(visit, WINDOW_NEVER_MS);
    if (hasChannel(ask.view, 'ssh')) openNative(visit, granted).catch(failed);
    if (hasChannel(ask.view, 'ssh-port')) describeSshCommand(visit, granted, connection).catch(failed);
    return id;
  }

  /** Follows the connection: a lost one is tried again, as long as the host waits. */
  function watch(visit: Visiting, connection: HostConnection): void {
    visit.stopListening = connection.onClose(() => {
      if (visit.connection !== connection || visit.session.state === 'ended') return;
      visit.connection = undefined;
      if (!rowOf(visit.session.view).canResume) {
        void finish(visit, 'lost', null);
        return;
      }
      change(visit, { state: 'reconnecting' });
      void reconnect(visit);
    });
  }

  async function reconnect(visit: Visiting): Promise<void> {
    const giveUpAt = performance.now() + LOST_AFTER_MS;
    for (
      let waitMs = 300;
      performance.now() < giveUpAt && !visit.abort.signal.aborted;
      waitMs = Math.min(waitMs * 2, 3000)
    ) {
      try {
        const { connection, release } = await peers.hold(visit.session.peerId, visit.abort.signal);
        visit.release();
        visit.release = release;
        await connection.call('session.resume', { sessionId: visit.hostSessionId }, visit.abort.signal);
        visit.connection = connection;
        change(visit, { state: 'running' });
        if (visit.displays.size === 0) endWithoutWindow(visit, WINDOW_NEVER_MS);
        watch(visit, connection);
        return;
      } catch (error) {
        if (
          error instanceof AppError &&
          error.code === 'not-found' &&
          peers.state.value.some(({ id, connection }) => id === visit.session.peerId && connection === 'connected')
        )
          break;
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    // What was being closed here is closed, whether or not the host could say so.
    await finish(visit, visit.session.closing === 'no' ? 'lost' : 'visitor', null);
  }

  function change(visit: Visiting, part: Partial<Session>): void {
    visit.session = { ...visit.session, ...part };
    show();
  }

  /** Security: a host that tells without end does not keep the person's windows busy. What it tells holds at once, and is shown soon. */
  function changeAsTold(visit: Visiting, part: Partial<Session>): void {
    visit.session = { ...visit.session, ...part };
    if (toldRate.take(visit.session.peerId)) show();
    else
      lateTimer ??= setTimeout(() => {
        lateTimer = undefined;
        show();
      }, SHOWN_LATE_MS);
  }

  async function openNative(visit: Visiting, granted: GrantedSession): Promise<void> {
    if (granted.containerHostKey === null) throw new AppError('container-failed', { why: 'it has no sshd' });
    const native = await startNativeWindow({
      identity,
      containerHostKey: granted.containerHostKey,
      runtimeDir: options.runtimeDir,
      log,
      openStream: async () => {
        const stream = await openTunnel(visit, 'ssh');
        // It is opened before ssh is there to read it, and counting would let the first bytes go.
        stream.pause();
        return countBytes(visit, stream);
      },
    });
    if (visit.session.state === 'ended') {
      await native[Symbol.asyncDispose]();
      return;
    }
    visit.native = native;
    change(visit, { state: 'running' });
    const { exitCode, why } = await native.ended;
    // The host tells how the program ended; when it does not, ssh's own end is the end.
    await new Promise((resolve) => setTimeout(resolve, 800));
    if (isOver(visit)) return;
    if (exitCode !== 0) log.warn({ exitCode, why }, 'a native window ended with an error');
    void tellEnd(visit);
    await finish(
      visit,
      exitCode === 255 ? 'failed' : 'program',
      exitCode,
      // Security: what ssh wrote may be what the program there wrote, so it is for the log and never said in this computer's voice.
      exitCode === 255 ? { code: 'display-failed', params: {} } : null,
    );
  }

  async function describeSshCommand(
    visit: Visiting,
    granted: GrantedSession,
    connection: HostConnection,
  ): Promise<void> {
    if (granted.classicPort === null || granted.containerHostKey === null)
      throw new AppError('container-failed', { why: 'it has no port' });
    const { host } = connection.address;
    const knownHosts = knownHostsPath(visit);
    await writeFile(knownHosts, `[${host}]:${granted.classicPort} ${granted.containerHostKey}\n`, {
      mode: 0o600,
    }).catch((error) => {
      throw orDiskFull(error, knownHosts);
    });
    const key = await identity.lendKey();
    if (isOver(visit)) {
      await Promise.all([key[Symbol.asyncDispose](), rm(knownHosts, { force: true })]);
      return;
    }
    visit.lentKey = key;
    const program = nameInId(visit.session.offer.id);
    const { classicPort: port } = granted;
    const command = sshCommand({ host, port, privateKeyPath: key.path, knownHostsPath: knownHosts, program });
    change(visit, { sshCommand: { port, command } });
  }

  /** One file for each session, as long as it lasts. */
  function knownHostsPath(visit: Visiting): string {
    return joinPath(options.runtimeDir, `known_hosts_${visit.session.id.slice(0, 8)}`);
  }

  async function openTunnel(visit: Visiting, end: TunnelEnd): Promise<Duplex> {
    if (visit.connection === undefined) throw new AppError('peer-unreachable');
    return visit.connection.openTunnel(visit.hostSessionId, end);
  }

  async function openTransfer(visit: Visiting): Promise<Duplex> {
    if (isOver(visit)) throw new AppError('not-found', { what: 'This session' });
    if (!visit.session.powers.files) throw new AppError('not-allowed');
    const stream = countBytes(visit, await openTunnel(visit, 'files'));
    visit.transfers.add(stream);
    stream.once('close', () => visit.transfers.delete(stream));
    return stream;
  }

  function countBytes(visit: Visiting, stream: Duplex): Duplex {
    stream.on('data', (chunk: Buffer) => {
      visit.session = { ...visit.session, bytesToVisitor: visit.session.bytesToVisitor + chunk.length };
    });
    const write = stream.write.bind(stream);
    stream.write = ((chunk: Uint8Array, ...rest: never[]) => {
      visit.session = { ...visit.session, bytesToHost: visit.session.bytesToHost + chunk.length };
      return write(chunk, ...rest);
    }) as typeof stream.write;
    return stream;
  }

  function endWithoutWindow(visit: Visiting, afterMs: number): void {
    clearTimeout(visit.windowTimer);
    visit.windowTimer = setTimeout(() => {
      if (visit.displays.size > 0 || visit.session.state !== 'running') return;
      void close(visit);
    }, afterMs);
  }

  /** Asks first, where the host can. Its program may have a question, and the person may look for it in a window that they had closed. */
  async function close(visit: Visiting): Promise<void> {
    const { connection, session, hostSessionId } = visit;
    if (connection === undefined || session.state !== 'running' || !connection.hello.capabilities.includes('close')) {
      await endNow(visit);
      return;
    }
    if (session.closing !== 'no') return;
    change(visit, { closing: 'closing' });
    visit.closeTimer = setTimeout(() => void endNow(visit), CLOSED_AFTER_MS);
    try {
      await connection.call('session.close', { sessionId: hostSessionId });
    } catch (error) {
      log.warn({ sessionId: session.id, error: String(error) }, 'the program could not be asked to close');
      if (visit.connection === connection) await endNow(visit);
    }
  }

  async function endNow(visit: Visiting): Promise<void> {
    void tellEnd(visit);
    await finish(visit, 'visitor', null);
  }

  function stopClosing(visit: Visiting): void {
    clearTimeout(visit.closeTimer);
    if (visit.session.closing !== 'no') change(visit, { closing: 'no' });
    // Closed a while ago, and its program was told to stay by whoever had opened it again.
    if (hasChannel(visit.session.view, 'display') && visit.displays.size === 0)
      endWithoutWindow(visit, WINDOW_NEVER_MS);
  }

  /** Makes sure that the host ends it too. A host that cannot be told ends it by itself when we stay away. */
  async function tellEnd(visit: Visiting): Promise<void> {
    await visit.connection?.call('session.end', { sessionId: visit.hostSessionId }).catch(() => {});
  }

  async function endAllWhere(isMeant: (visit: Visiting) => boolean): Promise<void> {
    const meant = [...visiting.values()].filter((visit) => !isOver(visit) && isMeant(visit));
    await Promise.all(meant.flatMap((visit) => [tellEnd(visit), finish(visit, 'visitor', null)]));
  }

  async function finish(
    visit: Visiting,
    reason: EndReason,
    exitCode: number | null,
    problem: Problem | null = null,
    lastWords: readonly string[] = [],
  ): Promise<void> {
    if (visit.session.state === 'ended') return;
    log.info({ sessionId: visit.session.id, peerId: visit.session.peerId, reason, exitCode }, 'session ended');
    visit.session = {
      ...visit.session,
      state: 'ended',
      endedAt: Date.now(),
      endReason: reason,
      exitCode,
      problem,
      lastWords: [...lastWords],
      windows: [],
      closing: 'no',
    };
    const { id: sessionId, startedAt, bytesToHost, bytesToVisitor } = visit.session;
    const durationMs = Math.max(0, Date.now() - startedAt);
    record(visit, { kind: 'ended', sessionId, reason, durationMs, bytesToHost, bytesToVisitor, exitCode });
    visit.abort.abort();
    visit.stopListening();
    if (hasChannel(visit.session.view, 'ssh-port')) void rm(knownHostsPath(visit), { force: true }).catch(() => {});
    clearTimeout(visit.windowTimer);
    clearTimeout(visit.closeTimer);
    for (const stream of [...visit.displays, ...visit.transfers]) stream.destroy();
    dropOldest(visiting, ({ session }) => session.state === 'ended');
    show();
    await visit.lentKey?.[Symbol.asyncDispose]().catch((error: unknown) =>
      log.error({ error: String(error) }, 'a lent key was not removed'),
    );
    await visit.native?.[Symbol.asyncDispose]();
    visit.release();
  }

  function find(sessionId: string): Visiting {
    const visit = visiting.get(sessionId as SessionId);
    if (visit === undefined) throw new AppError('not-found', { what: 'This session' });
    return visit;
  }

  function findOfHost(sessionId: SessionId, connection: HostConnection): Visiting | undefined {
    return [...visiting.values()].find(
      (other) => other.hostSessionId === sessionId && other.session.peerId === connection.peerId,
    );
  }

  notices.on('session.ended', ({ sessionId, reason: told, isQuit, exitCode, problem, lastWords }, connection) => {
    const visit = findOfHost(sessionId, connection);
    if (visit === undefined) return;
    // Security: what the person here did is known here, and never a host's to say.
    const isClosedHere = visit.session.closing !== 'no' && (told === 'visitor' || told === 'program');
    const reason = isQuit ? 'quit' : told === 'visitor' ? 'host' : told;
    if (isClosedHere && !isQuit) void finish(visit, 'visitor', exitCode);
    else void finish(visit, reason, exitCode, problem, lastWords);
  });
  notices.on('session.windows', ({ sessionId, windows: told }, connection) => {
    const visit = findOfHost(sessionId, connection);
    if (visit === undefined || isOver(visit) || !hasChannel(visit.session.view, 'display')) return;
    // Security: titles are text of a stranger, who need not have cleaned them.
    const windows = withSureParents([...new Map(told.map((window) => [window.id, window])).values()]);
    changeAsTold(visit, { windows: windows.map((window) => ({ ...window, title: titleOfWindow(window.title) })) });
  });
  notices.on('session.closing', ({ sessionId, closing }, connection) => {
    const visit = findOfHost(sessionId, connection);
    // Security: it is closed when the person here closes it, and a host can only say how far that is.
    if (visit === undefined || isOver(visit) || visit.session.closing === 'no') return;
    if (closing === 'no') stopClosing(visit);
    else changeAsTold(visit, { closing });
  });
  notices.on('session.changed', ({ sessionId, powers: told, remainingMs }, connection) => {
    const visit = findOfHost(sessionId, connection);
    if (visit === undefined || isOver(visit)) return;
    // Security: a host can take away and never give: the viewer here acts on these powers, too.
    const powers = narrowest(visit.session.powers, told);
    void activity.recordFromOutside(note(visit, { kind: 'narrowed', sessionId: visit.session.id, powers }));
    if (!powers.files) for (const stream of visit.transfers) stream.destroy();
    changeAsTold(visit, { powers, endsAt: remainingMs === null ? null : Date.now() + remainingMs });
  });

  return {
    state,
    begin,
    endAllOf: (peerId) => endAllWhere((visit) => visit.session.peerId === peerId),
    endAll: () => endAllWhere(() => true),
    openDisplay: async (sessionId) => {
      const visit = find(sessionId);
      if (!hasChannel(visit.session.view, 'display') || visit.session.state === 'ended')
        throw new AppError('not-found', { what: 'This session' });
      const stream = countBytes(visit, await openTunnel(visit, 'display'));
      clearTimeout(visit.windowTimer);
      visit.displays.add(stream);
      stream.once('close', () => {
        visit.displays.delete(stream);
        if (visit.displays.size > 0 || visit.session.state !== 'running') return;
        endWithoutWindow(visit, WINDOW_GONE_MS);
      });
      return stream;
    },
    exchange: (sessionId) => {
      const visit = find(sessionId);
      return createExchange(() => openTransfer(visit), visit.session.maxUploadBytes);
    },
    has: (sessionId) => visiting.has(sessionId as SessionId),
    end: (sessionId, isNow) => (isNow ? endNow(find(sessionId)) : close(find(sessionId))),
    keep: async (sessionId) => {
      const visit = find(sessionId);
      if (visit.session.closing === 'no') return;
      await visit.connection?.call('session.keep', { sessionId: visit.hostSessionId });
      stopClosing(visit);
    },
    useWindow: async (sessionId, wish, windowId) => {
      const { connection, hostSessionId, session } = find(sessionId);
      if (connection?.hello.capabilities.includes('windows') !== true)
        throw new AppError('not-found', { what: 'This window' });
      if (session.powers.isViewOnly) throw new AppError('not-allowed');
      await connection.call(`window.${wish}`, { sessionId: hostSessionId, windowId });
    },
    dismiss: (sessionId) => {
      if (find(sessionId).session.state !== 'ended') return;
      visiting.delete(sessionId);
      show();
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(countTimer);
      await Promise.all([...visiting.values()].map(endNow));
      clearInterval(countTimer);
      clearTimeout(lateTimer);
    },
  };
}

function isOver(visit: Visiting): boolean {
  return visit.session.state === 'ended';
}
