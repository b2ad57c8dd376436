// Sessions in which this computer is the visitor: which there are, what their hosts say of them, and what ends several.

import { randomUUID } from 'node:crypto';
import { AppError } from '../../contract/errors.ts';
import { type PeerId, type SessionId, sessionIdSchema } from '../../contract/ids.ts';
import type { Session } from '../../contract/sessions.ts';
import { type ChannelName, rowOf } from '../../contract/views.ts';
import type { Note, Recorder } from '../activity/activity.ts';
import { noteOf } from '../activity/notes.ts';
import type { Channel } from '../channels/channel.ts';
import type { EndOf } from '../channels/channels.ts';
import { dropOldest } from '../lib/drop-oldest.ts';
import type { Log } from '../lib/log.ts';
import { createRateLimit } from '../lib/rate-limit.ts';
import { type Followable, State } from '../lib/state.ts';
import type { Claimed } from '../peers/claimed.ts';
import type { Peers } from '../peers/peers.ts';
import type { Notices } from '../wire/notices.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import type { Granted } from './asks.ts';
import { VisitorSession } from './session.ts';

export interface VisitorSessions extends AsyncDisposable {
  readonly state: Followable<readonly Claimed<Session>[]>;
  /** Shows what a peer has granted. */
  begin(granted: Granted): SessionId;
  /** Ends every session with this peer as the host. */
  endAllOf(peerId: PeerId): Promise<void>;
  /** Ends every session and says so; resolves when the hosts have heard it. */
  endAll(): Promise<void>;
  /** This side of a channel of it. @throws AppError `not-found` when it has none or is over, `not-allowed` without the power that it needs */
  channel<N extends ChannelName>(sessionId: string, name: N): EndOf<N>;
  has(sessionId: string): boolean;
  /** Asks its program to close, and ends it when it has; `isNow` does not ask. @throws AppError `not-found` */
  end(sessionId: SessionId, isNow: boolean): Promise<void>;
  /** Goes on with one that is being closed. @throws AppError `not-found`, and what the host answers */
  keep(sessionId: SessionId): Promise<void>;
  /** @throws AppError `not-found` when the host has no list of windows, and what the host answers */
  useWindow(sessionId: SessionId, wish: 'activate' | 'close', windowId: number): Promise<void>;
  dismiss(sessionId: SessionId): void;
}

const SHOW_EVERY_MS = 1000;
/** How often news of one host is shown at once; what is more is shown with a delay. */
const TOLD = { times: 20, windowMs: 1000 };
const SHOWN_LATE_MS = 100;

export function startVisitorSessions(options: {
  readonly channels: readonly Channel[];
  readonly peers: Pick<Peers, 'hold' | 'faceOf'>;
  readonly notices: Notices;
  readonly activity: Recorder;
  readonly log: Log;
}): VisitorSessions {
  const { channels, peers, notices, activity, log } = options;
  const sessions = new Map<SessionId, VisitorSession>();
  const state = new State<readonly Claimed<Session>[]>([]);
  let showTimer: NodeJS.Timeout | undefined;
  const toldRate = createRateLimit(TOLD.times, undefined, TOLD.windowMs);
  let lateTimer: NodeJS.Timeout | undefined;

  function show(): void {
    dropOldest(sessions, ({ isOver }) => isOver);
    state.set([...sessions.values()].map(({ model }) => model));
    const isCounting = [...sessions.values()].some(({ isOver }) => !isOver);
    if (isCounting) showTimer ??= setInterval(show, SHOW_EVERY_MS);
    else {
      clearInterval(showTimer);
      showTimer = undefined;
    }
  }

  /** Security: a host that sends news without end must not keep the windows busy. Its news counts at once and is shown soon after. */
  function showSoon(peerId: PeerId): void {
    if (toldRate.take(peerId)) show();
    else
      lateTimer ??= setTimeout(() => {
        lateTimer = undefined;
        show();
      }, SHOWN_LATE_MS);
  }

  function note({ peerId, claimedName, offer }: Claimed<Session>, event: Note['event']): Note {
    return noteOf({ role: 'visitor', peerId, face: peers.faceOf(peerId, claimedName), offer }, event);
  }

  function begin(granted: Granted): SessionId {
    const id = sessionIdSchema.parse(randomUUID());
    const model = modelOf(id, granted);
    const { peerId, offer, view, powers } = model;
    const session = new VisitorSession({
      ...{ granted, model, peers, log },
      record: (event) => void activity.record(note(model, event)),
      recordFromOutside: (event) => void activity.recordFromOutside(note(model, event)),
      changed: show,
      changedSoon: () => showSoon(peerId),
    });
    sessions.set(id, session);
    show();
    log.info({ sessionId: id, peerId, offer: offer.id, view }, 'session started');
    void activity.record(note(model, { kind: 'started', sessionId: id, ruleId: null, view, powers }));
    session.begin(channels);
    return id;
  }

  async function endAllWhere(isMeant: (session: Claimed<Session>) => boolean): Promise<void> {
    const meant = [...sessions.values()].filter(({ isOver, model }) => !isOver && isMeant(model));
    await Promise.all(meant.map((session) => session.endAndSay()));
  }

  function find(sessionId: string): VisitorSession {
    const session = sessions.get(sessionId as SessionId);
    if (session === undefined) throw new AppError('not-found', { what: 'This session' });
    return session;
  }

  /** Security: only among sessions of this connection's peer. */
  function findOfHost(sessionId: SessionId, connection: HostConnection): VisitorSession | undefined {
    return [...sessions.values()].find(
      ({ hostSessionId, model }) => hostSessionId === sessionId && model.peerId === connection.peerId,
    );
  }

  notices.on('session.ended', (value, connection) => findOfHost(value.sessionId, connection)?.takeEnd(value));
  notices.on('session.changed', (value, connection) => findOfHost(value.sessionId, connection)?.takeChange(value));
  notices.on('session.windows', ({ sessionId, windows }, connection) =>
    findOfHost(sessionId, connection)?.takeWindows(windows),
  );
  notices.on('session.closing', ({ sessionId, closing }, connection) =>
    findOfHost(sessionId, connection)?.takeClosing(closing),
  );

  return {
    state,
    begin,
    endAllOf: (peerId) => endAllWhere((session) => session.peerId === peerId),
    endAll: () => endAllWhere(() => true),
    channel: (sessionId, name) => find(sessionId).endOf(name),
    has: (sessionId) => sessions.has(sessionId as SessionId),
    end: (sessionId, isNow) => (isNow ? find(sessionId).endNow() : find(sessionId).close()),
    keep: async (sessionId) => find(sessionId).keep(),
    useWindow: async (sessionId, wish, windowId) => find(sessionId).useWindow(wish, windowId),
    dismiss: (sessionId) => {
      if (!find(sessionId).isOver) return;
      sessions.delete(sessionId);
      show();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...sessions.values()].map((session) => session.endNow()));
      clearInterval(showTimer);
      clearTimeout(lateTimer);
    },
  };
}

function modelOf(id: SessionId, { ask, session: granted }: Granted): Claimed<Session> {
  return {
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
  };
}
