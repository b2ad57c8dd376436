// Fails when ssh2 is not the one that `ssh2-speed.ts` was written for, or when one of its speed-ups has no effect any more.
import { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import ssh2, { type ClientChannel, type Connection } from 'ssh2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Identity, openIdentity } from '../../identity/identity.ts';
import { type Log, silentLog } from '../../lib/log.ts';
import { algorithms } from './ssh.ts';
import { COLLECT_EVERY_BYTES, SSH2_VERSION, speedUpConnection, speedUpSocket } from './ssh2-speed.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const PACKETS = 50;
const PACKET_BYTES = 32 * 1024;

let folder: string;
let identity: Identity;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-speed-'));
  identity = await openIdentity(folder);
});
afterEach(() => rm(folder, { recursive: true }));

interface Cipher {
  _encKey?: unknown;
  _decipherKey?: unknown;
}
interface Internals {
  readonly _protocol: { readonly _cipher: Cipher; readonly _decipher: Cipher };
}
const protocolOf = (end: object) => (end as Internals)._protocol;
const keysOf = (end: object) => [protocolOf(end)._cipher._encKey, protocolOf(end)._decipher._decipherKey];

interface Ends extends AsyncDisposable {
  readonly client: ssh2.Client;
  readonly clientSocket: Socket;
  readonly host: Connection;
}

/** Both ends of one connection, sped up; the host swallows what comes on a session. */
async function connectEnds(log: Log = silentLog): Promise<Ends> {
  const hosts: Connection[] = [];
  const sshServer = new ssh2.Server({ hostKeys: [identity.privateKey], algorithms }, (connection) => {
    speedUpConnection(connection, log);
    connection.on('error', () => {});
    connection.on('authentication', (context) => context.accept());
    connection.on('session', (accept) => accept().on('subsystem', (take) => take().resume()));
    hosts.push(connection);
  });
  const server = createServer((socket) => sshServer.injectSocket(speedUpSocket(socket))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new ssh2.Client();
  speedUpConnection(client, log);
  const clientSocket = speedUpSocket(connect(addressOf(server.address())));
  client.connect({ sock: clientSocket, username: 'ebp', privateKey: identity.privateKey, algorithms });
  await once(client, 'ready');
  const [host] = hosts;
  if (host === undefined) throw new Error('no connection');
  return {
    ...{ client, clientSocket, host },
    [Symbol.asyncDispose]: async () => {
      client.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function sendPackets(client: ssh2.Client): Promise<void> {
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.subsys('sink', (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  const packet = Buffer.alloc(PACKET_BYTES);
  for (let sent = 0; sent < PACKETS; sent += 1) if (!channel.write(packet)) await once(channel, 'drain');
}

test('ssh2 is the version whose private fields are known, and no other can be installed', async () => {
  const read = async (path: string) => JSON.parse(await readFile(join(root, path), 'utf8'));
  expect((await read('node_modules/ssh2/package.json')).version).toBe(SSH2_VERSION);
  expect((await read('package.json')).dependencies.ssh2).toBe(SSH2_VERSION);
});

describe('keys', () => {
  test('are key objects on both ends, also after an exchange of new keys', async () => {
    await using ends = await connectEnds();
    const { client, host } = ends;
    const keys = () => [client, host].flatMap(keysOf);
    const first = keys();
    for (const key of first) expect(key).toBeInstanceOf(KeyObject);
    host.rekey();
    await expect.poll(() => keys().some((key) => first.includes(key))).toBe(false);
    for (const key of keys()) expect(key).toBeInstanceOf(KeyObject);
  });

  test('are taken from these fields by ssh2 for each packet', async () => {
    await using ends = await connectEnds();
    const { client, host } = ends;
    const reads = { encrypted: 0, decrypted: 0 };
    const count = (cipher: Cipher, field: keyof Cipher, counter: keyof typeof reads) => {
      const key = cipher[field];
      Object.defineProperty(cipher, field, {
        get: () => {
          reads[counter] += 1;
          return key;
        },
      });
    };
    count(protocolOf(client)._cipher, '_encKey', 'encrypted');
    count(protocolOf(host)._decipher, '_decipherKey', 'decrypted');
    await sendPackets(client);
    await expect.poll(() => reads.decrypted).toBeGreaterThanOrEqual(PACKETS);
    expect(reads.encrypted).toBeGreaterThanOrEqual(PACKETS);
  });

  test('of an ssh2 that has become another stay as they are, and that is said once', () => {
    const told: unknown[] = [];
    const log = { ...silentLog, warn: (fields: unknown) => told.push(fields) } as typeof silentLog;
    const shake: (() => void)[] = [];
    const other = {
      _protocol: { _cipher: { key: 'elsewhere' } },
      on: (_: string, listen: () => void) => shake.push(listen),
    };
    for (let times = 0; times < 2; times += 1) speedUpConnection(other, log);
    for (const handshake of shake) handshake();
    expect(told).toEqual([{ missing: ['_cipher._encKey', '_decipher._decipherKey'], expected: SSH2_VERSION }]);
    expect(other._protocol).toEqual({ _cipher: { key: 'elsewhere' } });
  });
});

test('the pieces of a packet go to the kernel together', async () => {
  await using ends = await connectEnds();
  const { client, clientSocket } = ends;
  const calls = { one: 0, many: 0 };
  const { _write: write, _writev: writeMany } = clientSocket;
  clientSocket._write = (...args) => {
    calls.one += 1;
    write.apply(clientSocket, args);
  };
  clientSocket._writev = (...args) => {
    calls.many += 1;
    writeMany?.apply(clientSocket, args);
  };
  await sendPackets(client);
  // A packet alone would be three.
  expect(calls.many).toBeGreaterThan(0);
  expect(calls.one + calls.many).toBeLessThan(1.5 * PACKETS);
});

test('what a connection carries is collected while it is young', async () => {
  const server = createServer((socket) => speedUpSocket(socket).resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = speedUpSocket(connect(addressOf(server.address())));
  await once(socket, 'connect');

  const kinds: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as (PerformanceEntry & { detail: { kind: number } })[]) {
      kinds.push(detail.kind);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  for (let sentBytes = 0; sentBytes < 32 * COLLECT_EVERY_BYTES; sentBytes += 64 * 1024) {
    if (!socket.write(Buffer.allocUnsafe(64 * 1024))) await once(socket, 'drain');
  }
  // Both ends are in this process, so each byte counts twice.
  await expect
    .poll(() => kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length)
    .toBeGreaterThan(50);
  expect(kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MAJOR).length).toBeLessThan(5);
  observer.disconnect();
  socket.destroy();
  server.close();
});

function addressOf(bound: AddressInfo | string | null) {
  return { host: '127.0.0.1', port: (bound as AddressInfo).port };
}
