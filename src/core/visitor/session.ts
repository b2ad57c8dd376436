// One session at the visitor, from the yes to the end of its window: its connection, its channels, and how it is closed.
import type { Duplex } from 'node:stream';
import { AppError, type Problem, toProblem } from '../../contract/errors.ts';
import type { SessionId } from '../../contract/ids.ts';
import { narrowest } from '../../contract/powers.ts';
import type { Closing, EndReason, Session } from '../../contract/sessions.ts';
import { type ChannelName, rowOf } from '../../contract/views.ts';
import type { Note } from '../activity/activity.ts';
import { type Channel, channelsFor, isAllowed, type VisitedSession, type VisitorEnd } from '../channels/channel.ts';
import type { EndOf } from '../channels/channels.ts';
import { closeLimits } from '../channels/display/polite-close.ts';
import { countBytes } from '../lib/count-bytes.ts';
import type { Log } from '../lib/log.ts';
import type { Claimed } from '../peers/claimed.ts';
import type { Peers } from '../peers/peers.ts';
import { hasCapability } from '../wire/capabilities.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import type { GrantedSession, NoticeValue } from '../wire/peer-protocol.ts';
import type { Granted } from './asks.ts';
import { resumeSession } from './resume.ts';

/** The host's own limit for closing, plus time for the network. */
const CLOSED_AFTER_MS = closeLimits.totalMs + 30_000;

export interface VisitorSessionOptions {
  readonly granted: Granted;
  readonly model: Claimed<Session>;
  readonly peers: Pick<Peers, 'hold'>;
  readonly log: Log;
  record(event: Note['event']): void;
  /** The same for what the host did. */
  recordFromOutside(event: Note['event']): void;
  /** Something that windows show has changed. */
  changed(): void;
  /** The same for what the host tells, as often as it likes. */
  changedSoon(): void;
}

interface Open {
  readonly channel: Channel;
  readonly end: VisitorEnd;
}

export class VisitorSession implements VisitedSession {
  /** The host's id for it. Security: a host chooses it, so here the session goes by an id of our own. */
  readonly hostSessionId: SessionId;
  readonly granted: GrantedSession;
  readonly log: Log;
  readonly #options: VisitorSessionOptions;
  #model: Claimed<Session>;
  #connection: HostConnection | undefined;
  #release: () => void;
  readonly #open = new Map<ChannelName, Open>();
  readonly #streams = new Map<ChannelName, Set<Duplex>>();
  #closeTimer: NodeJS.Timeout | undefined;
  readonly #abort = new AbortController();
  #stopListening = () => {};

  constructor(options: VisitorSessionOptions) {
    const { granted, model, log } = options;
    this.#options = options;
    this.#model = model;
    this.log = log;
    this.granted = granted.session;
    this.hostSessionId = granted.session.sessionId;
    this.#connection = granted.connection;
    this.#release = granted.release;
  }

  get model(): Claimed<Session> {
    return this.#model;
  }

  get address(): string {
    return this.#options.granted.connection.address.host;
  }

  get isOver(): boolean {
    return this.#model.state === 'ended';
  }

  /** Opens the channels that its view's row names and its powers allow. */
  begin(channels: readonly Channel[]): void {
    const { granted } = this.#options;
    this.#watch(granted.connection);
    const all = channelsFor(channels, this.#model.view, this.#model.powers);
    for (const { name } of all) this.#streams.set(name, new Set());
    for (const channel of all) this.#open.set(channel.name, { channel, end: channel.visitor.open(this) });
  }

  /** @throws AppError `not-found` when it has no such channel or is over, `not-allowed` without the power that it needs */
  endOf<N extends ChannelName>(name: N): EndOf<N> {
    const one = this.#open.get(name);
    if (one !== undefined) return one.end as EndOf<N>;
    const isNamed = rowOf(this.#model.view).channels.includes(name);
    throw !this.isOver && isNamed ? new AppError('not-allowed') : new AppError('not-found', { what: 'This session' });
  }

  async openStream(name: ChannelName): Promise<Duplex> {
    if (this.isOver) throw new AppError('not-found', { what: 'This session' });
    const streams = this.#streams.get(name);
    if (streams === undefined) throw new AppError('not-allowed');
    if (this.#connection === undefined) throw new AppError('peer-unreachable');
    const stream = await this.#connection.openTunnel(this.hostSessionId, name);
    // The channel was closed while this stream was being opened.
    if (this.#streams.get(name) !== streams) {
      stream.destroy();
      throw new AppError(this.isOver ? 'not-found' : 'not-allowed', this.isOver ? { what: 'This session' } : {});
    }
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
    return countBytes(stream, {
      read: (sizeBytes) => {
        this.#model = { ...this.#model, bytesToVisitor: this.#model.bytesToVisitor + sizeBytes };
      },
      written: (sizeBytes) => {
        this.#model = { ...this.#model, bytesToHost: this.#model.bytesToHost + sizeBytes };
      },
    });
  }

  show(change: Partial<Session>): void {
    this.#model = { ...this.#model, ...change };
    this.#options.changed();
  }

  showSoon(change: Partial<Session>): void {
    this.#model = { ...this.#model, ...change };
    this.#options.changedSoon();
  }

  readonly fail = (error: unknown): void => {
    this.log.warn({ error: String(error) }, 'session not shown');
    this.end('failed', null, toProblem(error));
  };

  end(reason: EndReason, exitCode: number | null = null, problem: Problem | null = null): void {
    void this.#tellEnd();
    void this.finish(reason, exitCode, problem);
  }

  /** Ends it here, whoever did so. */
  async finish(
    reason: EndReason,
    exitCode: number | null = null,
    problem: Problem | null = null,
    lastWords: readonly string[] = [],
  ): Promise<void> {
    if (this.isOver) return;
    const { id: sessionId, peerId, startedAt, bytesToHost, bytesToVisitor } = this.#model;
    this.log.info({ sessionId, peerId, reason, exitCode }, 'session ended');
    const ended = { endedAt: Date.now(), endReason: reason, exitCode, problem, lastWords: [...lastWords] };
    this.#model = { ...this.#model, ...ended, state: 'ended', windows: [], closing: 'no' };
    const durationMs = Math.max(0, Date.now() - startedAt);
    this.#options.record({ kind: 'ended', sessionId, reason, durationMs, bytesToHost, bytesToVisitor, exitCode });
    this.#abort.abort();
    this.#stopListening();
    clearTimeout(this.#closeTimer);
    const closed = [...this.#open.keys()].map((name) => this.#closeChannel(name));
    this.#options.changed();
    await Promise.all(closed).finally(this.#release);
  }

  async #closeChannel(name: ChannelName): Promise<void> {
    const one = this.#open.get(name);
    const streams = this.#streams.get(name) ?? [];
    this.#open.delete(name);
    this.#streams.delete(name);
    for (const stream of streams) stream.destroy();
    await one?.end[Symbol.asyncDispose]();
  }

  /** Asks the program first, where the host can. It may ask back, and the person may have to open the window again to see that. */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (
      connection === undefined ||
      this.#model.state !== 'running' ||
      !hasCapability(connection.hello.capabilities, 'call.session.close')
    ) {
      await this.endNow();
      return;
    }
    if (this.#model.closing !== 'no') return;
    this.show({ closing: 'closing' });
    this.#closeTimer = setTimeout(() => void this.endNow(), CLOSED_AFTER_MS);
    try {
      await connection.call('session.close', { sessionId: this.hostSessionId });
    } catch (error) {
      this.log.warn({ sessionId: this.#model.id, error: String(error) }, 'the program could not be asked to close');
      if (this.#connection === connection) await this.endNow();
    }
  }

  async endNow(): Promise<void> {
    void this.#tellEnd();
    await this.finish('visitor');
  }

  /** Ends it, and resolves when the host has heard it. */
  async endAndSay(): Promise<void> {
    await Promise.all([this.#tellEnd(), this.finish('visitor')]);
  }

  /** Makes sure that the host ends it too. A host that cannot be told ends it by itself when we stay away. */
  async #tellEnd(connection = this.#connection): Promise<void> {
    await connection?.call('session.end', { sessionId: this.hostSessionId }).catch(() => {});
  }

  /** @throws what the host answers */
  async keep(): Promise<void> {
    if (this.#model.closing === 'no') return;
    await this.#connection?.call('session.keep', { sessionId: this.hostSessionId });
    this.#stopClosing();
  }

  #stopClosing(): void {
    clearTimeout(this.#closeTimer);
    if (this.#model.closing !== 'no') this.show({ closing: 'no' });
    this.#goOn();
  }

  #goOn(): void {
    for (const { end } of this.#open.values()) end.goOn?.();
  }

  /** @throws AppError `not-found` when the host has no list of windows, `not-allowed`, and what the host answers */
  async useWindow(wish: 'activate' | 'close', windowId: number): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || !hasCapability(connection.hello.capabilities, `call.window.${wish}`))
      throw new AppError('not-found', { what: 'This window' });
    if (this.#model.powers.isViewOnly) throw new AppError('not-allowed');
    await connection.call(`window.${wish}`, { sessionId: this.hostSessionId, windowId });
  }

  takeWindows(windows: NoticeValue<'session.windows'>['windows']): void {
    for (const { end } of this.#open.values()) end.takeWindows?.(windows);
  }

  takeClosing(closing: Closing): void {
    // Security: only the person here starts the closing. A host may only say how far it is.
    if (this.isOver || this.#model.closing === 'no') return;
    if (closing === 'no') this.#stopClosing();
    else this.showSoon({ closing });
  }

  takeChange({ powers: told, remainingMs }: NoticeValue<'session.changed'>): void {
    if (this.isOver) return;
    // Security: a host can only take powers away, never add any, because the viewer here acts on them too.
    const powers = narrowest(this.#model.powers, told);
    this.#options.recordFromOutside({ kind: 'narrowed', sessionId: this.#model.id, powers });
    for (const [name, { channel }] of this.#open) if (!isAllowed(channel, powers)) void this.#closeChannel(name);
    this.showSoon({ powers, endsAt: remainingMs === null ? null : Date.now() + remainingMs });
  }

  takeEnd({ reason: told, isQuit, exitCode, problem, lastWords }: NoticeValue<'session.ended'>): void {
    // Security: this side knows what its person did. A host's word does not count for that.
    const isClosedHere = this.#model.closing !== 'no' && (told === 'visitor' || told === 'program');
    const reason = isQuit ? 'quit' : told === 'visitor' ? 'host' : told;
    if (isClosedHere && !isQuit) void this.finish('visitor', exitCode);
    else void this.finish(reason, exitCode, problem, lastWords);
  }

  /** Follows the connection: a lost one is looked for again, as long as the host waits. */
  #watch(connection: HostConnection): void {
    this.#stopListening = connection.onClose(() => {
      if (this.#connection !== connection || this.isOver) return;
      this.#connection = undefined;
      if (rowOf(this.#model.view).canResume) void this.#resume();
      else void this.finish('lost');
    });
  }

  async #resume(): Promise<void> {
    this.show({ state: 'reconnecting' });
    const of = { peerId: this.#model.peerId, hostSessionId: this.hostSessionId };
    try {
      const { connection, release } = await resumeSession(this.#options.peers, of, this.#abort.signal);
      if (this.isOver) {
        void this.#tellEnd(connection);
        release();
        return;
      }
      this.#release();
      this.#release = release;
      this.#connection = connection;
      this.show({ state: 'running' });
      this.#goOn();
      this.#watch(connection);
    } catch (error) {
      this.log.info({ sessionId: this.#model.id, error: String(error) }, 'a lost session is not there any more');
      // If the person was closing it, that is its end, even though the host could not confirm it.
      await this.finish(this.#model.closing === 'no' ? 'lost' : 'visitor');
    }
  }
}
