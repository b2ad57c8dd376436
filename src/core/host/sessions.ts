// Sessions in which this computer is the host: a grant, a sandbox, and the channels that lead into it.

import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, assertNever, type Problem, toProblem } from '../../contract/errors.ts';
import { MIB } from '../../contract/exchange.ts';
import { type OfferId, type PeerId, type RuleId, type SessionId, sessionIdSchema } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Powers } from '../../contract/powers.ts';
import { canHoldTo, isWithin } from '../../contract/powers.ts';
import type { Closing, EndReason, Session, Size } from '../../contract/sessions.ts';
import type { Settings } from '../../contract/settings.ts';
import { hasChannel } from '../../contract/views.ts';
import type { Note, Recorder } from '../activity/activity.ts';
import { type PoliteClose, startPoliteClose } from '../channels/display/polite-close.ts';
import { followProgramWindows, type ProgramWindows } from '../channels/display/program-windows.ts';
import { RfbClientFilter } from '../channels/display/rfb-client-filter.ts';
import { RfbServerFilter } from '../channels/display/rfb-server-filter.ts';
import { SftpFilter } from '../channels/files/sftp-filter.ts';
import type { Grant } from '../consent/grant.ts';
import type { Containers } from '../container/container.ts';
import type { Program, Sandbox } from '../container/engine.ts';
import { IN_TERMINAL } from '../container/engines/bubblewrap/sandbox-files.ts';
import { type Mark, markNow, passedMs, systemClocks } from '../lib/elapsed.ts';
import { lastWordsOf } from '../lib/last-words.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { isMadeOfChromium } from '../offers/app/chromium.ts';
import { insideCompositor } from '../offers/app/obstacle.ts';
import type { LaunchSpec } from '../offers/offers.ts';
import type { PeerBook, PeerFace } from '../peers/peer-book.ts';
import type { GrantedSession, TunnelEnd } from '../wire/peer-protocol.ts';
import { listen, plainAddress, type Visitor } from '../wire/peer-server.ts';
import { type ByteCount, type Filters, join } from '../wire/ssh/ssh.ts';

export interface HostSessions extends AsyncDisposable {
  readonly state: Followable<readonly Session[]>;
  /** Starts what was granted. @throws AppError when it cannot be started; then the grant is over and nothing is left */
  start(options: StartOptions): Promise<GrantedSession>;
  /** A tunnel channel into the session's sandbox. @throws AppError `not-allowed` without a live grant of this peer for it */
  openTunnel(visitor: Visitor, sessionId: string, end: TunnelEnd): Promise<(channel: Duplex) => void>;
  /** The visitor is back after a lost connection. @throws AppError `not-found` */
  resume(visitor: Visitor, sessionId: SessionId, capabilities: readonly string[]): void;
  /** Ends a session of this peer; of any peer when null. @throws AppError `not-found` */
  end(sessionId: SessionId, reason: EndReason, peerId: PeerId | null): Promise<void>;
  /** The visitor closes it: asks the program, and ends it when that has closed, or does not answer. @throws AppError `not-found` */
  close(sessionId: SessionId, peerId: PeerId): void;
  /** The visitor goes on with it after all. @throws AppError `not-found` */
  keep(sessionId: SessionId, peerId: PeerId): void;
  /** Its visitor's wish for a window of the program. @throws AppError `not-found`, and `not-allowed` for who only watches */
  useWindow(sessionId: SessionId, peerId: PeerId, wish: 'activate' | 'close', windowId: number): void;
  endAll(reason: EndReason): Promise<void>;
  endAllOf(peerId: PeerId, reason: EndReason): Promise<void>;
  /** Ends what this rule had allowed. */
  endAllUnder(ruleId: RuleId, reason: EndReason): Promise<void>;
  /** Takes powers away while it runs. @throws AppError `not-found`, `bad-input` for more powers than it has */
  narrow(sessionId: SessionId, powers: Powers): Promise<void>;
  has(sessionId: string): boolean;
  /** Whether this peer, and this computer, can have one more. */
  hasRoomFor(peerId: PeerId): boolean;
}

export interface StartOptions {
  readonly grant: Grant;
  readonly spec: LaunchSpec;
  readonly offer: Offer;
  readonly visitor: Visitor;
  /** What the visitor said that it can do. */
  readonly capabilities: readonly string[];
  readonly size: Size | undefined;
}

const DEFAULT_SIZE: Size = { width: 1024, height: 720 };
const MAX_SESSIONS_PER_PEER = 8;
const MAX_SESSIONS = 24;
/** Transfers of one session at a time; each is a process in its sandbox. */
const MAX_FILE_CHANNELS = 16;
/** How long a session waits for a visitor whose connection was lost. */
const LOST_AFTER_MS = 120_000;
const COUNT_EVERY_MS = 1000;
/** Of setTimeout. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A program that fails within this time did not work here; later it may be the person who used it that ended it so. */
const FAILED_AT_ONCE_MS = 4000;
/** 128 and the signal: what ends a program that crashed, at any time (signal(7): ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS). */
const CRASH_CODES: ReadonlySet<number> = new Set([132, 133, 134, 135, 136, 139, 159]);

interface Running {
  readonly id: SessionId;
  readonly grant: Grant;
  readonly offer: Offer;
  readonly sandbox: Sandbox;
  readonly startedAt: number;
  readonly startMark: Mark;
  readonly maxUploadBytes: number | null;
  /** What is left of the grant's powers. */
  powers: Powers;
  endsAt: number | null;
  endTimer: NodeJS.Timeout | undefined;
  readonly count: ByteCount;
  readonly channels: Set<Duplex>;
  /** Those of `channels` that carry files. */
  readonly fileChannels: Set<Duplex>;
  readonly sshPort: { readonly server: Server; readonly port: number } | undefined;
  visitor: Visitor | undefined;
  /** Where the visitor is, or was before its connection was lost. */
  address: string;
  /** Everywhere it has been in this session, each shown by its key. */
  readonly addresses: Set<string>;
  lostTimer: NodeJS.Timeout | undefined;
  stopListening: () => void;
  /** Of the visitor that is there. */
  capabilities: readonly string[];
  /** Those of a viewer's program, where its display tells them. */
  readonly windows: ProgramWindows | undefined;
  closing: Closing;
  polite: PoliteClose | undefined;
}

export function startHostSessions(options: {
  readonly containers: Containers;
  readonly book: Pick<PeerBook, 'faceOf'>;
  readonly activity: Recorder;
  readonly settings: Followable<Pick<Settings, 'maxUploadMib'>>;
  readonly log: Log;
  /** An offer ended at once because it may not build a sandbox of its own. */
  readonly onOwnSandboxNeeded: (offerId: OfferId) => void;
}): HostSessions {
  const { containers, book, activity, settings, log } = options;
  const sessions = new Map<SessionId, Running>();
  /** Grants whose sandbox is being started: they count for the limits and end with everything else. */
  const starting = new Set<Grant>();
  /** Sandboxes of sessions that are over. */
  const stopping = new Set<Promise<void>>();
  const state = new State<readonly Session[]>([]);
  let countTimer: NodeJS.Timeout | undefined;

  function show(): void {
    for (const running of sessions.values()) {
      // A computer that slept has missed its timers.
      if (leftOf(running) === 0) void end(running, 'expired', null);
      // The clock was set: what is shown follows.
      else if (isEndMoved(running)) setEnd(running);
    }
    state.set(
      [...sessions.values()].map((running) => {
        const { peerId, peerName } = running.grant.terms;
        return toSession(running, book.faceOf(peerId, peerName, running.address));
      }),
    );
    if (sessions.size > 0) countTimer ??= setInterval(show, COUNT_EVERY_MS);
    else {
      clearInterval(countTimer);
      countTimer = undefined;
    }
  }

  function record({ grant, offer }: Pick<Running, 'grant' | 'offer'>, event: Note['event']): void {
    const { peerId, peerName: nameThen } = grant.terms;
    const { name: peerName, isVerified } = book.faceOf(peerId, nameThen);
    const about = { role: 'host', peerId, peerName, isVerified, offerId: offer.id, offerName: offer.name } as const;
    void activity.record({ ...about, event });
  }

  function attach(running: Running, visitor: Visitor, capabilities: readonly string[]): void {
    clearTimeout(running.lostTimer);
    running.stopListening();
    running.visitor = visitor;
    running.capabilities = capabilities;
    running.address = visitor.remoteAddress;
    running.addresses.add(visitor.remoteAddress);
    running.stopListening = visitor.onClose(() => {
      if (running.visitor !== visitor || sessions.get(running.id) !== running) return;
      running.visitor = undefined;
      running.lostTimer = setTimeout(() => void end(running, endedBy(running, 'lost'), null), LOST_AFTER_MS);
      show();
    });
  }

  /** The end that the powers and the grant's own limit set; called again when powers change. */
  function setEnd(running: Running): void {
    clearTimeout(running.endTimer);
    const leftMs = leftOf(running);
    running.endsAt = leftMs === null ? null : Date.now() + leftMs;
    if (leftMs === null) return;
    // Security: when this time has passed it is over, also where the clock was set back meanwhile.
    running.endTimer = setTimeout(
      () => (leftMs > LONGEST_TIMER_MS ? setEnd(running) : void end(running, 'expired', null)),
      Math.min(leftMs, LONGEST_TIMER_MS),
    );
  }

  async function end(
    running: Running,
    reason: EndReason,
    exitCode: number | null,
    problem: Problem | null = null,
    lastWords: readonly string[] = [],
  ): Promise<void> {
    if (!sessions.delete(running.id)) return;
    clearTimeout(running.lostTimer);
    clearTimeout(running.endTimer);
    running.stopListening();
    running.polite?.[Symbol.dispose]();
    running.windows?.[Symbol.dispose]();
    running.grant.end();
    running.visitor?.notify('session.ended', {
      sessionId: running.id,
      // What an older visitor understands of it.
      reason: reason === 'quit' ? 'host' : reason,
      ...(reason === 'quit' && { isQuit: true }),
      exitCode,
      problem,
      lastWords: [...lastWords],
    });
    const { terms } = running.grant;
    const durationMs = Date.now() - running.startedAt;
    log.info(
      { sessionId: running.id, peerId: terms.peerId, offer: terms.offerId, reason, exitCode, durationMs },
      'session ended',
    );
    // The channels are cut below; nothing is counted after this.
    const { toHost: bytesToHost, toVisitor: bytesToVisitor } = running.count;
    const amounts = { durationMs: Math.max(0, durationMs), bytesToHost, bytesToVisitor };
    record(running, { kind: 'ended', sessionId: running.id, reason, ...amounts, exitCode });
    running.sshPort?.server.close();
    for (const channel of running.channels) channel.destroy();
    const stopped = running.sandbox.stop();
    stopping.add(stopped);
    await stopped.finally(() => stopping.delete(stopped));
    show();
  }

  /** What a visitor that has just come, or come back, must know of the program's windows. */
  function tellWindows(running: Running): void {
    const { id: sessionId, visitor, capabilities, closing } = running;
    tellWindowList(running);
    if (capabilities.includes('close')) visitor?.notify('session.closing', { sessionId, closing });
  }

  function tellWindowList({ id: sessionId, visitor, capabilities, windows }: Running): void {
    if (windows === undefined || !capabilities.includes('windows')) return;
    visitor?.notify('session.windows', { sessionId, windows: [...windows.state.value] });
  }

  function close(running: Running): void {
    if (running.polite !== undefined) return;
    const { id: sessionId, sandbox, powers } = running;
    running.polite = startPoliteClose({
      // Security: who only watches presses no button of the program, not that of its windows either.
      windows: powers.isViewOnly ? null : (running.windows ?? null),
      sandbox,
      tell: (closing) => {
        if (closing === 'no') stopClosing(running);
        running.closing = closing;
        if (running.capabilities.includes('close')) running.visitor?.notify('session.closing', { sessionId, closing });
        show();
      },
      end: () => void end(running, 'visitor', null),
    });
  }

  function stopClosing(running: Running): void {
    running.polite?.[Symbol.dispose]();
    running.polite = undefined;
  }

  function lead(running: Running, channel: Duplex, socket: Duplex, filters?: Filters): void {
    for (const stream of [channel, socket]) {
      running.channels.add(stream);
      stream.once('close', () => running.channels.delete(stream));
    }
    for (const filter of [filters?.toHost, filters?.toVisitor])
      filter?.once('error', (error: NodeJS.ErrnoException) => {
        // A channel that was closed is no fault: every session ends so.
        if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
        log.warn({ sessionId: running.id, error: error.message }, 'tunnel channel ended');
      });
    void join(channel, socket, running.count, filters);
  }

  /** As the original eBrainPool did: a TCP port into the container's sshd, for one address, until the session ends. */
  async function openSshPort(
    visitor: Visitor,
    getRunning: () => Running | undefined,
  ): Promise<{ server: Server; port: number }> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, async (socket) => {
      const running = getRunning();
      socket.on('error', () => socket.destroy());
      // Security: the granted peer's addresses only; its key is asked for by the container's sshd.
      if (
        running === undefined ||
        !running.grant.isLive ||
        !running.addresses.has(plainAddress(socket.remoteAddress ?? ''))
      ) {
        log.warn(
          { from: socket.remoteAddress, peerId: visitor.peerId },
          'connection to the port of an SSH command refused',
        );
        socket.destroy();
        return;
      }
      try {
        lead(running, socket, await running.sandbox.connect('ssh'));
      } catch {
        socket.destroy();
      }
    });
    server.maxConnections = 8;
    // The same family as the peer's connection, so that the address that is compared has one form.
    const port = await listen(server, 0, visitor.remoteAddress.includes(':') ? '::' : '0.0.0.0', log);
    return { server, port };
  }

  async function start({ grant, spec, offer, visitor, capabilities, size }: StartOptions): Promise<GrantedSession> {
    const { peerId, peerName, view, powers } = grant.terms;
    // Security: without a live grant nothing is started.
    if (!grant.isLive) throw new AppError('not-allowed');
    // Security: asked for when there was room, all at once: rules answer so quickly that none of them had been counted.
    if (!hasRoomFor(peerId)) {
      grant.end();
      throw new AppError('peer-busy');
    }
    const id = sessionIdSchema.parse(randomUUID());
    starting.add(grant);
    let sandbox: Sandbox | undefined;
    let sshPort: { server: Server; port: number } | undefined;
    let windows: ProgramWindows | undefined;
    try {
      const display = hasChannel(view, 'display') ? { size: size ?? DEFAULT_SIZE } : null;
      const hasNetwork = powers.network === 'internet';
      const allowsOwnSandbox = spec.offer.ownSandbox === 'allowed';
      sandbox = await containers.take(peerId, peerName, { display, hasNetwork, allowsOwnSandbox }, grant.signal);
      if (hasNetwork) await sandbox.openNetwork();
      const maxUploadBytes = powers.files ? settings.value.maxUploadMib * MIB : null;
      if (maxUploadBytes !== null) await sandbox.openFiles(maxUploadBytes);
      const hasSshPort = hasChannel(view, 'ssh-port');
      const hasSsh = hasSshPort || hasChannel(view, 'ssh');
      if (hasSsh) await sandbox.authorise([visitor.publicKey]);
      if (hasSshPort) sshPort = await openSshPort(visitor, () => sessions.get(id));
      const containerHostKey = hasSsh ? await containers.hostKeyOf(peerId) : null;
      // Before the program: it is one of the display's connections that do not keep a session alive.
      if (hasChannel(view, 'display')) windows = await windowsOf(sandbox);
      if (!grant.isLive) throw new AppError('cancelled');
      await sandbox.run(programOf(spec));
      // Security: nothing would end what runs under a grant that ended meanwhile.
      if (!grant.isLive) throw new AppError('cancelled');
      const running: Running = {
        id,
        grant,
        offer,
        sandbox,
        sshPort,
        startedAt: Date.now(),
        startMark: markNow(systemClocks),
        maxUploadBytes,
        powers,
        endsAt: null,
        endTimer: undefined,
        count: { toHost: 0, toVisitor: 0 },
        channels: new Set(),
        fileChannels: new Set(),
        visitor: undefined,
        address: visitor.remoteAddress,
        addresses: new Set(),
        lostTimer: undefined,
        stopListening: () => {},
        capabilities,
        windows,
        closing: 'no',
        polite: undefined,
      };
      sessions.set(id, running);
      setEnd(running);
      attach(running, visitor, capabilities);
      void sandbox.ended.then(async ({ exitCode, wantedOwnSandbox, output }) => {
        // A program that is asked to end is no fault, however it does so.
        const isClosed = running.closing !== 'no';
        if (isClosed || exitCode === null || exitCode === 0 || !sessions.has(id))
          return end(running, endedBy(running, 'program'), exitCode);
        log.warn({ sessionId: id, offer: offer.id, exitCode, ...output }, 'the program failed');
        const isFault = Date.now() - running.startedAt < FAILED_AT_ONCE_MS || CRASH_CODES.has(exitCode);
        const problem: Problem | null = !isFault
          ? null
          : // Security: a visitor can make a program print anything; the owner of a terminal is not advised to weaken its container.
            wantedOwnSandbox && (await isMadeOfChromium(spec.argv))
            ? { code: 'own-sandbox-needed', params: {} }
            : { code: 'program-failed', params: { exitCode } };
        const needsOwnSandbox = problem?.code === 'own-sandbox-needed';
        if (needsOwnSandbox) options.onOwnSandboxNeeded(offer.id);
        // What Chromium advises then, a setuid helper, is of no use in a container.
        return end(running, 'program', exitCode, problem, needsOwnSandbox ? [] : lastWordsOf(output));
      });
      windows?.state.follow(() => tellWindowList(running));
      show();
      log.info({ sessionId: id, peerId, offer: offer.id, view }, 'session started');
      record(running, { kind: 'started', sessionId: id, ruleId: grant.terms.ruleId, view, powers });
      const remainingMs = leftOf(running);
      const classicPort = sshPort?.port ?? null;
      return { sessionId: id, containerHostKey, classicPort, powers, remainingMs, maxUploadBytes };
    } catch (error) {
      grant.end();
      sshPort?.server.close();
      windows?.[Symbol.dispose]();
      await sandbox?.stop();
      log.warn({ peerId, offer: offer.id, error: String(error) }, 'session not started');
      throw error instanceof AppError
        ? error
        : new AppError('container-failed', { why: toProblem(error).code }, { cause: error });
    } finally {
      starting.delete(grant);
    }
  }

  async function windowsOf(sandbox: Sandbox): Promise<ProgramWindows | undefined> {
    try {
      return await followProgramWindows(await sandbox.connect('x11'), log);
    } catch (error) {
      log.info({ error: String(error) }, 'the windows of a program cannot be followed');
      return undefined;
    }
  }

  function hasRoomFor(peerId: PeerId): boolean {
    const grants = [...[...sessions.values()].map((running) => running.grant), ...starting];
    return (
      grants.length < MAX_SESSIONS &&
      grants.filter((grant) => grant.terms.peerId === peerId).length < MAX_SESSIONS_PER_PEER
    );
  }

  function find(sessionId: string, peerId: PeerId | null): Running {
    const running = sessions.get(sessionId as SessionId);
    // A session of another peer does not exist for this one.
    if (running === undefined || (peerId !== null && running.grant.terms.peerId !== peerId)) {
      throw new AppError('not-found', { what: 'This session' });
    }
    return running;
  }

  async function endWhere(reason: EndReason, isMeant: (grant: Grant) => boolean): Promise<void> {
    for (const grant of starting) if (isMeant(grant)) grant.end();
    await Promise.all(
      [...sessions.values()].filter(({ grant }) => isMeant(grant)).map((running) => end(running, reason, null)),
    );
  }

  return {
    state,
    start,
    openTunnel: async (visitor, sessionId, tunnelEnd) => {
      const running = find(sessionId, visitor.peerId);
      if (!isOpenFor(running, tunnelEnd)) throw new AppError('not-allowed');
      if (tunnelEnd === 'files' && running.fileChannels.size >= MAX_FILE_CHANNELS) throw new AppError('peer-busy');
      const socket = await running.sandbox.connect(tunnelEnd);
      return (channel) => {
        // Security: what was taken away while the channel was opened stays closed.
        if (!isOpenFor(running, tunnelEnd)) {
          channel.destroy();
          socket.destroy();
          return;
        }
        if (tunnelEnd === 'files') {
          running.fileChannels.add(channel);
          channel.once('close', () => running.fileChannels.delete(channel));
        }
        lead(running, channel, socket, filtersFor(running, tunnelEnd));
      };
    },
    resume: (visitor, sessionId, capabilities) => {
      const running = find(sessionId, visitor.peerId);
      attach(running, visitor, capabilities);
      tellWindows(running);
      show();
    },
    close: (sessionId, peerId) => close(find(sessionId, peerId)),
    keep: (sessionId, peerId) => {
      const running = find(sessionId, peerId);
      stopClosing(running);
      running.closing = 'no';
      tellWindows(running);
      show();
    },
    useWindow: (sessionId, peerId, wish, windowId) => {
      const { grant, powers, windows } = find(sessionId, peerId);
      // Security: to bring a window to the front, or to close it, is a click; who only watches has none.
      if (!grant.isLive || powers.isViewOnly) throw new AppError('not-allowed');
      windows?.[wish](windowId);
    },
    end: (sessionId, reason, peerId) => end(find(sessionId, peerId), reason, null),
    endAll: (reason) => endWhere(reason, () => true),
    endAllOf: (peerId, reason) => endWhere(reason, (grant) => grant.terms.peerId === peerId),
    endAllUnder: (ruleId, reason) => endWhere(reason, (grant) => grant.terms.ruleId === ruleId),
    narrow: async (sessionId, powers) => {
      const running = find(sessionId, null);
      // Security: what is taken away while it runs does not come back without being asked for.
      if (!isWithin(powers, running.powers))
        throw new AppError('bad-input', { where: 'powers', why: 'are more than the session has' });
      // Security: where nothing here could hold it, nothing is said to be taken away.
      if (!canHoldTo(running.grant.terms.view, powers, running.powers))
        throw new AppError('bad-input', { where: 'powers', why: 'of a native window cannot be taken away: end it' });
      const areFilesClosed = running.powers.files && !powers.files;
      // Security: before anything is waited for, so that two who take away at the same time do not undo each other.
      running.powers = powers;
      if (areFilesClosed) {
        for (const channel of running.fileChannels) channel.destroy();
        running.sandbox.closeFiles();
      }
      if (powers.network === 'none') await running.sandbox.closeNetwork();
      if (!sessions.has(running.id)) return;
      const { powers: left } = running;
      record(running, { kind: 'narrowed', sessionId, powers: left });
      setEnd(running);
      running.visitor?.notify('session.changed', { sessionId, powers: left, remainingMs: leftOf(running) });
      show();
    },
    has: (sessionId) => sessions.has(sessionId as SessionId),
    hasRoomFor,
    [Symbol.asyncDispose]: async () => {
      await endWhere('quit', () => true);
      await Promise.all(stopping);
    },
  };
}

/** A program of the console gets a terminal window, one that speaks Wayland alone a compositor. */
function programOf(spec: LaunchSpec): Program {
  const inner = spec.isWaylandOnly ? insideCompositor(spec.argv) : spec.argv;
  const argv = spec.isTerminal ? ['xterm', '-T', spec.offer.name, '-e', IN_TERMINAL, ...spec.argv] : inner;
  return { argv, workingDirectory: spec.workingDirectory };
}

/** Security: whether a tunnel channel may lead there at this moment. */
function isOpenFor({ grant, powers }: Running, end: TunnelEnd): boolean {
  if (!grant.isLive) return false;
  if (!hasChannel(grant.terms.view, end)) return false;
  return end !== 'files' || powers.files;
}

/**
 * Security: what holds both sides to the powers, to what is left of them at the moment of each message. sshd runs the program of
 * the grant, whatever it is asked for.
 */
function filtersFor(running: Running, end: TunnelEnd): Filters | undefined {
  const powers = () => running.powers;
  switch (end) {
    case 'display':
      return {
        toHost: new RfbClientFilter(powers, () => running.polite?.notePresence()),
        toVisitor: new RfbServerFilter(powers),
      };
    case 'files':
      return { toHost: new SftpFilter() };
    case 'ssh':
      return undefined;
    default:
      return assertNever(end);
  }
}

/** What ends while its visitor closes it was ended by the visitor. */
function endedBy({ closing }: Running, reason: EndReason): EndReason {
  return closing === 'no' ? reason : 'visitor';
}

/** Less than this is no other end, for who reads it. */
const SAME_END_MS = 2000;

/** Until the time limit or the grant ends it; null where neither does. Security: a clock that is set back lengthens nothing. */
function leftOf({ powers, grant, startedAt, startMark }: Running): number | null {
  const passed = Math.max(passedMs(startMark, systemClocks), Date.now() - startedAt);
  const byPower = powers.timeLimitMin === null ? Number.POSITIVE_INFINITY : powers.timeLimitMin * 60_000 - passed;
  const left = Math.min(byPower, grant.leftMs ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(left) ? Math.max(0, left) : null;
}

function isEndMoved(running: Running): boolean {
  const left = leftOf(running);
  return left !== null && running.endsAt !== null && Math.abs(Date.now() + left - running.endsAt) > SAME_END_MS;
}

function toSession(running: Running, face: PeerFace): Session {
  const { terms } = running.grant;
  return {
    id: running.id,
    role: 'host',
    peerId: terms.peerId,
    peerName: face.name,
    isVerified: face.isVerified,
    warning: face.warning,
    offer: running.offer,
    view: terms.view,
    state: running.visitor === undefined ? 'reconnecting' : 'running',
    startedAt: running.startedAt,
    endedAt: null,
    endReason: null,
    exitCode: null,
    bytesToHost: running.count.toHost,
    bytesToVisitor: running.count.toVisitor,
    sshCommand: running.sshPort === undefined ? null : { port: running.sshPort.port, command: '' },
    problem: null,
    lastWords: [],
    powers: running.powers,
    endsAt: running.endsAt,
    // Security: what a visitor's program calls its windows is what is on the visitor's screen, and not the owner's to read.
    windows: [],
    closing: running.closing,
    maxUploadBytes: running.powers.files ? running.maxUploadBytes : null,
  };
}
