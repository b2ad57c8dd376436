// Many advertised peers out of one process, for the benchmark and for trying things out:
// `node src/core/peers/discovery/many-peers.test-support.ts 300` in a network namespace of its own. Prints JSON events; ends when its input ends.
// They answer as real ones do, for they are made of the same responder; only the socket is shared.
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../lib/log.ts';
import { readLinks } from './mdns-links.ts';
import { MdnsResponder } from './mdns-responder.ts';
import { MdnsTransport } from './mdns-transport.ts';
import { printEvent, testOwn } from './test-lan.test-support.ts';

/** Advertises so many peers, named `peer-1` and so on (`testOwn` tells their keys), until disposed: then they say goodbye. */
export async function startFakePeers(count: number): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const responders: MdnsResponder[] = [];
  const transport = stack.use(
    new MdnsTransport({
      log: silentLog,
      onPacket: (packet, origin) => {
        if (packet.type === 'query') for (const responder of responders) responder.handleQuery(packet, origin);
      },
      isOfInterest: (message) => message.includes('_ebrainpool'),
    }),
  );
  const links = readLinks();
  await transport.setLinks(links, performance.now());
  for (let index = 1; index <= count; index++) {
    const responder = stack.use(
      new MdnsResponder({
        log: silentLog,
        send: (packet, way) => transport.send(packet, way),
        computerName: hostname(),
        peerCount: () => count,
      }),
    );
    responder.setLinks(links, []);
    responder.setOwn(testOwn(`peer-${index}`, { port: 10_000 + index }));
    responders.push(responder);
  }
  return stack;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const count = Number(process.argv[2] ?? 300);
  const peers = await startFakePeers(count);
  printEvent({ event: 'ready', count });
  process.stdin.resume().once('end', async () => {
    await peers[Symbol.asyncDispose]();
    process.exit(0);
  });
}
