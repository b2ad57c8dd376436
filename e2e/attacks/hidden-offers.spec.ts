// What a peer may not see, and what was never there, are one and the same to it: in answers, in time, and in what it is told by itself.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderOf, spawnOn } from '../../lab/hosts.ts';
import { processesOf } from '../../lab/processes.ts';
import type { OfferId } from '../../src/contract/ids.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';
import { expectWell } from './person.ts';
import { useMallory } from './use-mallory.ts';
import type { Visit } from './visit.ts';

const lan = useLan({
  bob: {
    apps: { xcalc: 'xcalc' },
    settings: {
      sharedByOfferId: { ['app:unshared' as OfferId]: false },
      audienceByOfferId: {
        ['app:hidden' as OfferId]: { who: 'verified' },
        ['app:chosen' as OfferId]: { who: 'chosen', peerIds: [] },
      },
    },
  },
});

const icon = (colour: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"><rect width="48" height="48" fill="${colour}"/></svg>`;

function addApp(id: string, name: string, colour: string): void {
  const path = join(folderOf('bob', 'home'), `${id}.svg`);
  writeFileSync(path, icon(colour));
  lan.bob.addApp(id, `[Desktop Entry]\nType=Application\nName=${name}\nExec=xcalc\nIcon=${path}\n`);
}

const mallory = useMallory(lan);
test.beforeAll(async () => {
  addApp('hidden', 'Hidden', 'red');
  addApp('chosen', 'Chosen', 'green');
  addApp('unshared', 'Unshared', 'blue');
  addApp('public', 'Public', 'white');
  await soon(async () => (await offersOfBob()).filter(({ icon }) => icon !== null).length).toBe(4);
});
test.afterEach(() => expectWell(lan.bob));

async function offersOfBob() {
  return (await lan.bob.core()).read('offers')?.offers ?? [];
}

async function seenBy(visit: Visit): Promise<readonly string[]> {
  const { result } = await visit.call('catalogue.get', {});
  const offers = (result?.['offers'] ?? []) as readonly { readonly id: string }[];
  return offers.map(({ id }) => id).sort();
}

const ask = (offerId: unknown) => ({ offerId, view: 'viewer', powers: noPowers });

test('an offer that is not shared, or hidden from this peer, is refused as one that does not exist', async () => {
  const visit = await mallory.visit(lan.bob);
  expect(await seenBy(visit)).toEqual(['app:public', 'app:xcalc']);
  const { error: ofNothing } = await visit.call('request.create', ask('app:nothing'));
  expect(ofNothing?.data.code).toBe('offer-gone');
  for (const id of ['app:hidden', 'app:chosen', 'app:unshared'])
    expect((await visit.call('request.create', ask(id))).error, id).toEqual(ofNothing);
  expect((await lan.bob.core()).read('requests')).toEqual([]);
  expect((await lan.bob.core()).read('containers')).toEqual([]);
});

test('the icon of a hidden offer is refused as one that does not exist', async () => {
  const visit = await mallory.visit(lan.bob);
  const hidden = (await offersOfBob()).filter(({ id }) => /hidden|chosen|unshared/.test(id));
  const { error: ofNothing } = await visit.call('icon.get', { hash: 'ab'.repeat(32) });
  for (const { icon: hash } of hidden) expect((await visit.call('icon.get', { hash })).error).toEqual(ofNothing);
  const shown = (await offersOfBob()).find(({ id }) => id === 'app:public');
  expect(await visit.codeOf('icon.get', { hash: shown?.icon })).toBe('granted');
});

test('a refusal takes as long for what is hidden as for what does not exist', async () => {
  const visit = await mallory.visit(lan.bob, { key: await mallory.makeKey('patient') });
  const hash = (await offersOfBob()).find(({ id }) => id === 'app:hidden')?.icon;
  const pairs = {
    // The icon first: questions are limited to thirty a minute.
    icon: { count: 300, method: 'icon.get', hidden: { hash }, nothing: { hash: 'ab'.repeat(32) } },
    request: { count: 14, method: 'request.create', hidden: ask('app:hidden'), nothing: ask('app:nothin') },
  };
  for (const [what, { count, method, hidden, nothing }] of Object.entries(pairs)) {
    const times: Record<'hidden' | 'nothing', number[]> = { hidden: [], nothing: [] };
    for (let number = 0; number < count; number += 1) {
      for (const [kind, params] of [['hidden', hidden] as const, ['nothing', nothing] as const]) {
        const startedAt = performance.now();
        expect(await visit.codeOf(method, params)).toMatch(/not-found|offer-gone/);
        times[kind].push(performance.now() - startedAt);
      }
    }
    const [ofHidden, ofNothing] = [median(times.hidden), median(times.nothing)];
    const figures = `hidden ${ofHidden.toFixed(2)} ms, not there ${ofNothing.toFixed(2)} ms`;
    test.info().annotations.push({ type: what, description: figures });
    console.log(`    ${what}: ${figures}`);
    expect(Math.abs(ofHidden - ofNothing), figures).toBeLessThan(5);
  }
});

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

test('ids with shell metacharacters, paths, NUL and 10,000 characters are ids of nothing', async () => {
  const before = processesOf('bob').length;
  const visits = [await mallory.visit(lan.bob), await mallory.visit(lan.bob, { key: await mallory.makeKey('other') })];
  const ids = [
    'app:xcalc;touch /tmp/owned',
    'app:$(touch /tmp/owned)',
    'app:`touch /tmp/owned`',
    'app:xcalc|sh',
    'app:xcalc&',
    'app:xcalc\n',
    'app:xcalc\0',
    'app:xcalc --help',
    "app:'xcalc'",
    'app:../../../../etc/passwd',
    'app:..',
    'app:xcalc/../xcalc',
    '../xcalc',
    '/usr/bin/xcalc',
    'app:/usr/bin/xcalc',
    'app:XCALC',
    'app:xcalc.desktop',
    'app:xcalc%00',
    'app:хcalc',
    'xcalc',
    'shell:bash',
    'app:',
    '',
    ' app:xcalc',
    `app:${'a'.repeat(10_000)}`,
    'app:__proto__',
    'app:constructor',
    5,
    null,
    ['app:xcalc'],
    { id: 'app:xcalc' },
  ];
  for (const [index, id] of ids.entries())
    expect(await visits[index % 2]?.codeOf('request.create', ask(id)), JSON.stringify(id).slice(0, 80)).toMatch(
      /^(bad-input|offer-gone)$/,
    );
  expect((await lan.bob.core()).read('requests')).toEqual([]);
  expect(processesOf('bob').length).toBeLessThanOrEqual(before);
  expect(() => execFileSync('ls', ['/tmp/owned'], { stdio: 'ignore' })).toThrow();
});

test('views and sizes that there are not are refused', async () => {
  const visit = await mallory.visit(lan.bob);
  for (const params of [
    { offerId: 'app:xcalc', view: 'viewer' },
    { ...ask('app:xcalc'), powers: [] },
    ...['Viewer', '', null, ['viewer']].map((view) => ({ ...ask('app:xcalc'), view })),
    ...[{ width: 0, height: 0 }, { width: 1e9, height: 1e9 }, { width: '800', height: 600 }, 'big'].map((size) => ({
      ...ask('app:xcalc'),
      size,
    })),
  ])
    expect(await visit.codeOf('request.create', params), JSON.stringify(params)).toBe('bad-input');
  // Names that a later version might have.
  for (const view of ['shell', 'sftp', 'constructor'])
    expect(await visit.codeOf('request.create', { ...ask('app:xcalc'), view }), view).toBe('view-unknown');
  // Only watching is nothing that a native window could be held to.
  const watching = { ...ask('app:xcalc'), powers: { ...noPowers, isViewOnly: true } };
  for (const view of ['native', 'ssh-command'])
    expect(await visit.codeOf('request.create', { ...watching, view })).toBe('not-allowed');
  expect((await lan.bob.core()).read('requests')).toEqual([]);
});

test('powers that there are not are read as the least', async () => {
  const visit = await mallory.visit(lan.bob);
  const bob = await lan.bob.core();
  for (const [odd, kept] of [
    [{ network: 'everything' }, {}],
    [{ network: true, clipboardIn: 'yes', clipboardOut: 1, files: 'all' }, {}],
    [{ isViewOnly: 1 }, { isViewOnly: true }],
    [{ timeLimitMin: -1 }, { timeLimitMin: 1 }],
    [{ timeLimitMin: 0.5 }, { timeLimitMin: 1 }],
    [{ timeLimitMin: 1e9 }, { timeLimitMin: 1 }],
    // A power of no name is not kept.
    [{ isRoot: true, shell: true }, {}],
  ] as const) {
    const { result } = await visit.call('request.create', { ...ask('app:xcalc'), powers: { ...noPowers, ...odd } });
    // The topic travels on another connection than the answer to Mallory.
    await soon(() => bob.read('requests')?.map(({ powers }) => powers)).toEqual([{ ...noPowers, ...kept }]);
    await bob.call('requests.answer', { requestId: (result as { requestId: never }).requestId, answer: 'deny' });
    await soon(() => bob.read('requests'), 5000).toEqual([]);
  }
});

/** What Bob says of himself to the whole network, as heard on Carol's computer. */
async function listen(): Promise<{ readonly digests: Set<string> } & Disposable> {
  const program = `
    const socket = require('node:dgram').createSocket({ type: 'udp4', reuseAddr: true });
    socket.on('message', (bytes, { address }) => console.log(address + ' ' + bytes.toString('base64')));
    socket.bind(5353, () => { socket.addMembership('224.0.0.251'); console.log('ready'); });`;
  const child = spawnOn('carol', [process.execPath, '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as never });
  const digests = new Set<string>();
  await once(lines, 'line');
  lines.on('line', (line) => {
    // The TXT record's key d, as it stands in the packet.
    const text = Buffer.from(line.split(' ')[1] ?? '', 'base64').toString('latin1');
    for (const [, digest = ''] of text.matchAll(/.d=([0-9a-f]{16})/g)) digests.add(digest);
  });
  return { digests, [Symbol.dispose]: () => child.kill('SIGKILL') };
}

test('a change of what is hidden is told to nobody, by the network or by the connection', async () => {
  test.skip(!lan.bob.address.includes('.'), 'listens on IPv4');
  using ears = await listen();
  const visit = await mallory.visit(lan.bob);
  const before = await seenBy(visit);
  const changes = () => visit.messages.filter(({ method }) => method === 'catalogue.changed').length;
  const core = await lan.bob.core();

  // What is public is told in both ways: the ears hear.
  addApp('public', 'Public again', 'white');
  await soon(changes).toBe(1);
  await soon(() => ears.digests.size).toBeGreaterThan(0);
  await visit.call('catalogue.get', {});
  // It is said to the network again a second and three seconds later: whatever is new is heard by then.
  await sleep(2500);
  const heard = new Set(ears.digests);

  for (const id of ['hidden', 'chosen', 'unshared']) addApp(id, `Renamed ${id}`, 'black');
  await soon(async () => (await offersOfBob()).filter(({ name }) => name.startsWith('Renamed')).length).toBe(3);
  for (const id of ['hidden', 'chosen', 'unshared']) lan.bob.removeApp(id);
  await soon(async () => (await offersOfBob()).length).toBe(before.length);
  addApp('hidden', 'Hidden', 'red');
  await soon(async () => (await offersOfBob()).length).toBe(before.length + 1);
  const someone = `SHA256:${'A'.repeat(43)}`;
  const audienceByOfferId = { 'app:hidden': { who: 'chosen', peerIds: [someone] } } as never;
  await core.call('settings.update', { audienceByOfferId });
  await core.call('settings.update', { isDoNotDisturb: true });
  await core.call('settings.update', { isDoNotDisturb: false });
  await core.call('peers.add', { address: '127.0.0.1:1' }).catch(() => {});
  await nothingHappens(3000, () => [changes(), ...ears.digests], [1, ...heard]);
  expect(await seenBy(visit)).toEqual(before);
});
