// Sessions in which this computer is the host: which there are, whether there is room for one more, and what ends several.

import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { AppError, toProblem } from '../../contract/errors.ts';
import { type PeerId, type RuleId, type SessionId, sessionIdSchema } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Powers } from '../../contract/powers.ts';
import type { EndReason, Session, Size } from '../../contract/sessions.ts';
import type { Note, Recorder } from '../activity/activity.ts';
import { noteOf } from '../activity/notes.ts';
import type { Channel } from '../channels/channel.ts';
import type { Grant } from '../consent/grant.ts';
import type { Containers } from '../container/container.ts';
import type { Sandbox } from '../container/engine.ts';
import { wrapProgram } from '../container/sandbox-part.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import type { Launch } from '../offers/kind.ts';
import type { FoundOffer } from '../offers/offers.ts';
import type { Claimed } from '../peers/claimed.ts';
import type { PeerBook } from '../peers/peer-book.ts';
import type { GrantedSession, TunnelEnd } from '../wire/peer-protocol.ts';
import type { Visitor } from '../wire/visitor.ts';
import { faultOf } from './program-end.ts';
import { sandboxWish } from './sandbox-wish.ts';
import { HostSession } from './session.ts';

export interface HostSessions extends AsyncDisposable {
  readonly state: Followable<readonly Claimed<Session>[]>;
  /** Starts what was granted. @throws AppError when it cannot be started; then the grant is over and nothing is left */
  start(options: StartOptions): Promise<GrantedSession>;
  /** A tunnel channel into the session's sandbox. @throws AppError `not-allowed` without a live grant of this peer for it */
  openTunnel(visitor: Visitor, sessionId: string, end: TunnelEnd): Promise<(channel: Duplex) => void>;
  /** The visitor is back after a lost connection. @throws AppError `not-found` */
  resume(visitor: Visitor, sessionId: SessionId, capabilities: readonly string[]): void;
  /** Ends a session of this peer; of any peer when null. @throws AppError `not-found` */
  end(sessionId: SessionId, reason: EndReason, peerId: PeerId | null): Promise<void>;
  /** The visitor closes it: asks the program to close, and ends the session when it has or does not answer. @throws AppError `not-found` */
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
  readonly offer: Offer;
  readonly launch: Launch;
  readonly explainEnd: FoundOffer['explainEnd'];
  readonly visitor: Visitor;
  /** What the visitor said that it can do. */
  readonly capabilities: readonly string[];
  readonly size: Size | undefined;
}

const MAX_SESSIONS_PER_PEER = 8;
const MAX_SESSIONS = 24;
const SHOW_EVERY_MS = 1000;

export function startHostSessions(options: {
  readonly channels: readonly Channel[];
  readonly containers: Containers;
  readonly book: Pick<PeerBook, 'faceOf'>;
  readonly activity: Recorder;
  readonly log: Log;
}): HostSessions {
  const { channels, containers, book, activity, log } = options;
  const sessions = new Map<SessionId, HostSession>();
  /** Grants whose sandbox is being started: they count for the limits and end with everything else. */
  const starting = new Set<Grant>();
  /** Sandboxes of sessions that are over. */
  const stopping = new Set<Promise<void>>();
  const state = new State<readonly Claimed<Session>[]>([]);
  let showTimer: NodeJS.Timeout | undefined;

  function show(): void {
    for (const session of sessions.values()) session.checkTime();
    state.set([...sessions.values()].map((session) => session.toModel()));
    if (sessions.size > 0) showTimer ??= setInterval(show, SHOW_EVERY_MS);
    else {
      clearInterval(showTimer);
      showTimer = undefined;
    }
  }

  function record(grant: Grant, offer: Offer, event: Note['event']): void {
    const { peerId, claimedName } = grant.terms;
    void activity.record(noteOf({ role: 'host', peerId, face: book.faceOf(peerId, claimedName), offer }, event));
  }

  async function start(options: StartOptions): Promise<GrantedSession> {
    const { grant, offer, launch, explainEnd, visitor, capabilities, size } = options;
    const { peerId, claimedName, view, powers } = grant.terms;
    // Security: without a live grant nothing is started.
    if (!grant.isLive) throw new AppError('not-allowed');
    // Security: checked again, because rules answer so fast that many requests pass the first check before one of them is counted.
    if (!hasRoomFor(peerId)) {
      grant.end();
      throw new AppError('peer-busy');
    }
    const id = sessionIdSchema.parse(randomUUID());
    starting.add(grant);
    let sandbox: Sandbox | undefined;
    let session: HostSession | undefined;
    // Security: a grant that ends during the start stops the sandbox at once.
    const opening = new AbortController();
    try {
      const wish = sandboxWish(channels, { view, powers, launch, size });
      sandbox = await containers.take(peerId, book.faceOf(peerId, claimedName).name, wish, grant.signal);
      const taken = sandbox;
      grant.signal.addEventListener('abort', () => void taken.stop(), { signal: opening.signal });
      if (!grant.isLive) throw new AppError('cancelled');
      if (wish.hasNetwork) await sandbox.setNetwork('internet');
      session = new HostSession({
        ...{ id, grant, offer, sandbox, visitor, log },
        record: (event) => record(grant, offer, event),
        changed: show,
        over: (stopped) => {
          sessions.delete(id);
          stopping.add(stopped);
          void stopped.finally(() => stopping.delete(stopped));
        },
      });
      await session.openChannels(channels);
      if (!grant.isLive) throw new AppError('cancelled');
      await sandbox.runMain(wrapProgram(wish.parts, launch.program));
      // Security: the grant may have ended meanwhile, and then nothing would end this session later.
      if (!grant.isLive) throw new AppError('cancelled');
      opening.abort();
      sessions.set(id, session);
      session.begin(visitor, capabilities);
      void followProgram(session, explainEnd);
      show();
      log.info({ sessionId: id, peerId, offer: offer.id, view }, 'session started');
      record(grant, offer, { kind: 'started', sessionId: id, ruleId: grant.terms.ruleId, view, powers });
      return { sessionId: id, ...session.told, powers, remainingMs: session.leftMs };
    } catch (thrown) {
      const error = grant.isLive ? thrown : new AppError('cancelled', {}, { cause: thrown });
      opening.abort();
      grant.end();
      session?.abandon();
      await sandbox?.stop();
      log.warn({ peerId, offer: offer.id, error: String(error) }, 'session not started');
      throw error instanceof AppError
        ? error
        : new AppError('container-failed', { why: toProblem(error).code }, { cause: error });
    } finally {
      starting.delete(grant);
    }
  }

  /** The session ends with its program. */
  async function followProgram(session: HostSession, explainEnd: FoundOffer['explainEnd']): Promise<void> {
    const { id: sessionId, offer } = session;
    const ended = await session.sandbox.ended;
    const { exitCode, output } = ended;
    // When the program was asked to end, its exit code is not a fault.
    if (session.closing !== 'no' || exitCode === null || exitCode === 0 || !sessions.has(sessionId))
      return session.end(session.reasonOf('program'), { exitCode });
    log.warn({ sessionId, offer: offer.id, exitCode, ...output }, 'the program failed');
    return session.end('program', { exitCode, ...(await faultOf(ended, exitCode, explainEnd, session.age)) });
  }

  function hasRoomFor(peerId: PeerId): boolean {
    const grants = [...[...sessions.values()].map((session) => session.grant), ...starting];
    return (
      grants.length < MAX_SESSIONS &&
      grants.filter((grant) => grant.terms.peerId === peerId).length < MAX_SESSIONS_PER_PEER
    );
  }

  function find(sessionId: string, peerId: PeerId | null): HostSession {
    const session = sessions.get(sessionId as SessionId);
    // A session of another peer does not exist for this one.
    if (session === undefined || (peerId !== null && session.peerId !== peerId)) {
      throw new AppError('not-found', { what: 'This session' });
    }
    return session;
  }

  async function endWhere(reason: EndReason, isMeant: (grant: Grant) => boolean): Promise<void> {
    for (const grant of starting) if (isMeant(grant)) grant.end();
    await Promise.all(
      [...sessions.values()].filter(({ grant }) => isMeant(grant)).map((session) => session.end(reason)),
    );
  }

  return {
    state,
    start,
    openTunnel: async (visitor, sessionId, channel) => find(sessionId, visitor.peerId).connect(channel),
    resume: (visitor, sessionId, capabilities) => find(sessionId, visitor.peerId).resume(visitor, capabilities),
    close: (sessionId, peerId) => find(sessionId, peerId).close(),
    keep: (sessionId, peerId) => find(sessionId, peerId).keep(),
    useWindow: (sessionId, peerId, wish, windowId) => find(sessionId, peerId).useWindow(wish, windowId),
    end: (sessionId, reason, peerId) => find(sessionId, peerId).end(reason),
    endAll: (reason) => endWhere(reason, () => true),
    endAllOf: (peerId, reason) => endWhere(reason, (grant) => grant.terms.peerId === peerId),
    endAllUnder: (ruleId, reason) => endWhere(reason, (grant) => grant.terms.ruleId === ruleId),
    narrow: async (sessionId, powers) => find(sessionId, null).narrow(powers),
    has: (sessionId) => sessions.has(sessionId as SessionId),
    hasRoomFor,
    [Symbol.asyncDispose]: async () => {
      await endWhere('quit', () => true);
      await Promise.all(stopping);
    },
  };
}
