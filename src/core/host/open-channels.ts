// The channels of one session: those that its view's row names and its powers allow, opened, led into the sandbox, and closed.
import type { Duplex } from 'node:stream';
import { AppError } from '../../contract/errors.ts';
import type { Powers } from '../../contract/powers.ts';
import type { Session } from '../../contract/sessions.ts';
import {
  type Channel,
  channelsFor,
  type HostEnd,
  type HostedSession,
  isAllowed,
  type Lead,
} from '../channels/channel.ts';
import type { ProgramWindows } from '../channels/display/program-windows.ts';
import type { Log } from '../lib/log.ts';
import { type ByteCount, type Filters, joinStreams } from '../wire/ssh/ssh.ts';

export interface OpenChannels extends Disposable {
  readonly told: Required<NonNullable<HostEnd['told']>>;
  readonly shown: Required<NonNullable<HostEnd['shown']>>;
  readonly windows: ProgramWindows | undefined;
  /** Tells a visitor that has just come, or come back, what it must know. */
  greet(): void;
  /** A stream for the visitor. @throws AppError `not-allowed` for a channel that is not open, `peer-busy`, `container-failed` */
  connect(name: string): Promise<(stream: Duplex) => void>;
  /** Closes the channels whose power was taken away, and ends their streams. */
  narrow(powers: Powers): void;
}

interface Open {
  readonly channel: Channel;
  readonly end: HostEnd;
  readonly streams: Set<Duplex>;
  /** The streams that the visitor opened. */
  readonly visitorStreams: Set<Duplex>;
}

/** @throws AppError when one of them cannot be opened; then none is */
export async function openChannels(
  channels: readonly Channel[],
  view: string,
  session: HostedSession,
  count: ByteCount,
): Promise<OpenChannels> {
  const opened = new Map<string, Open>();
  using onFailure = new DisposableStack();
  onFailure.defer(() => closeAll(opened));
  // Security: only channels that the view's row names are opened, and a stream leads only into an open channel.
  for (const channel of channelsFor(channels, view, session.powers)) {
    const streams = new Set<Duplex>();
    const end = await channel.host.open(session, leading(streams, count, session.id, session.log));
    opened.set(channel.name, { channel, end, streams, visitorStreams: new Set() });
  }
  onFailure.move();

  const all = () => [...opened.values()];
  /** Security: whether a stream may lead there at this moment. */
  const isOpen = ({ channel }: Open) =>
    session.isLive && opened.has(channel.name) && isAllowed(channel, session.powers);

  return {
    get told() {
      const none = { containerHostKey: null, classicPort: null, maxUploadBytes: null };
      return Object.assign(none, ...all().map(({ end }) => end.told)) as OpenChannels['told'];
    },
    get shown() {
      const none: Pick<Session, 'sshCommand' | 'maxUploadBytes'> = { sshCommand: null, maxUploadBytes: null };
      return Object.assign(none, ...all().map(({ end }) => end.shown)) as OpenChannels['shown'];
    },
    get windows() {
      return all().find(({ end }) => end.windows !== undefined)?.end.windows;
    },
    greet: () => {
      for (const { end } of all()) end.greet?.();
    },
    connect: async (name) => {
      const one = opened.get(name);
      const tunnel = one?.end.tunnel;
      if (one === undefined || tunnel === undefined || !isOpen(one)) throw new AppError('not-allowed');
      if (one.visitorStreams.size >= (tunnel.maxStreams ?? Number.POSITIVE_INFINITY)) throw new AppError('peer-busy');
      const inside = await tunnel.connect();
      return (stream) => {
        // Security: what was taken away while the stream was opened stays closed.
        if (!isOpen(one)) {
          stream.destroy();
          inside.destroy();
          return;
        }
        one.visitorStreams.add(stream);
        stream.once('close', () => one.visitorStreams.delete(stream));
        leading(one.streams, count, session.id, session.log)(stream, inside, tunnel.filters?.());
      };
    },
    narrow: (powers) => {
      for (const one of all()) {
        if (isAllowed(one.channel, powers)) continue;
        opened.delete(one.channel.name);
        close(one);
        one.end.revoke?.();
      }
    },
    [Symbol.dispose]: () => closeAll(opened),
  };
}

function closeAll(opened: Map<string, Open>): void {
  const all = [...opened.values()];
  opened.clear();
  all.forEach(close);
}

function close({ end, streams }: Open): void {
  end[Symbol.dispose]();
  for (const stream of streams) stream.destroy();
}

function leading(streams: Set<Duplex>, count: ByteCount, sessionId: string, log: Log): Lead {
  return (visitorSide, hostSide, filters?: Filters) => {
    for (const stream of [visitorSide, hostSide]) {
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
    }
    for (const filter of [filters?.toHost, filters?.toVisitor])
      filter?.once('error', (error: NodeJS.ErrnoException) => {
        // A closed channel is not a fault: every session ends this way.
        if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
        log.warn({ sessionId, error: error.message }, 'tunnel channel ended');
      });
    void joinStreams(visitorSide, hostSide, count, filters);
  };
}
