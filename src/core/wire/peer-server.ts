// The peer port: an SSH server that knows every visitor by its key, and gives it a control channel and tunnel channels only.
import { createServer, type Socket } from 'node:net';
import ssh2, { type Connection } from 'ssh2';
import type { PeerId } from '../../contract/ids.ts';
import type { Identity } from '../identity/identity.ts';
import type { Log } from '../lib/log.ts';
import { TimeBudget, TimeBudgets } from '../lib/time-budget.ts';
import { createAdmission } from './admission.ts';
import { listenNear, plainAddress } from './listen.ts';
import { type ProvedKey, proveKey } from './prove-key.ts';
import { drop, type ServedVisitor, serveVisitor } from './serve-visitor.ts';
import { createPacketBudgets } from './ssh/packet-budget.ts';
import { algorithms, KEEPALIVE } from './ssh/ssh.ts';
import { guardConnection } from './ssh/ssh-guard.ts';
import { speedUpConnection, speedUpSocket } from './ssh/ssh2-speed.ts';
import type { Answers, Visitor } from './visitor.ts';

export interface PeerServer extends AsyncDisposable {
  readonly port: number;
  /** Lets nobody in any more, and ends each connection when what was said on it is out. Resolves when the visitors are gone. */
  sayGoodbye(): Promise<void>;
}

export interface PeerServerOptions {
  readonly identity: Identity;
  readonly log: Log;
  /** The first port to try; the next free one of twenty is used when it is taken. */
  readonly port: number;
  readonly answers: Answers;
  /** Where each is noted that has proved its key. */
  readonly visitors?: { add(visitor: Visitor): void };
  /** How long a connection may take to prove a key. */
  readonly authenticationTimeoutMs?: number;
}

/** Of the core's time for the control messages of one peer. */
const READING_MS_PER_SECOND = 100;
const MAX_BUDGETS = 1000;

/** Opens the peer port on every interface. @throws the listen error of Node when no port of the twenty is free. */
export async function startPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  const { identity, log, answers } = options;
  const admission = createAdmission(options.authenticationTimeoutMs);
  const served = new Set<ServedVisitor>();
  /** They outlive connections: a new one is no new second. */
  const readingTimes = new TimeBudgets<PeerId>(() => new TimeBudget(READING_MS_PER_SECOND), MAX_BUDGETS);
  /** Keys cost nothing to make, so these are by address. */
  const packetTimes = createPacketBudgets(MAX_BUDGETS);

  const sshServer = new ssh2.Server(
    { hostKeys: [identity.privateKey], ident: 'eBrainPool', algorithms, ...KEEPALIVE },
    (connection, info) => {
      const socket = admission.unproved(info.ip, info.port);
      if (socket === undefined) connection.end();
      else serveConnection(connection, socket);
    },
  );

  function serveConnection(connection: Connection, socket: Socket): void {
    let proved: ProvedKey | undefined;
    speedUpConnection(connection, log);
    const guard = guardConnection(connection, socket, packetTimes.of(socket.remoteAddress ?? ''));
    // Errors of a connection (a reset, garbage) end that connection and nothing else.
    connection.on('error', (error: Error) => {
      log.debug({ error: error.message }, 'peer connection failed');
      drop(connection, socket);
    });
    connection.on('authentication', (context) => {
      const answer = proveKey(context, answers.isRefused);
      if (answer.proved !== undefined && answer.isAccepted) proved = answer.proved;
      if (answer.proved !== undefined && !answer.isAccepted) {
        answers.onRefused(answer.proved.peerId, plainAddress(socket.remoteAddress ?? ''));
      }
      // The connection is ready within `accept`: what was proved must be known by then.
      if (answer.isAccepted) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('ready', () => {
      if (proved === undefined || !admission.takeProved(socket, proved.peerId)) {
        drop(connection, socket);
        return;
      }
      const readingTime = readingTimes.of(proved.peerId);
      const visit = serveVisitor({ connection, socket, guard, proved, readingTime, answers, log });
      served.add(visit);
      options.visitors?.add(visit.visitor);
      socket.once('close', () => served.delete(visit));
    });
  }

  const server = createServer({ noDelay: true }, (socket) => {
    if (admission.admit(socket)) sshServer.injectSocket(speedUpSocket(socket));
  });

  const port = await listenNear(server, options.port, log);
  log.info({ port }, 'peer port open');
  return {
    port,
    sayGoodbye: async () => {
      admission.stop();
      await Promise.all([...served].map(({ leave }) => leave()));
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      admission.destroyAll();
      await closed;
    },
  };
}
