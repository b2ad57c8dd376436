// One session at the host, from the sandbox to its end: who uses it, what is left of its powers and its time, how it is closed.
import type { Duplex } from 'node:stream';
import { AppError, type Problem } from '../../contract/errors.ts';
import type { PeerId, SessionId } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Powers } from '../../contract/powers.ts';
import { judgeNarrowing } from '../../contract/powers.ts';
import type { Closing, EndReason, Session } from '../../contract/sessions.ts';
import type { Note } from '../activity/activity.ts';
import type { Channel, HostedSession } from '../channels/channel.ts';
import { type PoliteClose, startPoliteClose } from '../channels/display/polite-close.ts';
import type { Grant } from '../consent/grant.ts';
import type { Sandbox } from '../container/engine.ts';
import type { Log } from '../lib/log.ts';
import type { Claimed } from '../peers/claimed.ts';
import type { HostNotice, NoticeValue } from '../wire/peer-protocol.ts';
import type { ByteCount } from '../wire/ssh/ssh.ts';
import type { Visitor } from '../wire/visitor.ts';
import { EndTimer } from './end-timer.ts';
import { type OpenChannels, openChannels } from './open-channels.ts';

/** How long a session waits for a visitor whose connection was lost. */
const LOST_AFTER_MS = 120_000;

export interface HostSessionOptions {
  readonly id: SessionId;
  readonly grant: Grant;
  readonly offer: Offer;
  readonly sandbox: Sandbox;
  readonly visitor: Visitor;
  readonly log: Log;
  record(event: Note['event']): void;
  /** Something of it that is shown has changed. */
  changed(): void;
  /** It is over; `stopped` resolves when its sandbox is gone. */
  over(stopped: Promise<void>): void;
}

export interface Ending {
  readonly exitCode?: number | null;
  readonly problem?: Problem | null;
  readonly lastWords?: readonly string[];
}

export class HostSession implements HostedSession {
  readonly id: SessionId;
  readonly grant: Grant;
  readonly offer: Offer;
  readonly sandbox: Sandbox;
  readonly peerId: PeerId;
  readonly publicKey: string;
  readonly log: Log;
  readonly addresses = new Set<string>();
  readonly #options: HostSessionOptions;
  readonly #count: ByteCount = { toHost: 0, toVisitor: 0 };
  readonly #timer: EndTimer;
  #state: 'opening' | 'running' | 'over' = 'opening';
  #channels: OpenChannels | undefined;
  #powers: Powers;
  #visitor: Visitor | undefined;
  #capabilities: readonly string[] = [];
  #address: string;
  #lostTimer: NodeJS.Timeout | undefined;
  #stopListening = () => {};
  #closing: Closing = 'no';
  #polite: PoliteClose | undefined;

  constructor(options: HostSessionOptions) {
    const { grant, visitor } = options;
    this.#options = options;
    this.id = options.id;
    this.grant = grant;
    this.offer = options.offer;
    this.sandbox = options.sandbox;
    this.log = options.log;
    this.peerId = visitor.peerId;
    this.publicKey = visitor.publicKey;
    this.#address = visitor.remoteAddress;
    this.#powers = grant.terms.powers;
    this.#timer = new EndTimer(grant, () => void this.end('expired'));
  }

  get powers(): Powers {
    return this.#powers;
  }

  get address(): string {
    return this.#address;
  }

  get closing(): Closing {
    return this.#closing;
  }

  get isLive(): boolean {
    return this.#state === 'running' && this.grant.isLive;
  }

  /** Milliseconds. */
  get age(): number {
    return Date.now() - this.#timer.startedAt;
  }

  get leftMs(): number | null {
    return this.#timer.leftMs;
  }

  /** What the visitor is told of its channels with the yes. */
  get told(): OpenChannels['told'] {
    return this.#open.told;
  }

  readonly tell = <N extends HostNotice>(notice: N, value: NoticeValue<N>, capability?: string): void => {
    if (capability === undefined || this.#capabilities.includes(capability)) this.#visitor?.notify(notice, value);
  };

  readonly notePresence = (): void => this.#polite?.notePresence();

  get #open(): OpenChannels {
    if (this.#channels === undefined) throw new Error('a session whose channels are not open yet');
    return this.#channels;
  }

  /** @throws AppError when a channel that its view names cannot be opened; then none is */
  async openChannels(channels: readonly Channel[]): Promise<void> {
    this.#channels = await openChannels(channels, this.grant.terms.view, this, this.#count);
  }

  /** The program runs: from here on it has a visitor, and an end. */
  begin(visitor: Visitor, capabilities: readonly string[]): void {
    this.#state = 'running';
    this.#timer.begin(this.#powers);
    this.attach(visitor, capabilities);
  }

  /** What was opened for a program that did not come to run. */
  abandon(): void {
    this.#state = 'over';
    this.#channels?.[Symbol.dispose]();
  }

  attach(visitor: Visitor, capabilities: readonly string[]): void {
    clearTimeout(this.#lostTimer);
    this.#stopListening();
    this.#visitor = visitor;
    this.#capabilities = capabilities;
    this.#address = visitor.remoteAddress;
    this.addresses.add(visitor.remoteAddress);
    this.#stopListening = visitor.onClose(() => {
      if (this.#visitor !== visitor || this.#state === 'over') return;
      this.#visitor = undefined;
      this.#lostTimer = setTimeout(() => void this.end(this.reasonOf('lost')), LOST_AFTER_MS);
      this.#options.changed();
    });
    this.#open.greet();
  }

  /** Its visitor is back. */
  resume(visitor: Visitor, capabilities: readonly string[]): void {
    this.attach(visitor, capabilities);
    this.#tellClosing();
    this.#options.changed();
  }

  /** An end that comes while the visitor closes the session counts as the visitor's. */
  reasonOf(reason: EndReason): EndReason {
    return this.#closing === 'no' ? reason : 'visitor';
  }

  connect(channel: string): Promise<(stream: Duplex) => void> {
    return this.#open.connect(channel);
  }

  close(): void {
    if (this.#polite !== undefined) return;
    this.#polite = startPoliteClose({
      // Security: a visitor who only watches may press no button, not even a window's close button.
      windows: this.#powers.isViewOnly ? null : (this.#open.windows ?? null),
      sandbox: this.sandbox,
      tell: (closing) => {
        if (closing === 'no') this.#stopClosing();
        this.#closing = closing;
        this.#tellClosing();
        this.#options.changed();
      },
      end: () => void this.end('visitor'),
    });
  }

  keep(): void {
    this.#stopClosing();
    this.#closing = 'no';
    this.#open.greet();
    this.#tellClosing();
    this.#options.changed();
  }

  #stopClosing(): void {
    this.#polite?.[Symbol.dispose]();
    this.#polite = undefined;
  }

  #tellClosing(): void {
    this.tell('session.closing', { sessionId: this.id, closing: this.#closing }, 'close');
  }

  /** @throws AppError `not-allowed` */
  useWindow(wish: 'activate' | 'close', windowId: number): void {
    // Security: bringing a window to the front or closing it is a click. A visitor who only watches has none.
    if (!this.isLive || this.#powers.isViewOnly) throw new AppError('not-allowed');
    this.#open.windows?.[wish](windowId);
  }

  /** @throws AppError `bad-input` for more powers than it has, and for what its view cannot be held to */
  async narrow(powers: Powers): Promise<void> {
    const verdict = judgeNarrowing(this.grant.terms.view, powers, this.#powers);
    // Security: a power that was taken away from a running session comes back only with a new request.
    if (verdict === 'wider') throw new AppError('bad-input', { where: 'powers', why: 'are more than the session has' });
    // Security: the owner must not be told that a power is gone when nothing here can enforce that.
    if (verdict === 'not-held')
      throw new AppError('bad-input', { where: 'powers', why: 'of a native window cannot be taken away: end it' });
    // Security: set before the first await, so that two calls at the same time do not undo each other.
    this.#powers = powers;
    this.#timer.set(powers);
    this.#open.narrow(powers);
    if (powers.network === 'none') await this.sandbox.setNetwork('none');
    if (this.#state === 'over') return;
    const { id: sessionId, powers: left } = this;
    this.#options.record({ kind: 'narrowed', sessionId, powers: left });
    this.tell('session.changed', { sessionId, powers: left, remainingMs: this.leftMs });
    this.#options.changed();
  }

  /** Ends it, if its time is over and no timer said so. */
  checkTime(): void {
    this.#timer.check();
  }

  async end(reason: EndReason, { exitCode = null, problem = null, lastWords = [] }: Ending = {}): Promise<void> {
    if (this.#state === 'over') return;
    this.#state = 'over';
    const { id: sessionId, grant } = this;
    clearTimeout(this.#lostTimer);
    this.#timer[Symbol.dispose]();
    this.#stopListening();
    this.#stopClosing();
    grant.end();
    this.tell('session.ended', {
      sessionId,
      // An older visitor does not know the reason `quit`.
      reason: reason === 'quit' ? 'host' : reason,
      ...(reason === 'quit' && { isQuit: true }),
      exitCode,
      problem,
      lastWords: [...lastWords],
    });
    const { peerId, offerId: offer } = grant.terms;
    const { age: durationMs } = this;
    this.log.info({ sessionId, peerId, offer, reason, exitCode, durationMs }, 'session ended');
    // The channels are cut below; nothing is counted after this.
    const { toHost: bytesToHost, toVisitor: bytesToVisitor } = this.#count;
    const amounts = { durationMs: Math.max(0, durationMs), bytesToHost, bytesToVisitor };
    this.#options.record({ kind: 'ended', sessionId, reason, ...amounts, exitCode });
    this.#open[Symbol.dispose]();
    const stopped = this.sandbox.stop();
    this.#options.over(stopped);
    await stopped;
    this.#options.changed();
  }

  toModel(): Claimed<Session> {
    const { terms } = this.grant;
    return {
      id: this.id,
      role: 'host',
      peerId: terms.peerId,
      claimedName: terms.claimedName,
      address: this.address,
      offer: this.offer,
      view: terms.view,
      state: this.#visitor === undefined ? 'reconnecting' : 'running',
      startedAt: this.#timer.startedAt,
      endedAt: null,
      endReason: null,
      exitCode: null,
      bytesToHost: this.#count.toHost,
      bytesToVisitor: this.#count.toVisitor,
      problem: null,
      lastWords: [],
      powers: this.#powers,
      endsAt: this.#timer.endsAt,
      // Security: window titles show what the visitor is doing, so the owner does not see them.
      windows: [],
      closing: this.#closing,
      ...this.#open.shown,
    };
  }
}
