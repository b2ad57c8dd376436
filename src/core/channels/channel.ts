// What a channel is: one kind of stream of a session. Each has a folder beside this file, with what its two sides do and its filter.
import type { Duplex } from 'node:stream';
import type { PeerId, SessionId } from '../../contract/ids.ts';
import type { Powers } from '../../contract/powers.ts';
import type { Session, Size } from '../../contract/sessions.ts';
import type { ChannelName, PowerName } from '../../contract/views.ts';
import type { SandboxWish } from '../container/container.ts';
import type { Sandbox } from '../container/engine.ts';
import type { Log } from '../lib/log.ts';
import type { GrantedSession, HostNotice, NoticeValue } from '../wire/peer-protocol.ts';
import type { Filters } from '../wire/ssh/ssh.ts';
import type { ProgramWindows } from './display/program-windows.ts';

export interface Channel {
  readonly name: ChannelName;
  /** It is there as long as the session has this power. */
  readonly needs: PowerName | null;
  /** What its filter at the host holds the visitor to. */
  readonly holds: readonly (PowerName | 'isViewOnly')[];
  readonly host: HostChannel;
}

export interface HostChannel {
  /** What the sandbox must be made with. */
  wish?(asked: { readonly size: Size }): Partial<SandboxWish>;
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
  /** What is left of them at this moment. */
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
    /** Security: what holds both sides to the powers, to what is left of them at the moment of each message. */
    filters?(): Filters;
  };
  /** The program's windows, where it tells them. */
  readonly windows?: ProgramWindows | undefined;
  /** The visitor has just come, or come back: what it must know. */
  greet?(): void;
  /** The power that it needs was taken away: nothing in the sandbox serves it any more. Its streams are ended. */
  revoke?(): void;
}
