// A peer that floods a host, run as a program of its own on another computer: `node e2e/attacks/flooder.ts KIND HOST PORT FOLDER`.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import packet from 'dns-packet';
import { noPowers } from '../../src/contract/powers.ts';
import { type Identity, openIdentity } from '../../src/core/identity/identity.ts';
import { Visit } from './visit.ts';

const [kind = '', host = '', port = '', folder = ''] = process.argv.slice(2);
let count = 0;

async function visit(key: Identity, name = 'Mallory'): Promise<Visit> {
  const socket = connect(Number(port), host);
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  const made = await Visit.open(socket, key);
  await made.hello(name);
  return made;
}

/** Sends one line after the other, as fast as the host takes them. */
async function pour(one: Visit, line: (id: number) => string): Promise<void> {
  for (let id = 1; one.isOpen; id += 1) {
    count += 1;
    if (!one.control.write(`${line(id)}\n`))
      await Promise.race([once(one.control, 'drain'), once(one.control, 'close')]);
    // Answers are read, so that nothing but the host's own limits holds it back.
    one.messages.length = 0;
    if (id % 50 === 0) await sleep(0);
  }
}

const call = (id: number, method: string, params: unknown) => JSON.stringify({ jsonrpc: '2.0', id, method, params });

/** Whatever ends a flood, it begins again. */
async function forEver(work: (number: number) => Promise<void>): Promise<never> {
  for (let number = 1; ; number += 1) {
    await work(number).catch(() => {});
    await sleep(1);
  }
}

const openKey = (name: string) => openIdentity(join(folder, `key-${name}`));
/** As many connections as a host gives to one key. */
const CONNECTIONS = 4;

const floods: Readonly<Record<string, () => Promise<unknown>>> = {
  requests: async () => {
    const key = await openKey('flood');
    const params = { offerId: 'app:xcalc', view: 'viewer', powers: noPowers };
    await all(CONNECTIONS, () =>
      forEver(async () => pour(await visit(key), (id) => call(id, 'request.create', params))),
    );
  },
  connections: () =>
    all(20, (worker) =>
      forEver(async (number) => {
        count += 1;
        // Half of them prove a key, a new one each time.
        if (worker % 2 === 0) (await visit(await openKey(`${worker}-${number}`)))[Symbol.dispose]();
        else
          connect(Number(port), host)
            .on('error', () => {})
            .end('SSH-2.0-Mallory\r\n');
      }),
    ),
  reads: async () => {
    const key = await openKey('flood');
    const hash = 'ab'.repeat(32);
    await all(CONNECTIONS, (worker) =>
      forEver(async () =>
        pour(await visit(key), (id) =>
          worker % 2 === 0 ? call(id, 'catalogue.get', {}) : call(id, 'icon.get', { hash }),
        ),
      ),
    );
  },
  messages: async () => {
    const key = await openKey('flood');
    const long = 'a'.repeat(4_000_000);
    const deep = `${'['.repeat(1_900_000)}${']'.repeat(1_900_000)}`;
    await all(CONNECTIONS, (worker) =>
      forEver(async () =>
        pour(await visit(key), (id) =>
          worker % 2 === 0
            ? call(id, 'request.cancel', { requestId: long })
            : `{"jsonrpc":"2.0","id":${id},"method":"catalogue.get","params":${deep}}`,
        ),
      ),
    );
  },
  adverts: async () => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.bind(5353);
    await once(socket, 'listening');
    await forEver(async (number) => {
      const id = number % 10_000;
      const instance = `mallory-${id}._ebrainpool._tcp.local`;
      const key = Buffer.from(`mallory ${id}`.padEnd(32, '.')).toString('base64').slice(0, 43);
      const data = ['v=2', `id=SHA256:${key}`, `n=Mallory ${number}`, `d=${number.toString(16).padStart(16, '0')}`];
      const bytes = packet.encode({
        type: 'response',
        flags: 1024,
        answers: [
          { name: '_ebrainpool._tcp.local', type: 'PTR', ttl: 120, data: instance },
          { name: instance, type: 'SRV', ttl: 120, data: { target: `h${id}.local`, port: 4300 } },
          { name: instance, type: 'TXT', ttl: 120, data },
          { name: `h${id}.local`, type: 'A', ttl: 120, data: '192.168.77.250' },
        ],
      } as never);
      count += 1;
      socket.send(bytes, 5353, '224.0.0.251');
      if (number % 20 !== 0) return;
      await sleep(1);
    });
  },
};

async function all(workers: number, work: (worker: number) => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
}

process.on('uncaughtException', () => {});
setInterval(() => process.stdout.write(`${count}\n`), 500);
await floods[kind]?.();
