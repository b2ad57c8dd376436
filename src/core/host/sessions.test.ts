import { connect } from 'node:net';
import { duplexPair, PassThrough } from 'node:stream';
import { beforeEach, expect, test, vi } from 'vitest';
import type { OfferId, PeerId, RequestId, RuleId, SessionId } from '../../contract/ids.ts';
import { noPowers, withPower } from '../../contract/powers.ts';
import { type ChannelName, channelNames, powerNames, rowOf, type View, viewNames } from '../../contract/views.ts';
import { createRecording, type Recording } from '../activity/activity.test-support.ts';
import type { Channel } from '../channels/channel.ts';
import { createChannels } from '../channels/channels.ts';
import { OPEN, requests } from '../channels/files/sftp-packets.ts';
import { createGrant, type Grant, type GrantTerms } from '../consent/grant.ts';
import type { Containers } from '../container/container.ts';
import type { NetworkMode, Process, Program, Sandbox, SandboxEnd, SandboxFile, Service } from '../container/engine.ts';
import type { SandboxWish } from '../container/peer-container.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import type { Launch } from '../offers/kind.ts';
import type { FoundOffer } from '../offers/offers.ts';
import type { PeerFace } from '../peers/peer-book.ts';
import type { GrantedSession } from '../wire/peer-protocol.ts';
import type { Visitor } from '../wire/visitor.ts';
import { type HostSessions, startHostSessions } from './sessions.ts';

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
const program = { argv: ['/usr/bin/xcalc'], workingDirectory: null };
const launch: Launch = { in: 'sandbox', program, ownSandbox: 'off' };

/** A fake of the sandbox port: it runs nothing and tells what was asked of it. */
class FakeSandbox {
  readonly wish: SandboxWish;
  constructor(wish: SandboxWish) {
    this.wish = wish;
  }
  state: Sandbox['state'] = 'running';
  readonly programs: Program[] = [];
  readonly authorised: string[] = [];
  hasNetwork = false;
  /** The largest file; null while the folder is closed. */
  maxFileBytes: number | null = null;
  /** How often the program was asked to end. */
  askedToEnd = 0;
  readonly #ended = Promise.withResolvers<SandboxEnd>();
  readonly ended = this.#ended.promise;
  async runMain(program: Program) {
    this.programs.push(program);
    runs();
    return this.#process;
  }
  async run({ argv }: Program) {
    if (argv.at(-1)?.endsWith('/ask-to-end')) this.askedToEnd += 1;
    return this.#process;
  }
  async serve({ argv }: Service) {
    await serving;
    this.maxFileBytes = Number(argv.at(-1)) * 1024;
    return this.#process;
  }
  /** Only what serves files is ended before its sandbox is. */
  readonly #process: Process = {
    ended: new Promise(() => {}),
    kill: () => {
      this.maxFileBytes = null;
    },
  };
  async provide({ name, text }: SandboxFile) {
    if (name.endsWith('/authorized_keys')) this.authorised.push(text);
  }
  async setNetwork(mode: NetworkMode) {
    await networking;
    this.hasNetwork = mode !== 'none';
  }
  /** Before a stream is there. */
  connecting: Promise<void> = Promise.resolve();
  async connect() {
    await this.connecting;
    return new PassThrough();
  }
  exit(exitCode: number | null, part: Partial<SandboxEnd> = {}) {
    this.state = 'ended';
    this.#ended.resolve({ exitCode, why: '', wantedOwnSandbox: false, output: { first: [], last: [] }, ...part });
  }
  async stop() {
    this.exit(null);
  }
}

const book = {
  faceOf: (_: PeerId, name: string): PeerFace => ({ name, isVerified: false, warning: null }),
};
let sandboxes: FakeSandbox[];
/** What happens while a program starts. */
let runs: () => void;
/** What it takes until a server in a sandbox is there, and a network given or gone. */
let serving: Promise<void>;
let networking: Promise<void>;
let sessions: HostSessions;
let recording: Recording;
const warnings: object[] = [];
const log = { ...silentLog, warn: (fields: object) => void warnings.push(fields) } as typeof silentLog;

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

function grantFor(peerId: PeerId, view: View = 'viewer', terms: Partial<GrantTerms> = {}): Grant {
  return createGrant({
    requestId: 'r' as RequestId,
    peerId,
    claimedName: 'Alice',
    offerId: offer.id,
    view,
    powers: noPowers,
    ruleId: null,
    expiresAt: null,
    ...terms,
  });
}

/** With a channel more than the product has. */
let madeUp: { readonly opened: View[] };

beforeEach(() => {
  sandboxes = [];
  runs = () => {};
  serving = Promise.resolve();
  networking = Promise.resolve();
  recording = createRecording();
  const containers = {
    state: new State([]),
    take: async (_peerId: PeerId, _peerName: string, wish: SandboxWish) => {
      const sandbox = new FakeSandbox(wish);
      sandboxes.push(sandbox);
      return sandbox;
    },
    keep: async (_peerId: PeerId, _name: string, make: () => string) => make(),
  } as unknown as Containers;
  const settings = new State({ maxUploadMib: 3 });
  const opened: View[] = [];
  madeUp = { opened };
  const hologram = {
    name: 'hologram' as ChannelName,
    needs: null,
    holds: [],
    programs: [],
    host: {
      part: () => ({ name: 'hologram', files: async () => [] }),
      open: async ({ sandbox }) => {
        opened.push('hologram' as View);
        return { tunnel: { connect: () => sandbox.connect('display') }, [Symbol.dispose]: () => {} };
      },
    },
    visitor: { open: () => ({ [Symbol.asyncDispose]: async () => {} }) },
  } satisfies Channel;
  const channels = [...Object.values(createChannels({ containers, settings } as never)), hologram];
  sessions = startHostSessions({
    ...{ channels, containers, book, activity: recording, log },
  });
});

const nothingKnown: FoundOffer['explainEnd'] = async () => null;

const start = (visitor: Visitor, grant = grantFor(visitor.peerId), explainEnd = nothingKnown) =>
  sessions.start({
    grant,
    offer,
    launch,
    explainEnd,
    visitor,
    capabilities: ['windows', 'close'],
    size: undefined,
  });

test('what runs is the offer as the host knows it', async () => {
  await start(visitorOf(alice).visitor);
  expect(sandboxes[0]?.programs).toEqual([
    { argv: ['/run/ebp/conf/on-screen', '/usr/bin/xcalc'], workingDirectory: null },
  ]);
  expect(sandboxes[0]?.authorised).toEqual([]);
});

test('a session says where its visitor is, or was before it went away', async () => {
  await start(visitorOf(alice).visitor);
  const { visitor } = visitorOf(carol);
  await start({ ...visitor, remoteAddress: '192.0.2.9' });
  const addresses = () => sessions.state.value.map(({ state, address }) => [state, address]);
  expect(addresses()).toEqual([
    ['running', '127.0.0.1'],
    ['running', '192.0.2.9'],
  ]);
  visitor.close();
  expect(addresses()[1]).toEqual(['reconnecting', '192.0.2.9']);
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

test('what is taken back while it opens ends at once, whatever is still waited for', async () => {
  const forever = new Promise<void>(() => {});
  for (const wait of ['serving', 'networking']) {
    if (wait === 'serving') serving = forever;
    else networking = forever;
    const powers = { ...noPowers, files: true, network: 'internet' as const };
    void start(visitorOf(alice).visitor, grantFor(alice, 'viewer', { powers })).catch(() => {});
    await expect.poll(() => sandboxes.at(-1)?.state).toBe('running');
    await sessions.endAll('host');
    expect(sandboxes.at(-1)?.state, wait).toBe('ended');
    serving = Promise.resolve();
  }
});

test('a time limit that is taken with the internet counts although that does not go', async () => {
  const powers = { ...noPowers, network: 'internet' as const };
  const { sessionId } = await start(visitorOf(alice).visitor, grantFor(alice, 'viewer', { powers }));
  networking = Promise.reject(new Error('it does not go'));
  await expect(sessions.narrow(sessionId, { ...noPowers, timeLimitMin: 1 })).rejects.toThrow('it does not go');
  await expect.poll(() => sessions.state.value[0]?.endsAt, { timeout: 3000 }).not.toBeNull();
});

test('a session is over although nobody can explain why its program failed', async () => {
  const { visitor, notices } = visitorOf(alice);
  await start(visitor, grantFor(alice), async () => {
    throw new Error('a bug of a kind');
  });
  sandboxes[0]?.exit(3);
  await expect.poll(() => notices.at(-1)?.[0]).toBe('session.ended');
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
  expect(() => sessions.resume(visitorOf(carol).visitor, sessionId, [])).toThrow(
    expect.objectContaining({ code: 'not-found' }),
  );
  expect(sandboxes[0]?.state).toBe('running');
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
  expect(notices).toEqual([
    ['session.ended', { sessionId, reason: 'host', exitCode: null, problem: null, lastWords: [] }],
  ]);
  await expect(sessions.openTunnel(visitor, sessionId, 'display')).rejects.toMatchObject({ code: 'not-found' });
});

test('a program that exits ends its session; one that fails at once is said', async () => {
  const { visitor, notices } = visitorOf(alice);
  await start(visitor);
  sandboxes[0]?.exit(127);
  await expect.poll(() => notices.length).toBe(1);
  expect(notices[0]?.[1]).toMatchObject({ reason: 'program', exitCode: 127, problem: { code: 'program-failed' } });
});

test('what the kind of an offer knows of its end is told, as that it may not build its own sandbox', async () => {
  const { visitor, notices } = visitorOf(alice);
  const explained: unknown[] = [];
  await start(visitor, undefined, async (end) => {
    explained.push(end);
    return { code: 'own-sandbox-needed', params: {} };
  });
  const output = { first: ['No usable sandbox!'], last: [] };
  sandboxes[0]?.exit(133, { wantedOwnSandbox: true, output });
  await expect.poll(() => notices.length).toBe(1);
  // Its own advice, a helper that is of no use in a container, is not passed on.
  const problem = { code: 'own-sandbox-needed', params: {} };
  expect(notices[0]?.[1]).toMatchObject({ reason: 'program', problem, lastWords: [] });
  expect(explained).toEqual([{ exitCode: 133, wantedOwnSandbox: true }]);
});

test('a program that says the same, of which its kind knows nothing, has failed', async () => {
  const { visitor, notices } = visitorOf(alice);
  await start(visitor);
  sandboxes[0]?.exit(1, { wantedOwnSandbox: true, output: { first: ['No usable sandbox!'], last: [] } });
  await expect.poll(() => notices.length).toBe(1);
  const problem = { code: 'program-failed', params: { exitCode: 1 } };
  expect(notices[0]?.[1]).toMatchObject({ problem, lastWords: ['No usable sandbox!'] });
});

test('what a program wrote is in the log and told to its visitor when it failed, and a normal end warns of nothing', async () => {
  const output = { first: ['starting'], last: ['no sound', 'giving up'] };
  const lastWords = ['starting', 'no sound', 'giving up'];
  const endWith = async (exitCode: number | null, afterMs = 0) => {
    warnings.length = 0;
    const { visitor, notices } = visitorOf(alice);
    vi.useFakeTimers({ toFake: ['Date'] });
    await start(visitor);
    vi.setSystemTime(Date.now() + afterMs);
    sandboxes.at(-1)?.exit(exitCode, { output });
    await new Promise((resolve) => setImmediate(resolve));
    vi.useRealTimers();
    await expect.poll(() => notices.length).toBe(1);
    const { problem, lastWords: told } = (notices[0] as [string, { problem: unknown; lastWords: unknown }])[1];
    return { problem, told, warnings: [...warnings] };
  };
  const failed = { code: 'program-failed', params: { exitCode: 1 } };
  const warning = { offer: offer.id, exitCode: 1, ...output };
  expect(await endWith(0)).toEqual({ problem: null, told: [], warnings: [] });
  expect(await endWith(null)).toEqual({ problem: null, told: [], warnings: [] });
  expect(await endWith(1)).toMatchObject({ problem: failed, told: lastWords, warnings: [warning] });
  // Later a person may have ended it this way, unless a signal of the kernel did.
  expect(await endWith(1, 60_000)).toMatchObject({ problem: null, told: lastWords, warnings: [warning] });
  expect(await endWith(139, 60_000)).toMatchObject({ problem: { code: 'program-failed' }, told: lastWords });
});

test('a lost visitor finds its session again', async () => {
  const { visitor } = visitorOf(alice);
  const { sessionId } = await start(visitor);
  visitor.close();
  await expect.poll(() => sessions.state.value[0]?.state).toBe('reconnecting');
  sessions.resume(visitorOf(alice).visitor, sessionId as SessionId, []);
  await expect.poll(() => sessions.state.value[0]?.state).toBe('running');
  await sessions.endAll('host');
});

test('the port of an SSH command serves the granted address only and closes with the session', async () => {
  const { visitor } = visitorOf(alice);
  const { sessionId, classicPort } = await start(visitor, grantFor(alice, 'ssh-command'));
  expect(sandboxes[0]?.authorised).toEqual(['restrict,X11-forwarding ssh-ed25519 AAAA\n']);
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
  // It comes back from an address of the other family or of another network. Its key proves who it is each time.
  sessions.resume({ ...visitorOf(alice).visitor, remoteAddress: '127.0.0.2' }, sessionId as SessionId, []);
  for (const address of ['127.0.0.1', '127.0.0.2']) expect(await dial(address), address).toBe('served');
  expect(await dial('127.0.0.3')).toBe('refused');
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

test('one peer cannot fill this computer with grants that come all at once either', async () => {
  const { visitor } = visitorOf(alice);
  const grants = Array.from({ length: 30 }, () => grantFor(alice));
  const started = await Promise.allSettled(grants.map((grant) => start(visitor, grant)));
  expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
  expect(started.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'peer-busy' } });
  expect(sandboxes).toHaveLength(8);
  expect(grants.filter(({ isLive }) => isLive)).toHaveLength(8);
  await sessions.endAll('host');
});

test('powers are taken away while it runs and do not come back, and the visitor is told', async () => {
  const { visitor, notices } = visitorOf(alice);
  const powers = { ...noPowers, clipboardIn: true, clipboardOut: true };
  const { sessionId } = await start(visitor, grantFor(alice, 'viewer', { powers }));
  await sessions.narrow(sessionId, { ...powers, clipboardOut: false, isViewOnly: true });
  expect(sessions.state.value).toMatchObject([
    { powers: { clipboardIn: true, clipboardOut: false, isViewOnly: true } },
  ]);
  expect(notices).toMatchObject([['session.changed', { sessionId, powers: { isViewOnly: true }, remainingMs: null }]]);
  await expect(sessions.narrow(sessionId, powers)).rejects.toMatchObject({ code: 'bad-input' });
});

test('two powers that are taken away at the same time stay away, or the second one is told', async () => {
  const powers = { ...noPowers, clipboardIn: true, network: 'internet' } as const;
  const { sessionId } = await start(visitorOf(alice).visitor, grantFor(alice, 'viewer', { powers }));
  const results = await Promise.allSettled([
    sessions.narrow(sessionId, { ...powers, network: 'none' }),
    sessions.narrow(sessionId, { ...powers, clipboardIn: false }),
  ]);
  const left = sessions.state.value[0]?.powers;
  expect(left?.network).toBe('none');
  expect(results[1]?.status === 'fulfilled' ? left?.clipboardIn : false).toBe(false);
  await sessions.narrow(sessionId, noPowers);
  expect(sessions.state.value).toMatchObject([{ powers: noPowers }]);
});

test('a grant that ends in the moment in which the program starts leaves nothing running', async () => {
  const grant = grantFor(alice);
  runs = () => grant.end();
  await expect(start(visitorOf(alice).visitor, grant)).rejects.toMatchObject({ code: 'cancelled' });
  expect(sandboxes[0]?.state).toBe('ended');
  expect(sessions.state.value).toEqual([]);
});

test('what draws on the visitor’s own display keeps its clipboard: taking it away would be a promise that nothing holds', async () => {
  const powers = { ...noPowers, clipboardIn: true, clipboardOut: true };
  const native = await start(visitorOf(alice).visitor, grantFor(alice, 'native', { powers }));
  await expect(sessions.narrow(native.sessionId, noPowers)).rejects.toMatchObject({ code: 'bad-input' });
});

test('a time limit ends the session, also one that is set while it runs, and the end of the rule does', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  try {
    const { visitor, notices } = visitorOf(alice);
    const limited = grantFor(alice, 'viewer', { powers: { ...noPowers, timeLimitMin: 2 } });
    expect(await start(visitor, limited)).toMatchObject({ remainingMs: 120_000 });
    const { sessionId } = await start(visitor);
    const ofRule = grantFor(alice, 'viewer', { expiresAt: Date.now() + 180_000 });
    await start(visitor, ofRule);
    await vi.advanceTimersByTimeAsync(119_000);
    expect(sessions.state.value).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1001);
    expect(notices.at(-1)).toMatchObject(['session.ended', { reason: 'expired' }]);
    expect(sessions.state.value).toHaveLength(2);
    await sessions.narrow(sessionId, { ...noPowers, timeLimitMin: 1 });
    await vi.advanceTimersByTimeAsync(1);
    expect(notices.at(-1)).toMatchObject(['session.ended', { sessionId, reason: 'expired' }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sessions.state.value).toEqual([]);
    expect(sandboxes.map(({ state }) => state)).toEqual(['ended', 'ended', 'ended']);
  } finally {
    vi.useRealTimers();
  }
});

test('neither a change of powers nor the end of a rule lets a session live on where the clock was set back', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  try {
    const { visitor, notices } = visitorOf(alice);
    const powers = { ...noPowers, clipboardIn: true, timeLimitMin: 2 };
    const { sessionId } = await start(visitor, grantFor(alice, 'viewer', { powers }));
    await start(visitor, grantFor(alice, 'viewer', { expiresAt: Date.now() + 120_000 }));
    await vi.advanceTimersByTimeAsync(60_000);
    vi.setSystemTime(Date.now() - 24 * 3_600_000);
    await sessions.narrow(sessionId, { ...powers, clipboardIn: false });
    expect(notices.at(-1)).toMatchObject(['session.changed', { sessionId, remainingMs: 60_000 }]);
    await vi.advanceTimersByTimeAsync(1000);
    for (const { endsAt } of sessions.state.value) expect((endsAt ?? 0) - Date.now()).toBeLessThan(60_001);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(sessions.state.value).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test('a time limit ends the session also where the clock was set back', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  try {
    await start(visitorOf(alice).visitor, grantFor(alice, 'viewer', { powers: { ...noPowers, timeLimitMin: 2 } }));
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(119_000);
    expect(sessions.state.value).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sessions.state.value).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test('a rule that is removed ends what it had allowed, and nothing else', async () => {
  const { visitor } = visitorOf(alice);
  const ruleId = crypto.randomUUID() as RuleId;
  await start(visitor, grantFor(alice, 'viewer', { ruleId }));
  const { sessionId } = await start(visitor);
  await sessions.endAllUnder(ruleId, 'host');
  expect(sessions.state.value.map(({ id }) => id)).toEqual([sessionId]);
  expect(sandboxes.map(({ state }) => state)).toEqual(['ended', 'running']);
});

test('start, what was taken away, and the end with amounts and reason are in the log', async () => {
  const { sessionId } = await start(visitorOf(alice).visitor);
  await sessions.narrow(sessionId, { ...noPowers, isViewOnly: true });
  await sessions.end(sessionId, 'host', null);
  const about = { role: 'host', peerId: alice, offerId: 'app:xcalc', offerName: 'Calculator' };
  expect(recording.notes).toMatchObject([
    { ...about, event: { kind: 'started', sessionId } },
    { ...about, event: { kind: 'narrowed', sessionId, powers: { isViewOnly: true } } },
    {
      ...about,
      event: { kind: 'ended', sessionId, reason: 'host', bytesToHost: 0, bytesToVisitor: 0, exitCode: null },
    },
  ]);
});

test('files are for sessions with the power, of that peer, and each transfer has its own channel', async () => {
  const { visitor } = visitorOf(alice);
  const without = await start(visitor);
  expect(sandboxes[0]?.maxFileBytes).toBeNull();
  await expect(sessions.openTunnel(visitor, without.sessionId, 'files')).rejects.toMatchObject({ code: 'not-allowed' });
  const { sessionId } = await start(visitor, grantFor(alice, 'viewer', { powers: { ...noPowers, files: true } }));
  expect(sandboxes[1]?.maxFileBytes).toBe(3 * 1024 * 1024);
  await expect(sessions.openTunnel(visitorOf(carol).visitor, sessionId, 'files')).rejects.toMatchObject({
    code: 'not-found',
  });
  const channels = Array.from({ length: 16 }, () => new PassThrough());
  for (const channel of channels) (await sessions.openTunnel(visitor, sessionId, 'files'))(channel);
  await expect(sessions.openTunnel(visitor, sessionId, 'files')).rejects.toMatchObject({ code: 'peer-busy' });
  channels[0]?.destroy();
  await expect.poll(() => sessions.openTunnel(visitor, sessionId, 'files').catch(() => null)).toBeTypeOf('function');
});

test('what a visitor asks of the file server is held to the folder at the host', async () => {
  const { visitor } = visitorOf(alice);
  const { sessionId } = await start(visitor, grantFor(alice, 'viewer', { powers: { ...noPowers, files: true } }));
  const [visitorSide, channel] = duplexPair();
  (await sessions.openTunnel(visitor, sessionId, 'files'))(channel);
  visitorSide.write(requests.open(1, '/home/ebp/Exchange/a.txt', OPEN.read));
  // The fake gives back what reached it.
  await expect.poll(() => (visitorSide.read() as Buffer | null)?.length).toBeGreaterThan(0);
  visitorSide.write(requests.open(2, '/proc/2/mem', OPEN.read | OPEN.write));
  await expect.poll(() => channel.destroyed).toBe(true);
  expect(visitorSide.read()).toBeNull();
});

test('files that are taken away end at once, also a channel that is just being opened, and do not come back', async () => {
  const { visitor } = visitorOf(alice);
  const powers = { ...noPowers, files: true };
  const { sessionId } = await start(visitor, grantFor(alice, 'viewer', { powers }));
  const [transfer, late, display] = [new PassThrough(), new PassThrough(), new PassThrough()];
  (await sessions.openTunnel(visitor, sessionId, 'files'))(transfer);
  (await sessions.openTunnel(visitor, sessionId, 'display'))(display);
  const connecting = Promise.withResolvers<void>();
  if (sandboxes[0] !== undefined) sandboxes[0].connecting = connecting.promise;
  const opening = sessions.openTunnel(visitor, sessionId, 'files');
  const narrowing = sessions.narrow(sessionId, noPowers);
  await narrowing;
  expect([transfer.destroyed, display.destroyed, sandboxes[0]?.maxFileBytes]).toEqual([true, false, null]);
  connecting.resolve();
  (await opening)(late);
  expect(late.destroyed).toBe(true);
  await expect(sessions.openTunnel(visitor, sessionId, 'files')).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(sessions.narrow(sessionId, powers)).rejects.toMatchObject({ code: 'bad-input' });
});

test('a visitor that closes ends the program first, both sides hear that it was the visitor, and an older one hears nothing of it', async () => {
  const { visitor, notices } = visitorOf(alice);
  const { sessionId } = await start(visitor);
  sessions.close(sessionId, alice);
  expect(sandboxes[0]?.askedToEnd).toBe(1);
  await vi.waitFor(() => expect(sessions.state.value).toMatchObject([{ closing: 'closing', windows: [] }]));
  sandboxes[0]?.exit(0);
  await vi.waitFor(() => expect(sessions.state.value).toEqual([]));
  expect(notices).toContainEqual(['session.closing', { sessionId, closing: 'closing' }]);
  expect(notices.at(-1)).toEqual([
    'session.ended',
    { sessionId, reason: 'visitor', exitCode: 0, problem: null, lastWords: [] },
  ]);
  expect(recording.notes.at(-1)?.event).toMatchObject({ kind: 'ended', reason: 'visitor' });

  const older = visitorOf(alice);
  const grant = grantFor(alice);
  const second = await sessions.start({
    grant,
    offer,
    launch,
    explainEnd: nothingKnown,
    visitor: older.visitor,
    capabilities: [],
    size: undefined,
  });
  sessions.close(second.sessionId, alice);
  await sessions.end(second.sessionId, 'visitor', alice);
  expect(older.notices.map(([notice]) => notice)).toEqual(['session.ended']);
});

test('a session that is being closed can be kept, and only by its own peer', async () => {
  const { visitor } = visitorOf(alice);
  const { sessionId } = await start(visitor);
  for (const attempt of [
    () => sessions.close(sessionId, carol),
    () => sessions.keep(sessionId, carol),
    () => sessions.useWindow(sessionId, carol, 'close', 1),
  ])
    expect(attempt).toThrow(expect.objectContaining({ code: 'not-found' }));
  sessions.close(sessionId, alice);
  sessions.keep(sessionId, alice);
  await vi.waitFor(() => expect(sessions.state.value).toMatchObject([{ closing: 'no' }]));
});

test('who only watches uses no window', async () => {
  const powers = { ...noPowers, isViewOnly: true };
  const { sessionId } = await start(visitorOf(alice).visitor, grantFor(alice, 'viewer', { powers }));
  for (const wish of ['activate', 'close'] as const)
    expect(() => sessions.useWindow(sessionId, alice, wish, 1)).toThrow(
      expect.objectContaining({ code: 'not-allowed' }),
    );
  const used = await start(visitorOf(alice).visitor);
  expect(() => sessions.useWindow(used.sessionId, alice, 'activate', 1)).not.toThrow();
});

const everything = powerNames.reduce((powers, name) => withPower(powers, name, true), noPowers);
const everyChannel = [...channelNames, 'hologram'] as ChannelName[];

/** The channels to which a visitor with this view gets a stream, when everything was granted. */
async function reachedWith(view: View): Promise<{ readonly reached: string[]; readonly session: GrantedSession }> {
  const { visitor } = visitorOf(alice);
  const session = await start(visitor, grantFor(alice, view, { powers: everything }));
  const results = await Promise.allSettled(
    everyChannel.map((name) => sessions.openTunnel(visitor, session.sessionId, name)),
  );
  const reached = everyChannel.filter((_, index) => results[index]?.status === 'fulfilled');
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'not-allowed' });
  return { reached, session };
}

test.each(['hologram', 'toString', '__proto__', ''])(
  'a view that has no row can do nothing: %j has no stream, no authorisation, no port and no power',
  async (view) => {
    const { reached, session } = await reachedWith(view as View);
    expect(reached).toEqual([]);
    expect(session).toMatchObject({
      powers: noPowers,
      containerHostKey: null,
      classicPort: null,
      maxUploadBytes: null,
    });
    expect(sandboxes[0]).toMatchObject({ authorised: [], maxFileBytes: null, hasNetwork: false });
    expect(sandboxes[0]?.wish).toEqual({ parts: [], hasNetwork: false, allowsOwnSandbox: false });
    expect(sessions.state.value).toMatchObject([{ powers: noPowers, sshCommand: null }]);
    expect(madeUp.opened).toEqual([]);
    expect(() => sessions.useWindow(session.sessionId, alice, 'activate', 1)).not.toThrow();
  },
);

test('a channel that no row names is never opened, and each view reaches what its own row names', async () => {
  const reached = Object.fromEntries(
    await Promise.all(viewNames.map(async (view) => [view, (await reachedWith(view)).reached])),
  );
  // The port of an SSH command is reached on the network.
  expect(reached).toEqual({ viewer: ['display', 'files'], native: ['ssh', 'files'], 'ssh-command': ['files'] });
  expect(madeUp.opened).toEqual([]);
  await sessions.endAll('host');
});

test('what a row says can be taken away is held by one of its channels, or by the sandbox', () => {
  const channels = Object.values(createChannels({} as never));
  for (const view of viewNames) {
    const { powers, isViewOnly, channels: named } = rowOf(view);
    const held = ['network', ...channels.filter(({ name }) => named.includes(name)).flatMap(({ holds }) => holds)];
    for (const name of powerNames) if (powers[name] === 'held') expect(held, `${view} ${name}`).toContain(name);
    if (isViewOnly === 'held') expect(held, view).toContain('isViewOnly');
  }
});
