// The peer port of this computer. One that has none can still use others, and says why nobody can use it.
import type { PeerPort } from './peer-port-health.ts';
import { type PeerServer, type PeerServerOptions, startPeerServer } from './peer-server.ts';

export interface OwnPort extends AsyncDisposable {
  /** 0 where it could not be opened. */
  readonly number: number;
  readonly state: PeerPort;
  /** Lets nobody in any more, and ends each connection when what was said on it is out. Resolves when the visitors are gone. */
  sayGoodbye(): Promise<void>;
}

export async function openPeerPort(options: PeerServerOptions): Promise<OwnPort> {
  const { port: asked, log } = options;
  const none = { number: 0, sayGoodbye: async () => {}, [Symbol.asyncDispose]: async () => {} };
  return startPeerServer(options).then(
    (server: PeerServer) => ({
      number: server.port,
      state: { isOpen: true, port: server.port, asked },
      sayGoodbye: server.sayGoodbye,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }),
    (error: NodeJS.ErrnoException) => {
      log.error({ error: error.message }, 'the peer port could not be opened');
      return { ...none, state: { isOpen: false, asked, why: error.message } };
    },
  );
}
