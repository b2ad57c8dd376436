// Who visits the peer port, and who answers there: what the wire and the rooms above it know of each other.
import type { Duplex } from 'node:stream';
import type { PeerId } from '../../contract/ids.ts';
import type { CallInput, CallOutput, HostNotice, NoticeValue, TunnelEnd, VisitorCall } from './peer-protocol.ts';

/** A peer that uses this computer, as long as its connection lasts. Its key is proved. */
export interface Visitor {
  readonly peerId: PeerId;
  /** `ssh-ed25519 AAAA…`: the key that was proved. */
  readonly publicKey: string;
  readonly remoteAddress: string;
  notify<N extends HostNotice>(notice: N, value: NoticeValue<N>): void;
  /** Returns the way to stop listening. */
  onClose(listener: () => void): () => void;
  close(): void;
}

/** What this computer answers to a visitor's calls and to its wishes for a tunnel channel. */
export interface Answers {
  readonly calls: {
    readonly [C in VisitorCall]: (input: CallInput<C>, visitor: Visitor) => Promise<CallOutput<C>> | CallOutput<C>;
  };
  /** Takes the channel over. @throws when the visitor has no live grant for this session: the channel is refused. */
  openTunnel(visitor: Visitor, sessionId: string, end: TunnelEnd): Promise<(channel: Duplex) => void>;
  /** Whether this key may not connect at all. */
  isRefused(peerId: PeerId): boolean;
  /** To be called when such a key was proved and sent away. */
  onRefused(peerId: PeerId, remoteAddress: string): void;
}
