// That ssh2 still has the insides that its guard holds on to; what the guard does is attacked in e2e/attacks/ssh-channels.test.ts.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type ClientChannel, type Connection, type ServerChannel } from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Identity, openIdentity } from '../../identity/identity.ts';
import { createPacketBudgets, ownPacketsMs } from './packet-budget.ts';
import { algorithms } from './ssh.ts';
import { CLOGGED_BYTES, guardConnection } from './ssh-guard.ts';

let folder: string;
let identity: Identity;
const stack: (() => void)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-guard-'));
  identity = await openIdentity(folder);
});
afterEach(async () => {
  for (const end of stack.splice(0)) end();
  await rm(folder, { recursive: true });
});

interface Ends {
  readonly client: ssh2.Client;
  readonly connection: Connection;
  readonly visitor: ClientChannel;
  readonly host: ServerChannel;
  readonly hostSocket: Socket;
}

async function open(): Promise<Ends> {
  const hosts = Promise.withResolvers<Pick<Ends, 'connection' | 'host' | 'hostSocket'>>();
  let hostSocket: Socket;
  const ssh = new ssh2.Server({ hostKeys: [identity.privateKey], algorithms }, (connection) => {
    const guard = guardConnection(connection, hostSocket);
    connection.on('error', () => {});
    connection.on('authentication', (context) => context.accept());
    connection.on('session', (accept) => {
      accept().on('subsystem', (acceptSubsystem) => {
        hosts.resolve({ connection, hostSocket, host: guard.watch(acceptSubsystem()) });
      });
    });
  });
  const server = createServer((socket) => {
    hostSocket = socket;
    ssh.injectSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new ssh2.Client().on('error', () => {});
  const sock = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.connect({ sock, username: 'ebp', privateKey: identity.privateKey, algorithms });
  stack.push(
    () => client.destroy(),
    () => server.close(),
  );
  const guard = guardConnection(client, sock);
  await once(client, 'ready');
  const visitor = await new Promise<ClientChannel>((resolve, reject) => {
    client.subsys('any', (error, channel) => (error ? reject(error) : resolve(guard.watch(channel))));
  });
  return { client, visitor, ...(await hosts.promise) };
}

test('ssh2 has the insides that are guarded, on both ends', async () => {
  const { client, connection, visitor, host } = await open();
  for (const end of [client, connection]) {
    const { _protocol, _chanMgr } = end as unknown as Record<string, Record<string, unknown>>;
    expect(_protocol).toMatchObject({ _authenticated: true, _kexinit: undefined });
    for (const method of ['_onPayload', '_onError', '_destruct', 'parse', 'disconnect', 'requestFailure'])
      expect(_protocol?.[method], method).toBeTypeOf('function');
    // The decipher has the guard's, not the one before.
    expect(_protocol?.['_decipher']).toMatchObject({ _onPayload: _protocol?.['_onPayload'] });
    expect(_chanMgr?.['get']).toBeTypeOf('function');
  }
  for (const channel of [visitor, host]) {
    expect(channel).toMatchObject({
      incoming: { window: expect.any(Number), state: 'open' },
      outgoing: { window: expect.any(Number) },
      _readableState: { buffer: { length: 0 } },
    });
    expect((channel as unknown as { _write: unknown })._write).toBeTypeOf('function');
  }
});

test('a channel waits for a socket that does not drain, and loses nothing', async () => {
  const { client, visitor, host, hostSocket } = await open();
  (visitor as unknown as { outgoing: { window: number } }).outgoing.window = 2 ** 30;
  (host as unknown as { outgoing: { window: number } }).outgoing.window = 2 ** 30;
  const socket = (client as unknown as { _sock: Socket })._sock.pause();
  const sizeBytes = 32 * CLOGGED_BYTES;
  for (let sent = 0; sent < sizeBytes; sent += 64 * 1024) host.write(Buffer.alloc(64 * 1024, sent / 65536));
  await sleep(200);
  expect(hostSocket.writableLength).toBeGreaterThanOrEqual(CLOGGED_BYTES);
  expect(hostSocket.writableLength).toBeLessThan(2 * CLOGGED_BYTES);
  // What was let through by hand has to be let in by hand.
  (visitor as unknown as { incoming: { window: number } }).incoming.window = 2 ** 30;
  let received = 0;
  let isWrong = false;
  visitor.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += 4096) isWrong ||= chunk[at] !== (((received + at) >> 16) & 0xff);
    received += chunk.length;
  });
  socket.resume();
  await expect.poll(() => received, { timeout: 10_000 }).toBe(sizeBytes);
  expect(isWrong).toBe(false);
});

test('a channel takes nothing more when its connection is gone', async () => {
  const { host, hostSocket } = await open();
  (host as unknown as { outgoing: { window: number } }).outgoing.window = 2 ** 31;
  hostSocket.destroy();
  let times = 0;
  // As a source does that has much to give.
  while (times < 1000 && host.write(Buffer.alloc(64 * 1024))) times += 1;
  expect(times).toBeLessThan(100);
});

test('an exchange of new keys in the middle of a stream loses nothing', async () => {
  const { client, connection, visitor, host } = await open();
  let received = 0;
  visitor.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  for (let round = 0; round < 3; round += 1) {
    const isDone = once(client, 'rekey').catch(() => {});
    for (let times = 0; times < 8; times += 1) host.write(Buffer.alloc(64 * 1024));
    connection.rekey();
    for (let times = 0; times < 8; times += 1) host.write(Buffer.alloc(64 * 1024));
    await Promise.race([isDone, sleep(500)]);
  }
  await expect.poll(() => received, { timeout: 10_000 }).toBe(3 * 16 * 64 * 1024);
});

test('small packets have so much time in a second, and the rest of them waits and is not lost', async () => {
  const { visitor, host } = await open();
  let received = 0;
  host.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  const startedAt = performance.now();
  // Each is a packet; 20,000 are read in a second.
  for (let sent = 0; sent < 45_000; sent += 1) visitor.write('x');
  await expect.poll(() => received, { timeout: 15_000 }).toBe(45_000);
  expect(performance.now() - startedAt).toBeGreaterThan(1900);
});

test('many addresses have a limit together, and many connections take no more by what each has of its own', () => {
  const budgets = createPacketBudgets(1000);
  const greedy = Array.from({ length: 10 }, (_, number) => budgets.of(`fe80::${number}`));
  const began = greedy.filter((budget) => {
    const isFirst = budget.waitMs(0) === 0;
    if (isFirst) budget.spend(100);
    return isFirst;
  });
  expect(began).toHaveLength(3);
  expect(budgets.of('192.0.2.1').waitMs(500)).toBe(500);
  expect(budgets.of('192.0.2.1').waitMs(1000)).toBe(0);
  for (const count of [1, 20, 64, 512]) expect(count * ownPacketsMs(count)).toBeLessThanOrEqual(100);
  expect(ownPacketsMs(2)).toBe(5);
});
