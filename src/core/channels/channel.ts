// What a channel is: one kind of stream of a session. Each has a folder beside this file with its two sides and its filter.
import type { Duplex } from 'node:stream';
import type { Problem } from '../../contract/errors.ts';
import type { PeerId, SessionId } from '../../contract/ids.ts';
import { hasPower, type Powers } from '../../contract/powers.ts';
import type { EndReason, ProgramWindow, Session, Size } from '../../contract/sessions.ts';
import { type ChannelName, type PowerName, rowOf } from '../../contract/views.ts';
import type { Sandbox } from '../container/engine.ts';
import type { SandboxPart } from '../container/sandbox-part.ts';
import type { NeededProgram } from '../health/programs.ts';
import type { Log } from '../lib/log.ts';
import type { GrantedSession, HostNotice, NoticeValue } from '../wire/peer-protocol.ts';
import type { Filters } from '../wire/ssh/ssh.ts';
import type { ProgramWindows } from './display/program-windows.ts';

export interface Channel<E extends VisitorEnd = VisitorEnd> {
  readonly name: ChannelName;
  /** The channel exists as long as the session has this power. */
  readonly needs: PowerName | null;
  /** The powers that its filter at the host enforces. */
  readonly holds: readonly (PowerName | 'isViewOnly')[];
  /** What it needs of this computer's programs. */
  readonly programs: readonly NeededProgram[];
  readonly host: HostChannel;
  readonly visitor: {
    /** Begins with the session. What goes wrong later is told to the session. */
    open(session: VisitedSession): E;
  };
}

/** Whether a session with these powers has it. */
export function isAllowed({ needs }: Channel, powers: Powers): boolean {
  return needs === null || hasPower(powers, needs);
}

/** Security: a session has only the channels that its view's row names and its powers allow. */
export function channelsFor(channels: readonly Channel[], view: string, powers: Powers): readonly Channel[] {
  return rowOf(view)
    .channels.flatMap((name) => channels.filter((channel) => channel.name === name))
    .filter((channel) => isAllowed(channel, powers));
}

export interface HostChannel {
  /** What it adds to the sandbox. */
  part?(asked: { readonly size: Size }): SandboxPart;
  /** Makes it ready in the sandbox, before the program runs. @throws AppError when it cannot be; then nothing of it is left */
  open(session: HostedSession, lead: Lead): Promise<HostEnd>;
}

/** A session at the host, as its channels see it. */
export interface HostedSession {
  readonly id: SessionId;
  readonly sandbox: Sandbox;
  /** Whom it was granted to. */
  readonly peerId: PeerId;
  /** `ssh-ed25519 AAAA…`, proved. */
  readonly publicKey: string;
  /** Where the visitor is, or was last. */
  readonly address: string;
  /** Where the visitor has been with this session, each shown by its key. Empty until the program runs. */
  readonly addresses: ReadonlySet<string>;
  /** The powers that are left at this moment. */
  readonly powers: Powers;
  /** Whether the program runs under a grant that has not ended. */
  readonly isLive: boolean;
  readonly log: Log;
  /** Says something to the visitor that is there. With a capability, only to one that has it. */
  tell<N extends HostNotice>(notice: N, value: NoticeValue<N>, capability?: string): void;
  /** The visitor uses the program. */
  notePresence(): void;
}

/** Joins a visitor's stream with one into the sandbox: counted, and ended with the channel. */
export type Lead = (visitorSide: Duplex, hostSide: Duplex, filters?: Filters) => void;

/** The host's end of an open channel. Disposing it ends what lies outside of the sandbox, which is stopped after that. */
export interface HostEnd extends Disposable {
  /** What the visitor is told with the yes. */
  readonly told?: Partial<Pick<GrantedSession, 'containerHostKey' | 'classicPort' | 'maxUploadBytes'>>;
  /** What the owner is shown. */
  readonly shown?: Partial<Pick<Session, 'sshCommand' | 'maxUploadBytes'>>;
  /** Where the visitor's streams lead. Absent where it can open none on the peer connection. */
  readonly tunnel?: {
    readonly maxStreams?: number;
    /** @throws AppError `container-failed` */
    connect(): Promise<Duplex>;
    /** Security: filters that hold both sides to the powers, as they are at each message. */
    filters?(): Filters;
  };
  /** The program's windows, where it tells them. */
  readonly windows?: ProgramWindows | undefined;
  /** The visitor has just come, or come back: what it must know. */
  greet?(): void;
  /** The power that it needs was taken away: stop what serves it in the sandbox. Its streams are already ended. */
  revoke?(): void;
}

/** A session at the visitor, as its channels see it. */
export interface VisitedSession {
  /** As it is now; its id is one of our own. */
  readonly model: Pick<Session, 'id' | 'offer' | 'state'>;
  /** What the host gave with the yes. */
  readonly granted: GrantedSession;
  /** Where the host is. */
  readonly address: string;
  readonly isOver: boolean;
  readonly log: Log;
  /** A stream into the sandbox, counted; it ends with the channel. @throws AppError `peer-unreachable`, `not-allowed`, `timeout` */
  openStream(channel: ChannelName): Promise<Duplex>;
  show(change: Partial<Session>): void;
  /** The same for what the host tells, as often as it likes. */
  showSoon(change: Partial<Session>): void;
  /** Closes it as a person does: the program is asked first. */
  close(): void;
  /** Ends it on both sides. */
  end(reason: EndReason, exitCode?: number | null, problem?: Problem | null): void;
  /** It cannot be shown: ends it on both sides. */
  fail(error: unknown): void;
}

/** The visitor's end of a channel. Disposing it ends what it began on this computer. */
export interface VisitorEnd extends AsyncDisposable {
  /** The session goes on, after its connection was lost or its end was taken back. */
  goOn?(): void;
  /** The host's word of the program's windows. */
  takeWindows?(told: readonly ProgramWindow[]): void;
}
