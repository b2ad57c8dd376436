// What this computer asked of its peers: from the click to the answer.

import { randomUUID } from 'node:crypto';
import type { ActivityEvent } from '../../contract/activity.ts';
import type { Ask } from '../../contract/asks.ts';
import type { ClientId } from '../../contract/contract.ts';
import { AppError, toProblem } from '../../contract/errors.ts';
import { type OfferId, type RequestId, requestIdSchema, type SessionId } from '../../contract/ids.ts';
import { hasView, isKnownKind, kindOf, nameInId } from '../../contract/kinds.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Powers } from '../../contract/powers.ts';
import { narrowest, noPowers, withView } from '../../contract/powers.ts';
import type { Recorder } from '../activity/activity.ts';
import { noteOf } from '../activity/notes.ts';
import { dropOldest } from '../lib/drop-oldest.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import type { Claimed } from '../peers/claimed.ts';
import type { Peers } from '../peers/peers.ts';
import type { Notices } from '../wire/notices.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import { namedProblem } from '../wire/peer-problem.ts';
import type { GrantedSession, NoticeValue } from '../wire/peer-protocol.ts';
import { sendRequest, type Wish, withdrawRequest } from './send-request.ts';

export interface Asks extends Disposable {
  readonly state: Followable<readonly Claimed<Ask>[]>;
  /**
   * Asks; what becomes of it is in `state`.
   * @throws AppError `not-found` when the peer is not known, `offer-unsupported` for one that needs a newer version, `not-allowed` for a view
   *   that its kind does not have
   */
  create(wish: Omit<Wish, 'powers'> & { readonly powers?: Powers | undefined }, client: ClientId): RequestId;
  /** This client shows the ask; when nobody shows it any more it is cancelled. */
  watch(askId: RequestId, client: ClientId): void;
  unwatchAllOf(client: ClientId): void;
  cancel(askId: RequestId): void;
  /** Takes back everything that is not answered. */
  cancelAll(): void;
  dismiss(askId: RequestId): void;
}

/** A yes, and the hold on the connection that its session needs from now on. */
export interface Granted {
  readonly ask: Claimed<Ask>;
  readonly session: GrantedSession;
  readonly connection: HostConnection;
  readonly release: () => void;
}

/** A page that is loaded again comes back within this time. */
const WATCHER_GONE_MS = 4000;

interface Asking {
  ask: Claimed<Ask>;
  readonly asked: Powers;
  readonly abort: AbortController;
  /** The host's id for it. */
  requestId: RequestId | undefined;
  release: (() => void) | undefined;
  readonly watchers: Set<ClientId>;
  stopListening: () => void;
}

export function startAsks(options: {
  readonly peers: Peers;
  readonly notices: Notices;
  readonly activity: Recorder;
  readonly log: Log;
  /** Shows the session, and gives its id here. */
  readonly onGranted: (granted: Granted) => SessionId;
}): Asks {
  const { peers, notices, activity, log, onGranted } = options;
  const asking = new Map<RequestId, Asking>();
  const state = new State<readonly Claimed<Ask>[]>([]);

  function show(): void {
    state.set([...asking.values()].map(({ ask }) => ask));
  }

  function record({ ask }: Asking, event: ActivityEvent): void {
    const { peerId, claimedName, offer } = ask;
    void activity.record(noteOf({ role: 'visitor', peerId, face: peers.faceOf(peerId, claimedName), offer }, event));
  }

  function recordAnswer(item: Asking, { state, problem }: Pick<Ask, 'state' | 'problem'>, powers: Powers | null): void {
    if (state === 'connecting' || state === 'waiting') return;
    const requestId = item.requestId ?? null;
    record(item, answeredAs({ state, powers, requestId, problem: problem?.code ?? null }));
  }

  function settleAsk(
    item: Asking,
    { problem = null, ...rest }: Partial<Pick<Ask, 'state' | 'sessionId' | 'problem'>>,
  ): void {
    const { peerId, claimedName } = item.ask;
    const change = { ...rest, problem: problem && namedProblem(problem, peers.faceOf(peerId, claimedName).name) };
    item.ask = { ...item.ask, ...change };
    item.stopListening();
    if (item.ask.state !== 'granted') {
      recordAnswer(item, item.ask, null);
      item.release?.();
    }
    dropOldest(asking, ({ ask }) => !['connecting', 'waiting'].includes(ask.state));
    show();
  }

  async function pursue(item: Asking, wish: Wish): Promise<void> {
    try {
      const isWanted = () => item.ask.state === 'connecting';
      const sent = await sendRequest(peers, wish, { signal: item.abort.signal, isWanted, log });
      const { connection, requestId, answerTimeoutMs } = sent;
      item.requestId = requestId;
      item.release = sent.release;
      if (!isWanted()) {
        await connection.call('request.cancel', { requestId }).finally(sent.release);
        return;
      }
      item.ask = { ...item.ask, state: 'waiting', expiresAt: Date.now() + answerTimeoutMs };
      show();
      item.stopListening = connection.onClose(() => {
        if (item.ask.state === 'waiting')
          settleAsk(item, { state: 'failed', problem: { code: 'peer-unreachable', params: {} } });
      });
    } catch (error) {
      if (item.ask.state !== 'connecting') return;
      const problem = toProblem(error);
      if (problem.code === 'internal') log.error({ error: String((error as Error)?.stack ?? error) }, 'asking failed');
      settleAsk(item, { state: 'failed', problem });
    }
  }

  function takeAnswer(value: NoticeValue<'request.answered'>, connection: HostConnection): void {
    const item = [...asking.values()].find(
      (other) => other.requestId === value.requestId && other.ask.peerId === connection.peerId,
    );
    const isWanted = item?.ask.state === 'waiting';
    if (!isWanted || value.session === null || value.answer !== 'granted' || value.isQuit) {
      // Cancelled here while the yes was on its way, or not a valid yes: the host must not go on with the session.
      if (value.session !== null)
        void connection.call('session.end', { sessionId: value.session.sessionId }).catch(() => {});
      if (isWanted) settleAsk(item, refusedAs(value));
      return;
    }
    // Security: a host cannot give what was not asked for: the viewer here acts on these powers, too.
    const session = { ...value.session, powers: narrowest(value.session.powers, item.asked) };
    // Recorded first, because the session is in the log from its first moment.
    recordAnswer(item, { ...item.ask, state: 'granted' }, session.powers);
    const sessionId = onGranted({
      ask: item.ask,
      session,
      connection,
      release: item.release ?? (() => {}),
    });
    settleAsk(item, { state: 'granted', sessionId });
  }

  function cancel(askId: RequestId): void {
    const item = asking.get(askId);
    if (item === undefined || !['connecting', 'waiting'].includes(item.ask.state)) return;
    const { requestId, ask } = item;
    item.ask = { ...ask, state: 'cancelled' };
    item.abort.abort();
    if (requestId !== undefined) void withdrawRequest(peers, ask.peerId, requestId);
    settleAsk(item, {});
  }

  notices.on('request.answered', takeAnswer);
  return {
    state,
    create: (wish, client) => {
      const peer = peers.state.value.find((other) => other.id === wish.peerId);
      if (peer === undefined) throw new AppError('not-found', { what: 'This computer' });
      const id = requestIdSchema.parse(randomUUID());
      const powers = wish.powers ?? noPowers;
      const offer = offerOf(peers, wish);
      const item = newAsking(
        { id, offer, powers, view: wish.view, peerId: peer.id, claimedName: peer.claimedName },
        client,
      );
      asking.set(id, item);
      show();
      // With what this view has in any case, as the host reads it too.
      record(item, { kind: 'requested', view: wish.view, powers: withView(powers, wish.view) });
      void pursue(item, { ...wish, powers });
      return id;
    },
    cancel,
    cancelAll: () => {
      for (const id of asking.keys()) cancel(id);
    },
    watch: (askId, client) => {
      asking.get(askId)?.watchers.add(client);
    },
    unwatchAllOf: (client) => {
      for (const item of asking.values()) {
        if (!item.watchers.delete(client) || item.watchers.size > 0) continue;
        // A reload comes back within this time.
        setTimeout(() => item.watchers.size === 0 && cancel(item.ask.id), WATCHER_GONE_MS).unref();
      }
    },
    dismiss: (askId) => {
      const item = asking.get(askId);
      if (item === undefined || ['connecting', 'waiting'].includes(item.ask.state)) return;
      asking.delete(askId);
      show();
    },
    [Symbol.dispose]: () => {
      for (const item of asking.values()) item.abort.abort();
    },
  };
}

function newAsking(
  about: Pick<Claimed<Ask>, 'id' | 'offer' | 'powers' | 'view' | 'peerId' | 'claimedName'>,
  client: ClientId,
): Asking {
  return {
    ask: { ...about, state: 'connecting', askedAt: Date.now(), expiresAt: null, sessionId: null, problem: null },
    asked: withView(about.powers, about.view),
    abort: new AbortController(),
    requestId: undefined,
    release: undefined,
    watchers: new Set([client]),
    stopListening: () => {},
  };
}

function refusedAs({ answer, problem, isQuit }: NoticeValue<'request.answered'>): Pick<Ask, 'state' | 'problem'> {
  if (isQuit) return { state: 'failed', problem: { code: 'peer-quit', params: {} } };
  return { state: answer === 'granted' ? 'failed' : answer, problem };
}

/** A host does not tell why it said yes or no, so rule and duration stay empty. */
function answeredAs(
  answered: Pick<Extract<ActivityEvent, { kind: 'answered' }>, 'requestId' | 'powers' | 'problem'> & {
    readonly state: Exclude<Ask['state'], 'connecting' | 'waiting'>;
  },
): ActivityEvent {
  const { state, ...more } = answered;
  const answer = state === 'granted' ? 'allowed' : state;
  const by = state === 'cancelled' ? 'person' : 'peer';
  return { kind: 'answered', answer, by, ruleId: null, lasts: null, minutes: null, ...more };
}

/** @throws AppError `offer-unsupported` for one that needs a newer version, `not-allowed` for a view that its kind does not have */
function offerOf({ catalogues }: Pick<Peers, 'catalogues'>, { peerId, offerId, view }: Omit<Wish, 'powers'>): Offer {
  const offer = catalogues.value[peerId]?.find((other) => other.id === offerId) ?? unknownOffer(offerId);
  if (!isKnownKind(kindOf(offer.id))) throw new AppError('offer-unsupported');
  if (!hasView(offer.id, view)) throw new AppError('not-allowed');
  return offer;
}

/** For an ask by id alone, as the CLI makes it. */
function unknownOffer(id: OfferId): Offer {
  return { id, kind: kindOf(id), name: nameInId(id), summary: '', categories: [], keywords: [], icon: null };
}
