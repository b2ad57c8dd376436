import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { noPowers } from '../../contract/powers.ts';
import { type Identity, openIdentity } from '../identity/identity.ts';
import { silentLog } from '../lib/log.ts';
import { CAPABILITIES } from './capabilities.ts';
import { listen } from './listen.ts';
import { connectPeer, type HostConnection } from './peer-client.ts';
import { type HostNotice, PROTOCOL } from './peer-protocol.ts';
import { type PeerServer, startPeerServer } from './peer-server.ts';
import type { Answers, Visitor } from './visitor.ts';
import { createVisitors, type Visitors } from './visitors.ts';

const sessionId = '3b241101-e2bb-4255-8caf-4136c566a962';
let folder: string;
let hostIdentity: Identity;
let visitorIdentity: Identity;
let connected: Visitors;
let server: PeerServer;
let visitors: Visitor[];
let refused: Identity['id'] | undefined;
/** What the sandbox takes to open a stream. */
let opening: Promise<void> = Promise.resolve();
/** What the sandbox does with a channel. */
const echo = (channel: Duplex) => void channel.pipe(new PassThrough()).pipe(channel);
let use = echo;
const tunnels: Duplex[] = [];
const refusals: Identity['id'][] = [];
let version = { protocol: PROTOCOL, oldest: PROTOCOL };
let capabilities: readonly string[] = CAPABILITIES;
/** What the host tells before it answers. */
let tellsEarly: (visitor: Visitor) => void;
let told: HostNotice[];
const connections: HostConnection[] = [];

const answers: Answers = {
  calls: {
    hello: (_, visitor) => {
      visitors.push(visitor);
      tellsEarly(visitor);
      return { ...version, name: 'Bob', capabilities: [...capabilities] };
    },
    'catalogue.get': () => ({ offers: [], isCut: false }),
    'icon.get': () => {
      throw new AppError('not-found', { what: 'This icon' });
    },
    'request.create': () => {
      throw new Error('a bug with a secret in it');
    },
    'request.cancel': () => ({}),
    'session.end': () => ({}),
    'session.close': () => ({}),
    'session.keep': () => ({}),
    'window.activate': () => ({}),
    'window.close': () => ({}),
    'session.resume': () => ({}),
    'verify.begin': () => ({ nonce: '0'.repeat(64) }),
    'verify.reveal': () => ({}),
    'verify.answer': () => ({}),
    'verify.cancel': () => ({}),
  },
  isRefused: (peerId) => peerId === refused,
  onRefused: (peerId) => {
    refusals.push(peerId);
  },
  openTunnel: async (_, id) => {
    if (id !== sessionId) throw new AppError('not-allowed');
    await opening;
    return (channel) => {
      tunnels.push(channel);
      use(channel);
    };
  },
};

function connectTo(options: { expectedId?: Identity['id'] | null; identity?: Identity } = {}) {
  return connectPeer({
    identity: options.identity ?? visitorIdentity,
    log: silentLog,
    address: { host: '127.0.0.1', port: server.port },
    expectedId: options.expectedId === undefined ? hostIdentity.id : options.expectedId,
    name: 'Alice',
    onNotice: (notice) => void told.push(notice),
  }).then((connection) => {
    connections.push(connection);
    return connection;
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-tunnel-'));
  hostIdentity = await openIdentity(join(folder, 'host'));
  visitorIdentity = await openIdentity(join(folder, 'visitor'));
  visitors = [];
  connected = createVisitors();
  version = { protocol: PROTOCOL, oldest: PROTOCOL };
  capabilities = CAPABILITIES;
  tellsEarly = () => {};
  told = [];
  use = echo;
  server = await startPeerServer({
    identity: hostIdentity,
    log: silentLog,
    port: 0,
    answers,
    visitors: connected,
    authenticationTimeoutMs: 1000,
  });
});
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('both ends prove their keys, and calls and errors cross', async () => {
  const connection = await connectTo();
  expect(connection.peerId).toBe(hostIdentity.id);
  expect(visitors[0]?.peerId).toBe(visitorIdentity.id);
  expect(await connection.call('catalogue.get', {})).toEqual({ offers: [], isCut: false });
  await expect(connection.call('icon.get', { hash: 'a'.repeat(64) as never })).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('a host that tells before it has answered hello is not heard, and ends nothing', async () => {
  tellsEarly = (visitor) => visitor.notify('catalogue.changed', {});
  const connection = await connectTo();
  expect(told).toEqual([]);
  visitors[0]?.notify('catalogue.changed', {});
  await expect.poll(() => told).toEqual(['catalogue.changed']);
  expect(await connection.call('catalogue.get', {})).toEqual({ offers: [], isCut: false });
});

test('a bug on the host is told as internal, without what it said', async () => {
  const connection = await connectTo();
  const call = connection.call('request.create', {
    offerId: 'app:xcalc' as never,
    view: 'viewer',
    powers: noPowers,
    size: undefined,
  });
  await expect(call).rejects.toMatchObject({ code: 'internal', params: {} });
});

test('a host with another key than the expected one is refused', async () => {
  await expect(connectTo({ expectedId: visitorIdentity.id })).rejects.toMatchObject({ code: 'fingerprint-mismatch' });
  expect(visitors).toHaveLength(0);
});

test('connecting to oneself is said', async () => {
  await expect(connectTo({ expectedId: null, identity: hostIdentity })).rejects.toMatchObject({ code: 'peer-is-self' });
  // Also where somebody else was looked for: one's own key is no impostor's.
  const looking = connectTo({ expectedId: visitorIdentity.id, identity: hostIdentity });
  await expect(looking).rejects.toMatchObject({ code: 'peer-is-self' });
});

test('a blocked key cannot connect, and is told that it was refused', async () => {
  refused = visitorIdentity.id;
  await expect(connectTo()).rejects.toMatchObject({ code: 'peer-refuses' });
  expect(visitors).toHaveLength(0);
  expect(refusals).toEqual([visitorIdentity.id]);
  refused = undefined;
  await connectTo();
  expect(visitors).toHaveLength(1);
});

test('a key that is blocked after it connected gets nothing more, whatever it said before', async () => {
  const connection = await connectTo();
  refused = visitorIdentity.id;
  await expect(connection.openTunnel(sessionId, 'display')).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(connection.call('catalogue.get', {})).rejects.toBeInstanceOf(AppError);
  await expect.poll(() => connection.isOpen).toBe(false);
  refused = undefined;
});

test('every connection of a key is ended, also one that has not said hello', async () => {
  const silent = new ssh2.Client();
  const closed = new Promise<void>((resolve) => silent.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    silent.once('ready', resolve).once('error', reject);
    const { privateKey } = visitorIdentity;
    silent.connect({ host: '127.0.0.1', port: server.port, username: 'x', privateKey, strictVendor: false });
  });
  connected.disconnect(hostIdentity.id);
  expect((await connectTo()).isOpen).toBe(true);
  connected.disconnect(visitorIdentity.id);
  await closed;
  await expect.poll(() => connections.at(-1)?.isOpen).toBe(false);
});

test('many keys do not give one address more connections than it may have', { timeout: 20_000 }, async () => {
  for (let key = 0; key < 16; key += 1) {
    const identity = await openIdentity(join(folder, `key-${key}`));
    await Promise.all([1, 2, 3, 4].map(() => connectTo({ identity })));
  }
  await expect(connectTo()).rejects.toMatchObject({ code: 'peer-unreachable' });
  connections[0]?.close();
  await expect
    .poll(() =>
      connectTo()
        .then(({ isOpen }) => isOpen)
        .catch(() => false),
    )
    .toBe(true);
});

test('a tunnel channel carries bytes both ways, and one without a grant is refused', async () => {
  const connection = await connectTo();
  const channel = await connection.openTunnel(sessionId, 'display');
  const { promise, resolve } = Promise.withResolvers<string>();
  channel.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  channel.write('RFB');
  expect(await promise).toBe('RFB');
  await expect(connection.openTunnel('3b241101-e2bb-4255-8caf-4136c566a963', 'display')).rejects.toMatchObject({
    code: 'not-allowed',
  });
});

test('a channel that was being opened when its connection ended is closed', async () => {
  const opened = Promise.withResolvers<void>();
  opening = opened.promise;
  const connection = await connectTo();
  const asked = connection.openTunnel(sessionId, 'display').catch((error: AppError) => error.code);
  // A call that comes after it is answered, so it has arrived.
  await connection.call('catalogue.get', {});
  const gone = new Promise<void>((resolve) => visitors[0]?.onClose(resolve));
  connection.close();
  await gone;
  tunnels.length = 0;
  opened.resolve();
  opening = Promise.resolve();
  await expect.poll(() => tunnels[0]?.closed).toBe(true);
  expect(await asked).toBe('not-allowed');
});

test('a channel that is destroyed while nobody reads it tells that it is closed', async () => {
  const connection = await connectTo();
  const channel = await connection.openTunnel(sessionId, 'display');
  const closed = new Promise<void>((resolve) => channel.once('close', () => resolve()));
  channel.write(Buffer.alloc(100_000));
  // What comes back waits unread, as after a window that was killed.
  await sleep(200);
  channel.destroy();
  await closed;
});

test('a channel that nobody reads is closed soon after its connection is gone, at both ends', async () => {
  use = () => {};
  const connection = await connectTo();
  const ours = await connection.openTunnel(sessionId, 'ssh');
  ours.write(Buffer.alloc(200_000));
  await expect.poll(() => tunnels.at(-1)?.readableLength).toBe(200_000);
  tunnels.at(-1)?.write(Buffer.alloc(200_000));
  await expect.poll(() => ours.readableLength).toBe(200_000);
  const closed = [ours, tunnels.at(-1) as Duplex].map((channel) => once(channel, 'close'));
  visitors[0]?.close();
  await Promise.all(closed);
});

test('shell, exec, TCP forwards and paths of the host are refused', async () => {
  const client = new ssh2.Client();
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve).once('error', reject);
    client.connect({
      host: '127.0.0.1',
      port: server.port,
      username: 'x',
      privateKey: visitorIdentity.privateKey,
      strictVendor: false,
    });
  });
  const attempt = (go: (done: (error: Error | undefined) => void) => void) =>
    new Promise<boolean>((resolve) => go((error) => resolve(error === undefined)));
  expect(await attempt((done) => client.exec('id', (error) => done(error)))).toBe(false);
  expect(await attempt((done) => client.shell((error) => done(error)))).toBe(false);
  expect(await attempt((done) => client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, (error) => done(error)))).toBe(
    false,
  );
  expect(await attempt((done) => client.forwardIn('127.0.0.1', 0, (error) => done(error)))).toBe(false);
  for (const path of ['/run/user/1000/bus', `session/${sessionId}/../../bus`, `session/${sessionId}/agent`]) {
    expect(await attempt((done) => client.openssh_forwardOutStreamLocal(path, (error) => done(error)))).toBe(false);
  }
  client.end();
});

test('garbage instead of SSH ends that connection and nothing else', async () => {
  const socket = connect({ host: '127.0.0.1', port: server.port });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  socket.resume();
  socket.write(Buffer.alloc(4096, 'x'));
  socket.write('\r\n'.repeat(100));
  await closed;
  expect((await connectTo()).hello.name).toBe('Bob');
});

test('another protocol version is said, and a newer peer that still speaks ours is welcome', async () => {
  version = { protocol: 9, oldest: 1 };
  expect((await connectTo()).hello.protocol).toBe(9);
  version = { protocol: 9, oldest: 8 };
  await expect(connectTo()).rejects.toMatchObject({ code: 'protocol-newer' });
});

test('a message over the limit ends that connection and nothing else', async () => {
  const connection = await connectTo();
  const closed = new Promise<void>((resolve) => connection.onClose(resolve));
  const call = connection.call('icon.get', { hash: 'a'.repeat(5 * 1024 * 1024) as never });
  await expect(call).rejects.toBeInstanceOf(AppError);
  await closed;
  expect((await connectTo()).hello.name).toBe('Bob');
});

test('a server that cannot take a connection says so in the log, and goes on', async () => {
  const warnings: unknown[] = [];
  const log = { ...silentLog, warn: (fields: unknown) => warnings.push(fields) } as typeof silentLog;
  const other = createServer();
  const port = await listen(other, 0, '127.0.0.1', log);
  // As Node does when accept(2) fails.
  other.emit('error', new Error('accept ENOBUFS'));
  other.emit('error', new Error('accept ENOBUFS'));
  expect(port).toBeGreaterThan(0);
  expect(warnings).toHaveLength(2);
  other.close();
});

test('a call and a channel that the host’s version does not have are not used', async () => {
  capabilities = ['viewer', 'view.hologram'];
  const connection = await connectTo();
  await expect(connection.call('session.close', { sessionId: sessionId as never })).rejects.toMatchObject({
    code: 'protocol-older',
  });
  await expect(connection.openTunnel(sessionId, 'files')).rejects.toMatchObject({ code: 'protocol-older' });
  expect(await connection.call('catalogue.get', {})).toMatchObject({ offers: [] });
  (await connection.openTunnel(sessionId, 'display')).destroy();
});

test('an unknown method is refused and the connection stays', async () => {
  capabilities = ['call.no.such'];
  const connection = await connectTo();
  await expect(connection.call('no.such' as never, {} as never)).rejects.toMatchObject({ code: 'internal' });
});
