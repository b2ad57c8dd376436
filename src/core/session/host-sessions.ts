// Sessions in which this computer is the host: a grant, a sandbox, and the channels that lead into it.
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, type Problem, toProblem } from '../../contract/errors.ts';
import {
  type EndReason,
  type Offer,
  type PeerId,
  type Session,
  type SessionId,
  type Size,
  sessionIdSchema,
} from '../../contract/models.ts';
import type { LaunchSpec } from '../catalog/catalog.ts';
import type { Grant } from '../consent/grant.ts';
import type { Containers } from '../container/container.ts';
import type { Program, Sandbox } from '../container/engine.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import type { GrantedSession, TunnelEnd } from '../tunnel/peer-protocol.ts';
import { listen, plainAddress, type Visitor } from '../tunnel/peer-server.ts';
import { type ByteCount, join } from '../tunnel/ssh.ts';

export interface HostSessions extends AsyncDisposable {
  readonly state: Followable<readonly Session[]>;
  /** Starts what was granted. @throws AppError when it cannot be started; then the grant is over and nothing is left */
  start(options: StartOptions): Promise<GrantedSession>;
  /** A tunnel channel into the session's sandbox. @throws AppError `not-allowed` without a live grant of this peer for it */
  openTunnel(visitor: Visitor, sessionId: string, end: TunnelEnd): Promise<(channel: Duplex) => void>;
  /** The visitor is back after a lost connection. @throws AppError `not-found` */
  resume(visitor: Visitor, sessionId: SessionId): void;
  /** Ends a session of this peer; of any peer when null. @throws AppError `not-found` */
  end(sessionId: SessionId, reason: EndReason, peerId: PeerId | null): Promise<void>;
  endAll(reason: EndReason): Promise<void>;
  endAllOf(peerId: PeerId, reason: EndReason): Promise<void>;
  has(sessionId: string): boolean;
  /** Whether this peer, and this computer, can have one more. */
  hasRoomFor(peerId: PeerId): boolean;
}

export interface StartOptions {
  readonly grant: Grant;
  readonly spec: LaunchSpec;
  readonly offer: Offer;
  readonly visitor: Visitor;
  readonly size: Size | undefined;
}

const DEFAULT_SIZE: Size = { width: 1024, height: 720 };
const MAX_SESSIONS_PER_PEER = 8;
const MAX_SESSIONS = 24;
/** How long a session waits for a visitor whose connection was lost. */
const LOST_AFTER_MS = 120_000;
const COUNT_EVERY_MS = 1000;
/** A program that fails within this time did not work here; later it was the person who used it. */
const FAILED_AT_ONCE_MS = 4000;

interface Running {
  readonly id: SessionId;
  readonly grant: Grant;
  readonly offer: Offer;
  readonly sandbox: Sandbox;
  readonly startedAt: number;
  readonly count: ByteCount;
  readonly channels: Set<Duplex>;
  readonly classic: { readonly server: Server; readonly port: number } | undefined;
  visitor: Visitor | undefined;
  lostTimer: NodeJS.Timeout | undefined;
  stopListening: () => void;
}

export function startHostSessions(options: { readonly containers: Containers; readonly log: Log }): HostSessions {
  const { containers, log } = options;
  const sessions = new Map<SessionId, Running>();
  /** Grants whose sandbox is being started: they count for the limits and end with everything else. */
  const starting = new Set<Grant>();
  const state = new State<readonly Session[]>([]);
  let countTimer: NodeJS.Timeout | undefined;

  function show(): void {
    state.set([...sessions.values()].map(toSession));
    if (sessions.size > 0) countTimer ??= setInterval(show, COUNT_EVERY_MS);
    else {
      clearInterval(countTimer);
      countTimer = undefined;
    }
  }

  function attach(running: Running, visitor: Visitor): void {
    clearTimeout(running.lostTimer);
    running.stopListening();
    running.visitor = visitor;
    running.stopListening = visitor.onClose(() => {
      if (running.visitor !== visitor || sessions.get(running.id) !== running) return;
      running.visitor = undefined;
      running.lostTimer = setTimeout(() => void end(running, 'lost', null), LOST_AFTER_MS);
      show();
    });
  }

  async function end(
    running: Running,
    reason: EndReason,
    exitCode: number | null,
    problem: Problem | null = null,
  ): Promise<void> {
    if (!sessions.delete(running.id)) return;
    clearTimeout(running.lostTimer);
    running.stopListening();
    running.grant.end();
    running.visitor?.notify('session.ended', { sessionId: running.id, reason, exitCode, problem });
    const { terms } = running.grant;
    const durationMs = Date.now() - running.startedAt;
    log.info(
      { sessionId: running.id, peerId: terms.peerId, offer: terms.offerId, reason, exitCode, durationMs },
      'session ended',
    );
    running.classic?.server.close();
    for (const channel of running.channels) channel.destroy();
    await running.sandbox.stop();
    show();
  }

  function lead(running: Running, channel: Duplex, socket: Duplex): void {
    for (const stream of [channel, socket]) {
      running.channels.add(stream);
      stream.once('close', () => running.channels.delete(stream));
    }
    void join(channel, socket, running.count);
  }

  /** The classic forward of the original eBrainPool: a TCP port into the container's sshd, for one address, until the session ends. */
  async function openClassicPort(
    visitor: Visitor,
    getRunning: () => Running | undefined,
  ): Promise<{ server: Server; port: number }> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, async (socket) => {
      const running = getRunning();
      socket.on('error', () => socket.destroy());
      // Security: the granted peer's address only; its key is asked for by the container's sshd.
      if (
        running === undefined ||
        !running.grant.isLive ||
        plainAddress(socket.remoteAddress ?? '') !== visitor.remoteAddress
      ) {
        log.warn({ from: socket.remoteAddress, peerId: visitor.peerId }, 'connection to a classic port refused');
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
    const port = await listen(server, 0, visitor.remoteAddress.includes(':') ? '::' : '0.0.0.0');
    return { server, port };
  }

  async function start({ grant, spec, offer, visitor, size }: StartOptions): Promise<GrantedSession> {
    const { peerId, peerName, view, powers } = grant.terms;
    // Security: without a live grant nothing is started.
    if (!grant.isLive) throw new AppError('not-allowed');
    const id = sessionIdSchema.parse(randomUUID());
    starting.add(grant);
    let sandbox: Sandbox | undefined;
    let classic: { server: Server; port: number } | undefined;
    try {
      const display = view === 'viewer' ? { size: size ?? DEFAULT_SIZE, hasClipboard: powers.clipboard } : null;
      sandbox = await containers.take(peerId, peerName, { display }, grant.signal);
      const hasSsh = view !== 'viewer';
      if (hasSsh) await sandbox.authorise([visitor.publicKey]);
      if (view === 'classic') classic = await openClassicPort(visitor, () => sessions.get(id));
      const containerHostKey = hasSsh ? await containers.hostKeyOf(peerId) : null;
      if (!grant.isLive) throw new AppError('cancelled');
      await sandbox.run(programOf(spec));
      const running: Running = {
        id,
        grant,
        offer,
        sandbox,
        classic,
        startedAt: Date.now(),
        count: { toHost: 0, toVisitor: 0 },
        channels: new Set(),
        visitor: undefined,
        lostTimer: undefined,
        stopListening: () => {},
      };
      sessions.set(id, running);
      attach(running, visitor);
      void sandbox.ended.then(({ exitCode, why }) => {
        const hasFailed = exitCode !== null && exitCode !== 0 && Date.now() - running.startedAt < FAILED_AT_ONCE_MS;
        if (hasFailed) log.warn({ sessionId: id, offer: offer.id, exitCode, why }, 'the program failed at once');
        const problem: Problem | null = hasFailed ? { code: 'program-failed', params: { exitCode } } : null;
        return end(running, 'program', exitCode, problem);
      });
      show();
      log.info({ sessionId: id, peerId, offer: offer.id, view }, 'session started');
      return { sessionId: id, containerHostKey, classicPort: classic?.port ?? null };
    } catch (error) {
      grant.end();
      classic?.server.close();
      await sandbox?.stop();
      log.warn({ peerId, offer: offer.id, error: String(error) }, 'session not started');
      throw error instanceof AppError
        ? error
        : new AppError('container-failed', { why: toProblem(error).code }, { cause: error });
    } finally {
      starting.delete(grant);
    }
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
      const isGranted = running.grant.isLive && (running.grant.terms.view === 'viewer') === (tunnelEnd === 'display');
      if (!isGranted) throw new AppError('not-allowed');
      const socket = await running.sandbox.connect(tunnelEnd);
      return (channel) => {
        if (!running.grant.isLive) {
          channel.destroy();
          socket.destroy();
          return;
        }
        lead(running, channel, socket);
      };
    },
    resume: (visitor, sessionId) => {
      attach(find(sessionId, visitor.peerId), visitor);
      show();
    },
    end: (sessionId, reason, peerId) => end(find(sessionId, peerId), reason, null),
    endAll: (reason) => endWhere(reason, () => true),
    endAllOf: (peerId, reason) => endWhere(reason, (grant) => grant.terms.peerId === peerId),
    has: (sessionId) => sessions.has(sessionId as SessionId),
    hasRoomFor: (peerId) => {
      const grants = [...[...sessions.values()].map((running) => running.grant), ...starting];
      return (
        grants.length < MAX_SESSIONS &&
        grants.filter((grant) => grant.terms.peerId === peerId).length < MAX_SESSIONS_PER_PEER
      );
    },
    [Symbol.asyncDispose]: () => endWhere('host', () => true),
  };
}

/** A program of the console gets a terminal window. */
function programOf(spec: LaunchSpec): Program {
  const argv = spec.isTerminal ? ['xterm', '-T', spec.offer.name, '-e', ...spec.argv] : spec.argv;
  return { argv, workingDirectory: spec.workingDirectory };
}

function toSession(running: Running): Session {
  const { terms } = running.grant;
  return {
    id: running.id,
    role: 'host',
    peerId: terms.peerId,
    peerName: terms.peerName,
    isVerified: false,
    offer: running.offer,
    view: terms.view,
    state: running.visitor === undefined ? 'reconnecting' : 'running',
    startedAt: running.startedAt,
    endedAt: null,
    endReason: null,
    exitCode: null,
    bytesToHost: running.count.toHost,
    bytesToVisitor: running.count.toVisitor,
    classic: running.classic === undefined ? null : { port: running.classic.port, command: '' },
    problem: null,
  };
}
