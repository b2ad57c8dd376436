// Peers with real connections on loopback.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClientId } from '../../contract/contract.ts';
import { AppError } from '../../contract/errors.ts';
import type { IconHash, PeerId } from '../../contract/ids.ts';
import { openIdentity } from '../identity/identity.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import { createNotices } from '../wire/notices.ts';
import { PROTOCOL } from '../wire/peer-protocol.ts';
import { type PeerServer, startPeerServer } from '../wire/peer-server.ts';
import type { Answers } from '../wire/visitor.ts';
import { openPeerBook, type PeerBook } from './peer-book.ts';
import { type Peers, startPeers } from './peers.ts';

const client = 1 as ClientId;
let folder: string;
let server: PeerServer;
let book: PeerBook;
let peers: Peers;
let bob: PeerId;
let hellos: number;
let isCut: boolean;
/** What it answers who connects; it lets them in for undefined. */
let sentAway: 'peer-refuses' | 'protocol-newer' | undefined;
let triesInVain: number;
let icons: Set<string>;
let giveIcon: PromiseWithResolvers<void>;

const icon = 'a'.repeat(64) as IconHash;
let startBob: (folderName: string, port: number) => Promise<PeerServer>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-peers-'));
  hellos = 0;
  isCut = false;
  sentAway = undefined;
  triesInVain = 0;
  icons = new Set();
  giveIcon = Promise.withResolvers();
  giveIcon.resolve();
  const offer = { id: 'app:xcalc', kind: 'app', name: 'X', summary: '', categories: [], keywords: [], icon };
  const answers = {
    calls: {
      hello: () => {
        if (sentAway !== undefined) {
          triesInVain += 1;
          throw new AppError(sentAway);
        }
        hellos += 1;
        return { protocol: PROTOCOL, oldest: PROTOCOL, name: 'Bob', capabilities: [] };
      },
      'catalogue.get': () => ({ offers: [offer], isCut }),
      'icon.get': async () => {
        await giveIcon.promise;
        return { data: '' };
      },
    },
    isRefused: () => sentAway === 'peer-refuses',
    onRefused: () => {
      triesInVain += 1;
    },
  } as unknown as Answers;
  startBob = async (folderName, port) => {
    const identity = await openIdentity(join(folder, folderName));
    if (folderName === 'bob') bob = identity.id;
    return startPeerServer({ identity, log: silentLog, port, answers });
  };
  server = await startBob('bob', 0);
  book = await openPeerBook({ profileDir: folder, log: silentLog });
  peers = await startPeers({
    identity: await openIdentity(join(folder, 'alice')),
    log: silentLog,
    book,
    notices: createNotices(),
    icons: {
      hasIcon: (hash) => icons.has(hash),
      storeIcon: async () => {
        icons.add(icon);
        return icon;
      },
    },
    settings: new State({ name: 'Alice', peerPort: server.port }),
  });
});
afterEach(async () => {
  await peers[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test.each(['', '1.2.3'])('what is no address is not looked for: “%s”', async (address) => {
  await expect(peers.add(address)).rejects.toMatchObject({ code: 'bad-address', params: { address } });
});

test('a peer that is blocked while its page is open is left, its catalogue is gone, and nobody goes back to it', async () => {
  await peers.add(`127.0.0.1:${server.port}`);
  await peers.open(bob, client);
  expect(peers.catalogues.value[bob]).toHaveLength(1);
  const before = hellos;
  await book.update(bob, 'Bob', { isBlocked: true });
  peers.drop(bob);
  expect(peers.catalogues.value).toEqual({});
  // Longer than a lost connection waits before it is made again.
  await sleep(1500);
  expect(hellos).toBe(before);
  await expect(peers.hold(bob)).rejects.toMatchObject({ code: 'peer-blocked' });
  await book.update(bob, 'Bob', { isBlocked: false });
  const { release } = await peers.hold(bob);
  release();
  expect(hellos).toBe(before + 1);
});

test('an offer is shown at once, and with its icon when that is here', async () => {
  await peers.add(`127.0.0.1:${server.port}`);
  giveIcon = Promise.withResolvers();
  const opening = peers.open(bob, client);
  await expect.poll(() => peers.catalogues.value[bob]).toMatchObject([{ name: 'X', icon: null }]);
  giveIcon.resolve();
  await opening;
  await expect.poll(() => peers.catalogues.value[bob]).toMatchObject([{ name: 'X', icon }]);
});

test('that another key answers in the place of a peer is said until the right one answers again', async () => {
  const { port } = server;
  const advert = (catalogueDigest: string) =>
    peers.onSeen({
      peerId: bob,
      name: 'Bob',
      protocol: PROTOCOL,
      port,
      catalogueDigest,
      addresses: ['127.0.0.1'],
      instance: 'bob',
      host: 'bob.local',
    });
  const shown = () => peers.state.value.find(({ id }) => id === bob);
  const isShown = (connection: string, problem: string | null) =>
    vi.waitFor(
      () => expect(shown()).toMatchObject({ connection, problem: problem === null ? null : { code: problem } }),
      {
        timeout: 4000,
      },
    );
  advert('1');
  await peers.open(bob, client);
  await isShown('connected', null);
  await server[Symbol.asyncDispose]();
  const impostor = await startBob('impostor', port);
  expect(impostor.port).toBe(port);
  await isShown('failed', 'fingerprint-mismatch');
  // She advertises again, and again: that alone is no answer of the right key.
  advert('2');
  advert('2');
  await sleep(300);
  expect(shown()).toMatchObject({ connection: 'failed', problem: { code: 'fingerprint-mismatch' } });
  // She goes: nobody answers, and the warning stays.
  await impostor[Symbol.asyncDispose]();
  peers.onGone(bob);
  await expect(peers.hold(bob)).rejects.toMatchObject({ code: 'peer-unreachable' });
  advert('3');
  await sleep(300);
  expect(shown()).toMatchObject({ connection: 'failed', problem: { code: 'fingerprint-mismatch' } });
  server = await startBob('bob', port);
  advert('4');
  await isShown('connected', null);
});

test('an address of a peer where this computer itself answers is passed over, and is no alarm', async () => {
  const lines: unknown[] = [];
  const log = { ...silentLog, info: (fields: object, text: string) => lines.push([text, fields]) };
  const identity = await openIdentity(join(folder, 'alice'));
  await using own = await startBob('alice', 0);
  await using alone = await startPeers({
    identity,
    log,
    book,
    notices: createNotices(),
    icons: { hasIcon: () => true, storeIcon: async () => icon },
    settings: new State({ name: 'Alice', peerPort: server.port }),
  });
  const advert = (addresses: readonly string[]) =>
    alone.onSeen({
      ...{ peerId: bob, name: 'Bob', protocol: PROTOCOL, port: server.port, catalogueDigest: String(addresses) },
      ...{ addresses, instance: 'Bob', host: 'bob.local' },
    });
  const shown = () => alone.state.value.find(({ id }) => id === bob);
  advert([`127.0.0.1:${own.port}`, `[::1]:${own.port}`, '127.0.0.1']);
  await alone.open(bob, client);
  await expect.poll(shown).toMatchObject({ connection: 'connected', problem: null });
  const said = 'an address of the peer leads to this computer; it is left out';
  expect(lines).toContainEqual([said, { peerId: bob, host: '127.0.0.1', port: own.port }]);

  await server[Symbol.asyncDispose]();
  advert([`127.0.0.1:${own.port}`]);
  await expect.poll(() => shown()?.connection).not.toBe('connected');
  await expect(alone.hold(bob)).rejects.toMatchObject({ code: 'peer-unreachable' });
  await expect.poll(shown).toMatchObject({ connection: 'failed', problem: { code: 'peer-unreachable' } });
  server = await startBob('bob', server.port);
});

test('who shares more than a catalogue can have is known to do so, for as long as it is so', async () => {
  isCut = true;
  await peers.add(`127.0.0.1:${server.port}`);
  await peers.open(bob, client);
  await vi.waitFor(() => expect(peers.state.value.find(({ id }) => id === bob)?.isCatalogueCut).toBe(true));
});

test('a peer that was lost while its page is open is looked for until it is back, and not once only', {
  timeout: 20_000,
}, async () => {
  await peers.add(`127.0.0.1:${server.port}`);
  await peers.open(bob, client);
  const shown = () => peers.state.value.find(({ id }) => id === bob);
  const { port } = server;
  await server[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(shown()).toMatchObject({ connection: 'failed' }), { timeout: 5000 });
  server = await startBob('bob', port);
  await vi.waitFor(() => expect(shown()).toMatchObject({ connection: 'connected' }), { timeout: 8000 });
  expect(peers.catalogues.value[bob]).toMatchObject([{ id: 'app:xcalc' }]);
});

test.each(['peer-refuses', 'protocol-newer'] as const)(
  'a peer that was lost and says %s now is not asked again and again, but when somebody looks at it again',
  { timeout: 15_000 },
  async (code) => {
    const { port } = server;
    const place = { port, addresses: ['127.0.0.1'], instance: 'bob', host: 'bob.local' };
    peers.onSeen({ peerId: bob, name: 'Bob', protocol: PROTOCOL, catalogueDigest: '1', ...place });
    await peers.open(bob, client);
    await server[Symbol.asyncDispose]();
    sentAway = code;
    server = await startBob('bob', port);
    await vi.waitFor(() => expect(triesInVain).toBe(1), { timeout: 5000 });
    // The next pause would be over by then.
    await sleep(2500);
    expect(triesInVain).toBe(1);
    expect(peers.state.value.find(({ id }) => id === bob)).toMatchObject({ connection: 'failed', problem: { code } });
    sentAway = undefined;
    await peers.open(bob, client);
    expect(hellos).toBe(2);
  },
);
