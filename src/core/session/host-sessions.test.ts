import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { beforeEach, expect, test } from 'vitest';
import type { OfferId, PeerId, Powers, RequestId, SessionId, View } from '../../contract/models.ts';
import type { LaunchSpec } from '../catalog/catalog.ts';
import { createGrant, type Grant } from '../consent/grant.ts';
import type { Containers } from '../container/container.ts';
import type { Program, Sandbox } from '../container/engine.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import type { Visitor } from '../tunnel/peer-server.ts';
import { type HostSessions, startHostSessions } from './host-sessions.ts';

const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const carol = `SHA256:${'C'.repeat(43)}` as PeerId;
const offer = {
  id: 'app:xcalc' as OfferId,
  kind: 'app',
  name: 'Calculator',
  summary: '',
  categories: [],
  keywords: [],
  icon: null,
};
const spec = { offer, argv: ['/usr/bin/xcalc'], workingDirectory: null, isTerminal: false } as unknown as LaunchSpec;

/** A fake of the sandbox port: it runs nothing and tells what was asked of it. */
class FakeSandbox {
  state: Sandbox['state'] = 'warm';
  readonly programs: Program[] = [];
  readonly authorised: string[][] = [];
  readonly #ended = Promise.withResolvers<{ exitCode: number | null; why: string }>();
  readonly ended = this.#ended.promise;
  async run(program: Program) {
    this.programs.push(program);
  }
  async authorise(keys: string[]) {
    this.authorised.push(keys);
  }
  async connect() {
    return new PassThrough();
  }
  exit(exitCode: number | null) {
    this.state = 'ended';
    this.#ended.resolve({ exitCode, why: '' });
  }
  async stop() {
    this.exit(null);
  }
}

let sandboxes: FakeSandbox[];
let sessions: HostSessions;

function visitorOf(peerId: PeerId) {
  const notices: [string, unknown][] = [];
  let onClose = () => {};
  const visitor: Visitor = {
    peerId,
    publicKey: 'ssh-ed25519 AAAA',
    remoteAddress: '127.0.0.1',
    notify: (notice, value) => notices.push([notice, value]),
    onClose: (listener) => {
      onClose = listener;
      return () => {};
    },
    close: () => onClose(),
  };
  return { visitor, notices };
}

function grantFor(peerId: PeerId, view: View = 'viewer'): Grant {
  const powers: Powers = { clipboard: false, network: false };
  return createGrant({ requestId: 'r' as RequestId, peerId, peerName: 'Alice', offerId: offer.id, view, powers });
}

beforeEach(() => {
  sandboxes = [];
  const containers = {
    state: new State([]),
    take: async () => {
      const sandbox = new FakeSandbox();
      sandboxes.push(sandbox);
      return sandbox;
    },
    hostKeyOf: async () => 'ssh-ed25519 BBBB',
  } as unknown as Containers;
  sessions = startHostSessions({ containers, log: silentLog });
});

const start = (visitor: Visitor, grant = grantFor(visitor.peerId)) =>
  sessions.start({ grant, spec, offer, visitor, size: undefined });

test('what runs is the offer as the host knows it', async () => {
  await start(visitorOf(alice).visitor);
  expect(sandboxes[0]?.programs).toEqual([{ argv: ['/usr/bin/xcalc'], workingDirectory: null }]);
  expect(sandboxes[0]?.authorised).toEqual([]);
});

test('without a live grant nothing is started', async () => {
  const grant = grantFor(alice);
  grant.end();
  await expect(start(visitorOf(alice).visitor, grant)).rejects.toMatchObject({ code: 'not-allowed' });
  expect(sandboxes).toEqual([]);
});

test('a grant that ends while the sandbox starts leaves nothing running', async () => {
  const grant = grantFor(alice, 'native');
  const starting = start(visitorOf(alice).visitor, grant);
  await sessions.endAll('host');
  await expect(starting).rejects.toMatchObject({ code: 'cancelled' });
  expect(sandboxes[0]).toMatchObject({ state: 'ended', programs: [] });
});

test('a tunnel is for the granted peer, the granted session and the granted view only', async () => {
  const { visitor } = visitorOf(alice);
  const { sessionId } = await start(visitor);
  await expect(sessions.openTunnel(visitorOf(carol).visitor, sessionId, 'display')).rejects.toMatchObject({
    code: 'not-found',
  });
  await expect(sessions.openTunnel(visitor, sessionId, 'ssh')).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(sessions.openTunnel(visitor, 'nothing', 'display')).rejects.toMatchObject({ code: 'not-found' });
  expect(await sessions.openTunnel(visitor, sessionId, 'display')).toBeTypeOf('function');
});

test('another peer can neither end nor take over a session', async () => {
  const { sessionId } = await start(visitorOf(alice).visitor);
  expect(() => sessions.end(sessionId, 'visitor', carol)).toThrow(expect.objectContaining({ code: 'not-found' }));
  expect(() => sessions.resume(visitorOf(carol).visitor, sessionId)).toThrow(
    expect.objectContaining({ code: 'not-found' }),
  );
  expect(sandboxes[0]?.state).toBe('warm');
});

test('the end of the grant ends sandbox, channels and session, and the visitor is told why', async () => {
  const { visitor, notices } = visitorOf(alice);
  const { sessionId } = await start(visitor);
  const channel = new PassThrough();
  (await sessions.openTunnel(visitor, sessionId, 'display'))(channel);
  await sessions.end(sessionId, 'host', null);
  expect(channel.destroyed).toBe(true);
  expect(sandboxes[0]?.state).toBe('ended');
  expect(sessions.state.value).toEqual([]);
  expect(notices).toEqual([['session.ended', { sessionId, reason: 'host', exitCode: null, problem: null }]]);
  await expect(sessions.openTunnel(visitor, sessionId, 'display')).rejects.toMatchObject({ code: 'not-found' });
});

test('a program that exits ends its session; one that fails at once is said', async () => {
  const { visitor, notices } = visitorOf(alice);
  await start(visitor);
  sandboxes[0]?.exit(127);
  await expect.poll(() => notices.length).toBe(1);
  expect(notices[0]?.[1]).toMatchObject({ reason: 'program', exitCode: 127, problem: { code: 'program-failed' } });
});

test('a lost visitor finds its session again', async () => {
  const { visitor } = visitorOf(alice);
  const { sessionId } = await start(visitor);
  visitor.close();
  await expect.poll(() => sessions.state.value[0]?.state).toBe('reconnecting');
  sessions.resume(visitorOf(alice).visitor, sessionId as SessionId);
  await expect.poll(() => sessions.state.value[0]?.state).toBe('running');
  await sessions.endAll('host');
});

test('the classic port serves the granted address only and closes with the session', async () => {
  const { visitor } = visitorOf(alice);
  const { sessionId, classicPort } = await start(visitor, grantFor(alice, 'classic'));
  expect(sandboxes[0]?.authorised).toEqual([['ssh-ed25519 AAAA']]);
  const dial = (localAddress: string) =>
    new Promise<'served' | 'refused'>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: classicPort as number, localAddress });
      socket.on('data', () => resolve('served'));
      socket.on('error', () => resolve('refused'));
      socket.on('close', () => resolve('refused'));
      socket.write('SSH-2.0-test\r\n');
    });
  expect(await dial('127.0.0.1')).toBe('served');
  expect(await dial('127.0.0.2')).toBe('refused');
  await sessions.end(sessionId, 'host', null);
  expect(await dial('127.0.0.1')).toBe('refused');
});

test('one peer cannot fill this computer', async () => {
  const { visitor } = visitorOf(alice);
  for (let i = 0; i < 8; i += 1) {
    expect(sessions.hasRoomFor(alice)).toBe(true);
    await start(visitor);
  }
  expect(sessions.hasRoomFor(alice)).toBe(false);
  expect(sessions.hasRoomFor(carol)).toBe(true);
  await sessions.endAll('host');
});
