// Peers that waste a host's time: slow, many, or with packets that are old or in the wrong order. The well-behaved notice nothing.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/core/identity/identity.ts';
import type { HostConnection } from '../../src/core/wire/peer-client.ts';
import { type Address, type AttackedHost, makeVisitor, pass, startAttackedHost, timeUntilClosed } from './ssh-host.ts';
import { startPackets } from './ssh-packets.ts';

/** The core gives a connection 10 s to prove a key. */
const PROVE_MS = 10_000;
/** Generous: the machine may be busy. */
const SLACK_MS = 8000;
const GOOD_MS = 5000;

let host: AttackedHost;
let mallory: Identity;
let alice: Identity;
/** A connection from before the attack, which must outlive it. */
let old: HostConnection;

beforeAll(async () => {
  host = await startAttackedHost();
  mallory = await makeVisitor(host, 'mallory');
  alice = await makeVisitor(host, 'alice');
  old = await host.visit('127.0.0.2', alice);
}, 60_000);
afterAll(() => host?.[Symbol.asyncDispose]());

/** A well-behaved visitor connects and is answered, on a new connection and on the old one. Resolves to the milliseconds of the new one. */
async function visitWell(what: string): Promise<number> {
  const startedAt = performance.now();
  const connection = await host.visit('127.0.0.2', alice);
  await connection.call('catalogue.get', {});
  const ms = performance.now() - startedAt;
  connection.close();
  await old.call('catalogue.get', {});
  console.log(`${what}: a well-behaved peer connected and was answered in ${ms.toFixed(0)} ms`);
  return ms;
}

/** Speaks ssh with the key of Mallory over any socket; resolves when it is authenticated. */
async function authenticate(socket: Socket): Promise<ssh2.Client> {
  const client = new ssh2.Client().on('error', () => {});
  client.connect({ sock: socket, username: 'ebp', privateKey: mallory.privateKey, strictVendor: false });
  await once(client, 'ready');
  return client;
}

/** Most of them only wait for an end, so they run side by side, each from where no other is in the way. */
describe.concurrent('slow peers', () => {
  test('a peer says nothing at all', async () => {
    const socket = host.connect('127.0.0.1');
    const closed = timeUntilClosed(socket);
    expect(await visitWell('a silent peer')).toBeLessThan(GOOD_MS);
    expect(await closed).toBeLessThan(PROVE_MS + SLACK_MS);
  }, 40_000);

  test('a peer never finishes the handshake', async () => {
    const socket = host.connect('127.0.0.1');
    const closed = timeUntilClosed(socket);
    socket.write('SSH-2.0-Mallory\r\n');
    // SSH_MSG_KEXINIT is begun, and never ended (RFC 4253 sections 6 and 7.1).
    socket.write(Buffer.from([0, 0, 0, 252, 4, 20]));
    expect(await visitWell('an unfinished handshake')).toBeLessThan(GOOD_MS);
    expect(await closed).toBeLessThan(PROVE_MS + SLACK_MS);
  }, 40_000);

  test('a peer writes one byte a second', async () => {
    const socket = host.connect('127.0.0.1');
    const closed = timeUntilClosed(socket);
    const text = Buffer.from(`SSH-2.0-${'Mallory'.repeat(20)}\r\n`);
    let sent = 0;
    const timer = setInterval(() => {
      if (!socket.destroyed) socket.write(text.subarray(sent, sent + 1));
      sent += 1;
    }, 1000);
    expect(await visitWell('one byte a second, written')).toBeLessThan(GOOD_MS);
    const ms = await closed;
    clearInterval(timer);
    expect(ms).toBeLessThan(PROVE_MS + SLACK_MS);
  }, 40_000);

  test('a peer proves its key, asks for much, and reads one byte a second', async () => {
    let slowDown = () => {};
    const port = await host.openDoor((visitor) => {
      const inside = host.connect('127.0.0.3');
      const onData = (chunk: Buffer) => visitor.write(chunk);
      inside.on('data', onData);
      visitor.pipe(inside);
      slowDown = () => {
        inside.off('data', onData).pause();
        const timer = setInterval(() => visitor.write(inside.read(1) ?? ''), 1000);
        visitor.once('close', () => clearInterval(timer));
      };
      visitor.once('close', () => inside.destroy());
    });
    const client = await authenticate(connect(port, '127.0.0.1'));
    const channel = await openControl(client);
    slowDown();
    await expect.poll(() => connectionsFrom('127.0.0.3')).toBe(1);
    for (let id = 1; id <= 2000; id += 1) askForCatalogue(channel, id);
    expect(await visitWell('one byte a second, read')).toBeLessThan(GOOD_MS);
    // What the host asks for a sign of life does not get through in time.
    await expect.poll(() => connectionsFrom('127.0.0.3'), { timeout: PROVE_MS + SLACK_MS }).toBe(0);
    client.destroy();
  }, 60_000);

  test('one address connects anew as fast as it can, for five seconds', async () => {
    const until = performance.now() + 5000;
    let count = 0;
    const workers = Array.from({ length: 4 }, async () => {
      while (performance.now() < until) {
        const socket = host.connect('127.0.0.4');
        socket.resume().write('SSH-2.0-Mallory\r\n');
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
        socket.destroy();
        count += 1;
      }
    });
    await sleep(1000);
    expect(await visitWell('a storm of connections')).toBeLessThan(GOOD_MS);
    await Promise.all(workers);
    expect(count).toBeGreaterThan(20);
  }, 40_000);
});

test('a peer proves its key, asks without end, and reads no answer', async () => {
  const client = await authenticate(host.connect('127.0.0.3'));
  const channel = await openControl(client);
  const before = await residentMiB();
  let isOpen = true;
  client.once('close', () => {
    isOpen = false;
  });
  // Its channel is never read, so its window closes after 2 MiB; packets, and so signs of life, still come and go.
  for (let id = 1; id <= 60_000 && isOpen; id += 1) {
    askForCatalogue(channel, id);
    if (id % 500 === 0) await sleep(1);
  }
  expect(await visitWell('60,000 questions')).toBeLessThan(GOOD_MS);
  await sleep(1000);
  const grownMiB = (await residentMiB()) - before;
  expect(grownMiB).toBeLessThan(100);
  client.destroy();
}, 60_000);

test('one address opens 300 connections and proves no key on any', async () => {
  const sockets = Array.from({ length: 300 }, () => host.connect('127.0.0.1'));
  for (const socket of sockets) socket.resume();
  await sleep(1000);
  // The core lets eight of an address wait.
  expect(sockets.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(8);
  expect(await visitWell('300 connections of one address')).toBeLessThan(GOOD_MS);
  for (const socket of sockets) socket.destroy();
}, 40_000);

test('somebody replays all that a peer said on an earlier connection', async () => {
  const said: Buffer[] = [];
  const port = await host.openDoor((visitor) => {
    visitor.on('data', (chunk: Buffer) => said.push(chunk));
    pass(visitor, host.connect('127.0.0.1'));
  });
  const client = new ssh2.Client().on('error', () => {});
  client.connect({ host: '127.0.0.1', port, username: 'ebp', privateKey: mallory.privateKey, strictVendor: false });
  await once(client, 'ready');

  const replay = host.connect('127.0.0.1');
  let answerBytes = 0;
  replay.on('data', (chunk: Buffer) => {
    answerBytes += chunk.length;
  });
  const closed = timeUntilClosed(replay);
  for (const chunk of said) replay.write(chunk);
  expect(await closed).toBeLessThan(PROVE_MS + SLACK_MS);
  // The host shook hands, and nothing that was said after that had any meaning to it.
  expect(answerBytes).toBeLessThan(2500);
  // The connection that was listened to goes on.
  await openControl(client);
  expect(await visitWell('a replayed connection')).toBeLessThan(GOOD_MS);
  client.destroy();
}, 40_000);

test.each([
  'swaps two encrypted packets',
  'repeats an encrypted packet',
  'leaves out an encrypted packet',
  'changes a bit',
])(
  'somebody on the way %s',
  async (attack) => {
    let isAttacking = false;
    let kept: Buffer | undefined;
    const packets = startPackets((packet, send) => {
      if (!isAttacking) send(packet);
      else if (attack.startsWith('repeats')) send(packet, packet);
      else if (attack.startsWith('changes')) {
        const changed = Buffer.from(packet);
        changed[8] = (changed[8] ?? 0) ^ 1;
        send(changed);
      } else if (kept === undefined) kept = packet;
      else {
        if (attack.startsWith('swaps')) send(packet, kept);
        else send(packet);
        kept = undefined;
      }
    });
    const port = await host.openDoor((visitor) => {
      const inside = host.connect('127.0.0.1');
      visitor.on('data', (chunk: Buffer) => packets(chunk, inside));
      inside.pipe(visitor);
      inside.once('close', () => visitor.destroy());
      visitor.once('close', () => inside.destroy());
    });
    const socket = connect(port, '127.0.0.1');
    const client = await authenticate(socket);
    // Without the attack it works.
    const channel = await openControl(client);
    const closed = timeUntilClosed(socket);
    isAttacking = true;
    for (const id of [1, 2, 3]) {
      askForCatalogue(channel, id);
      await sleep(50);
    }
    expect(await closed).toBeLessThan(GOOD_MS);
    expect(await visitWell(`one who ${attack}`)).toBeLessThan(GOOD_MS);
  },
  40_000,
);

test('a peer asks for 2,000 channels and 500 forwards on one connection', async () => {
  const socket = host.connect('127.0.0.1');
  const client = await authenticate(socket);
  const before = await residentMiB();
  let opened = 0;
  let refused = 0;
  const count = (error: Error | undefined) => {
    if (error) refused += 1;
    else opened += 1;
  };
  const ask = (go: () => void) => {
    try {
      go();
    } catch {
      // The host has ended the connection: that is an answer too.
      refused += 1;
    }
  };
  const session = '3b241101-e2bb-4255-8caf-4136c566a962';
  for (let index = 0; index < 500; index += 1) {
    ask(() => client.openssh_forwardOutStreamLocal(`session/${session}/ssh`, count));
    ask(() => client.openssh_forwardOutStreamLocal(`/run/${index}`, count));
    ask(() => client.forwardOut('127.0.0.1', 1, '127.0.0.1', index, count));
    ask(() => client.subsys('sftp', count));
    ask(() => client.forwardIn('', index, count));
  }
  expect(await visitWell('2,500 wishes on one connection')).toBeLessThan(GOOD_MS);
  await expect.poll(() => refused, { timeout: 15_000 }).toBeGreaterThan(1900);
  expect(opened).toBe(0);
  expect((await residentMiB()) - before).toBeLessThan(200);
  client.destroy();
}, 60_000);

test('a key connects more often than one person does', async () => {
  const clients: ssh2.Client[] = [];
  for (let index = 0; index < 8; index += 1) {
    const socket = host.connect('127.0.0.3');
    const client = new ssh2.Client().on('error', () => {});
    client.connect({ sock: socket, username: 'ebp', privateKey: mallory.privateKey, strictVendor: false });
    await Promise.race([once(client, 'ready'), once(client, 'close')]);
    clients.push(client);
  }
  const controls = await Promise.all(
    clients.map((client) =>
      Promise.race([openControl(client).then(() => true), once(client, 'close').then(() => false)]).catch(() => false),
    ),
  );
  expect(controls.filter(Boolean).length).toBeLessThanOrEqual(4);
  expect(await visitWell('eight connections of one key')).toBeLessThan(GOOD_MS);
  for (const client of clients) client.destroy();
}, 40_000);

function askForCatalogue(channel: ssh2.ClientChannel, id: number): void {
  channel.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'catalogue.get', params: {} })}\n`);
}

/** How many connections to the peer port the host's kernel has from an address. */
async function connectionsFrom(address: Address): Promise<number> {
  const filter = ['state', 'established', 'sport', '=', `:${host.peerPort}`, 'and', 'dst', address];
  const { out } = await host.run(['ss', '-Htn', ...filter]);
  return out.split('\n').filter(Boolean).length;
}

function openControl(client: ssh2.Client): Promise<ssh2.ClientChannel> {
  return new Promise((resolve, reject) => {
    try {
      client.subsys('ebrainpool-control', (error, channel) => {
        if (error) reject(error);
        else resolve(channel.on('error', () => {}));
      });
    } catch (error) {
      reject(error);
    }
  });
}

async function residentMiB(): Promise<number> {
  const status = await readFile(`/proc/${host.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}
