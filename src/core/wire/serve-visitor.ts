// One visitor whose key is proved: its control channel, on which it calls, and its tunnel channels.
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, ServerChannel } from 'ssh2';
import { AppError } from '../../contract/errors.ts';
import { createLinePort } from '../../contract/line-port.ts';
import { createRpc, parseInput, type Rpc } from '../../contract/rpc.ts';
import type { Log } from '../lib/log.ts';
import { createOnceClosed } from '../lib/once-closed.ts';
import type { TimeBudget } from '../lib/time-budget.ts';
import { plainAddress } from './listen.ts';
import {
  CONTROL_SUBSYSTEM,
  MAX_CALL_BYTES,
  MAX_MESSAGE_BYTES,
  parseTunnelPath,
  type VisitorCall,
  visitorCalls,
} from './peer-protocol.ts';
import type { ProvedKey } from './prove-key.ts';
import { closingWhenDestroyed } from './ssh/ssh.ts';
import type { Guard } from './ssh/ssh-guard.ts';
import type { Answers, Visitor } from './visitor.ts';

const MAX_CHANNELS_PER_CONNECTION = 64;
/** A visitor that asks more, or does not read its answers, is not read for a while. It stays connected, for it may mean no harm. */
const MAX_CALLS_UNDER_WAY = 16;
const MAX_UNREAD_ANSWER_BYTES = 1024 * 1024;
const UNREAD_WAIT_MS = 10;
const UNSENT_POLL_MS = 2;
const DROP_AFTER_MS = 250;

export interface ProvedConnection {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly guard: Guard;
  readonly proved: ProvedKey;
  /** Of the core's time for the control messages of this peer. */
  readonly readingTime: TimeBudget;
  readonly answers: Answers;
  readonly log: Log;
}

export interface ServedVisitor {
  readonly visitor: Visitor;
  /** Ends the connection when what was said on it is out. Resolves when the visitor is gone. */
  leave(): Promise<void>;
}

export function serveVisitor(from: ProvedConnection): ServedVisitor {
  const { connection, socket, guard, log } = from;
  const { peerId, publicKey } = from.proved;
  const closed = createOnceClosed();
  socket.once('close', closed.close);
  let control: Rpc | undefined;
  let controlChannel: ServerChannel | undefined;
  const visitor: Visitor = {
    peerId,
    publicKey,
    remoteAddress: plainAddress(socket.remoteAddress ?? ''),
    notify: (notice, value) => control?.notify(notice, value),
    onClose: closed.follow,
    close: () => drop(connection, socket),
  };
  log.info({ peerId, from: visitor.remoteAddress }, 'peer connected');
  socket.once('close', () => log.info({ peerId }, 'peer disconnected'));

  let hasSession = false;
  connection.on('session', (acceptSession, rejectSession) => {
    if (hasSession) {
      rejectSession();
      return;
    }
    hasSession = true;
    const session = acceptSession();
    // Security: no shell, no exec, no environment, no pty: ssh2 refuses what has no listener.
    session.on('subsystem', (accept, reject, info) => {
      if (info.name !== CONTROL_SUBSYSTEM || control !== undefined) {
        // Null where the peer wants no answer, whatever the types say.
        (reject as typeof reject | undefined)?.();
        return;
      }
      controlChannel = guard.watch(accept());
      control = serveControl(controlChannel, visitor, from);
    });
  });
  serveTunnels(visitor, from, () => closed.isClosed);
  // Security: TCP forwards in either direction are refused; a peer reaches what a grant names and nothing else.
  connection.on('request', (_accept, reject) => reject?.());
  connection.on('tcpip', (_accept, reject) => reject());

  return {
    visitor,
    leave: async () => {
      const unsentBytes = () => (controlChannel?.writableLength ?? 0) + socket.writableLength;
      while (!closed.isClosed && unsentBytes() > 0) await sleep(UNSENT_POLL_MS);
      connection.end();
      await new Promise<void>((resolve) => closed.follow(resolve));
    },
  };
}

/** Leads each channel to where the host says, as long as there are not too many. */
function serveTunnels(visitor: Visitor, from: ProvedConnection, isClosed: () => boolean): void {
  const { connection, guard, answers, log } = from;
  const { peerId } = visitor;
  let channelCount = 0;
  connection.on(
    'openssh.streamlocal' as 'request',
    ((accept: () => ServerChannel, reject: () => void, info: { socketPath: string }) => {
      const target = parseTunnelPath(info.socketPath);
      if (target === null || channelCount >= MAX_CHANNELS_PER_CONNECTION || answers.isRefused(peerId)) {
        reject();
        return;
      }
      channelCount += 1;
      answers.openTunnel(visitor, target.sessionId, target.end).then(
        (take) => {
          // ssh2 never closes a channel that is accepted after its connection has ended: what waits for it would wait for ever.
          if (isClosed()) {
            const gone = new PassThrough();
            take(gone);
            gone.destroy();
            return;
          }
          const channel = closingWhenDestroyed(guard.watch(accept()));
          channel.on('error', () => channel.destroy());
          channel.once('close', () => {
            channelCount -= 1;
          });
          take(channel);
        },
        (error: Error) => {
          channelCount -= 1;
          log.warn({ peerId, end: target.end, error: error.message }, 'tunnel channel refused');
          reject();
        },
      );
    }) as never,
  );
}

function serveControl(channel: ServerChannel, visitor: Visitor, { answers, readingTime, log }: ProvedConnection): Rpc {
  channel.on('error', () => channel.destroy());
  let underWay = 0;
  const isFull = () => underWay >= MAX_CALLS_UNDER_WAY || channel.writableLength >= MAX_UNREAD_ANSWER_BYTES;
  const port = createLinePort(channel, {
    maxLineBytes: MAX_CALL_BYTES,
    maxBufferedBytes: 2 * MAX_MESSAGE_BYTES,
    // Security: whoever floods delays only itself.
    budget: {
      waitMs: (now) => Math.max(readingTime.waitMs(now), isFull() ? UNREAD_WAIT_MS : 0),
      spend: (ms) => readingTime.spend(ms),
    },
    onMalformed: (error) => log.warn({ peerId: visitor.peerId, error: String(error) }, 'malformed message from peer'),
  });
  port.onClose(() => visitor.close());
  // Security: otherwise a port that waits until its answers are read would wait, and be kept, for ever.
  visitor.onClose(() => port.close());
  return createRpc(port, {
    hasMethod: (method) => Object.hasOwn(visitorCalls, method),
    onCall: async (method, params) => {
      // Security: a key that was refused after it had connected gets nothing more.
      if (answers.isRefused(visitor.peerId)) {
        // After the answer, so that its person hears why.
        setImmediate(() => visitor.close());
        throw new AppError('peer-refuses');
      }
      const call = method as VisitorCall;
      const input = parseInput(visitorCalls[call].input, params, call);
      underWay += 1;
      try {
        return await answers.calls[call](input as never, visitor);
      } finally {
        underWay -= 1;
      }
    },
    onBug: (error, method) =>
      log.error(
        { peerId: visitor.peerId, method, error: String((error as Error)?.stack ?? error) },
        'bug in a peer call',
      ),
    onMalformed: () => log.warn({ peerId: visitor.peerId }, 'malformed message from peer'),
  });
}

/** Ends a connection; one whose other side does not answer (it was stopped, its cable is out) is cut. */
export function drop(connection: Connection, socket: Socket): void {
  connection.end();
  setTimeout(() => socket.destroy(), DROP_AFTER_MS).unref();
}
