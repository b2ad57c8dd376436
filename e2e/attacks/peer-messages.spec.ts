// Control messages that no client of ours would send: out of order, of somebody else's, repeated, malformed.
import { randomBytes, randomUUID } from 'node:crypto';
import { sandboxProcesses } from '../../lab/processes.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { commitmentTo, makeNonce } from '../../src/core/peers/verification/comparison.ts';
import { MAX_CALL_BYTES } from '../../src/core/wire/peer-protocol.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { allow, deny, expectWell, hosted } from './person.ts';
import { useMallory } from './use-mallory.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });

const mallory = useMallory(lan);
test.afterEach(() => expectWell(lan.bob));

const ask = { offerId: 'app:xcalc', view: 'viewer', powers: noPowers };

/** Alice, an honest peer, waits for an answer. */
async function aliceAsks(): Promise<string> {
  const [alice, bob] = await Promise.all([lan.alice.core(), lan.bob.core()]);
  const bobId = bob.read('self')?.id;
  await soon(() => alice.read('peers')?.some(({ id }) => id === bobId)).toBe(true);
  await alice.call('asks.create', { peerId: bobId as never, ...ask, offerId: 'app:xcalc' as never, view: 'viewer' });
  await soon(() => bob.read('requests')?.length).toBe(1);
  return bob.read('requests')?.[0]?.id ?? '';
}

test('calls before hello are refused, and nobody is asked', async () => {
  const visit = await mallory.visit(lan.bob, { isMute: true });
  const commitment = randomBytes(32).toString('hex');
  for (const [method, params] of [
    ['catalogue.get', {}],
    ['icon.get', { hash: '0'.repeat(64) }],
    ['request.create', ask],
    ['session.resume', { sessionId: randomUUID() }],
    ['verify.begin', { commitment }],
  ] as const)
    expect((await visit.call(method, params)).error, method).toMatchObject({
      data: { code: 'bad-input', params: { where: 'hello' } },
    });
  expect(await visit.codeOf('session.end', { sessionId: randomUUID() })).toBe('not-found');
  expect(await visit.codeOf('verify.reveal', { commitment, nonce: commitment })).toBe('not-allowed');
  expect((await lan.bob.core()).read('requests')).toEqual([]);
  await visit.hello();
  expect(await visit.codeOf('catalogue.get', {})).toBe('granted');
});

test('a second hello changes neither the name nor anything else', async () => {
  const visit = await mallory.visit(lan.bob, { name: 'Mallory' });
  for (let times = 0; times < 3; times += 1)
    expect((await visit.hello('Alice')).error?.data.code, 'a second hello').toBe('bad-input');
  await visit.ask('app:xcalc');
  const bob = await lan.bob.core();
  await soon(() => bob.read('requests')?.[0]?.peerName).toBe('Mallory');
});

test('a hello of a version that does not exist makes nobody a visitor', async () => {
  const visit = await mallory.visit(lan.bob, { isMute: true });
  for (const [protocol, oldest, code] of [
    [999_999, 999_999, 'protocol-newer'],
    [1, 1, 'protocol-older'],
    [0, 0, 'bad-input'],
    [1e300, 1, 'bad-input'],
  ] as const)
    expect(await visit.codeOf('hello', { protocol, oldest, name: 'Mallory', capabilities: [] })).toBe(code);
  expect(await visit.codeOf('request.create', ask)).toBe('bad-input');
});

test('one call id for many calls confuses only who sent it', async () => {
  const visit = await mallory.visit(lan.bob);
  for (let times = 0; times < 20; times += 1)
    visit.send(JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'catalogue.get', params: {} }));
  for (const what of [{ result: {} }, { error: { code: 1, message: '', data: { code: 'internal', params: {} } } }])
    for (const id of [0, 1, 2, 7, Number.MAX_SAFE_INTEGER]) visit.send(JSON.stringify({ jsonrpc: '2.0', id, ...what }));
  await soon(() => visit.messages.filter(({ id }) => id === 7).length).toBe(20);
  expect(await visit.codeOf('catalogue.get', {})).toBe('granted');
});

test('a request that is sent again is another question, and its old answer is not another yes', async () => {
  const visit = await mallory.visit(lan.bob);
  const line = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'request.create', params: ask });
  visit.send(line);
  const first = String((await visit.answerTo(7)).result?.['requestId']);
  await allow(lan.bob, first);
  await visit.sessionOf(first);
  visit.send(line);
  await soon(async () => (await lan.bob.core()).read('requests')?.length).toBe(1);
  // A second answer to what was answered.
  await expect(allow(lan.bob, first)).rejects.toThrow();
  expect(await hosted(lan.bob)).toHaveLength(1);
});

test('nobody cancels, ends, resumes or enters what is of another peer', async () => {
  const requestId = await aliceAsks();
  const visit = await mallory.visit(lan.bob);
  expect((await visit.call('request.cancel', { requestId })).result).toEqual({});
  expect((await lan.bob.core()).read('requests')?.map(({ id }) => id as string)).toEqual([requestId]);
  await allow(lan.bob, requestId);
  await soon(async () => (await hosted(lan.bob)).length).toBe(1);
  const sessionId = (await hosted(lan.bob))[0]?.id ?? '';
  for (const method of [
    'session.end',
    'session.resume',
    'session.close',
    'session.keep',
    'window.activate',
    'window.close',
  ]) {
    const { error: ofAlice } = await visit.call(method, { sessionId, windowId: 1 });
    const { error: ofNobody } = await visit.call(method, { sessionId: randomUUID(), windowId: 1 });
    expect(ofAlice, method).toEqual(ofNobody);
    expect(ofAlice?.data.code).toBe('not-found');
  }
  for (const end of ['display', 'ssh'] as const) expect(await visit.tryTunnel(sessionId, end)).toBe('refused');
  expect(await hosted(lan.bob)).toMatchObject([{ id: sessionId, peerName: 'Alice', state: 'running' }]);
  expect(visit.messages.filter(({ method }) => method !== undefined)).toEqual([]);
});

test('a grant is of one key: another key of the same person has nothing of it', async () => {
  const visit = await mallory.visit(lan.bob);
  const other = await mallory.visit(lan.bob, { key: await mallory.makeKey('other') });
  const requestId = await visit.ask('app:xcalc');
  await other.call('request.cancel', { requestId });
  await allow(lan.bob, requestId);
  const { sessionId } = await visit.sessionOf(requestId);
  expect(await other.tryTunnel(sessionId, 'display')).toBe('refused');
  expect(await other.codeOf('session.resume', { sessionId })).toBe('not-found');
  expect(await other.codeOf('session.end', { sessionId })).toBe('not-found');
  expect(other.messages.filter(({ method }) => method !== undefined)).toEqual([]);
  // The grant's own key, and only where the grant leads.
  expect(await visit.tryTunnel(sessionId, 'ssh')).toBe('refused');
  expect(await visit.tryTunnel(sessionId, 'display')).toBe('open');
});

test('a sandbox that is warm before the yes cannot be entered, nor after a no', async () => {
  const visit = await mallory.visit(lan.bob);
  const requestId = await visit.ask('app:xcalc');
  await soon(() => sandboxProcesses('bob').some((command) => command.includes('Xvnc'))).toBe(true);
  const ids = [requestId, ...((await lan.bob.core()).read('containers') ?? []).map(({ peerId }) => peerId)];
  for (const id of ids)
    for (const end of ['display', 'ssh'] as const) expect(await visit.tryTunnel(id, end)).toBe('refused');
  for (const path of ['session//display', `session/${requestId}/../display`, '/run/sock/ssh', '../ssh', 'warm/ssh'])
    await expect(visit.openPath(path)).rejects.toThrow();
  await deny(lan.bob, requestId);
  await visit.answerToRequest(requestId);
  for (const end of ['display', 'ssh'] as const) expect(await visit.tryTunnel(requestId, end)).toBe('refused');
  await soon(() => sandboxProcesses('bob')).toEqual([]);
});

test('after the end nothing of the grant is left to use', async () => {
  const visit = await mallory.visit(lan.bob);
  const requestId = await visit.ask('app:xcalc');
  await allow(lan.bob, requestId);
  const { sessionId } = await visit.sessionOf(requestId);
  const channel = await visit.openTunnel(sessionId, 'display');
  await (await lan.bob.core()).call('sessions.endAll', {});
  await visit.notice('session.ended');
  for (let times = 0; times < 3; times += 1) {
    expect(await visit.codeOf('session.end', { sessionId })).toBe('not-found');
    expect(await visit.codeOf('session.resume', { sessionId })).toBe('not-found');
    expect(await visit.tryTunnel(sessionId, 'display')).toBe('refused');
    channel.write('still here');
  }
  expect(sandboxProcesses('bob')).toEqual([]);
});

test('what only a host may say has no meaning from a visitor', async () => {
  const requestId = await aliceAsks();
  const visit = await mallory.visit(lan.bob);
  const session = { sessionId: randomUUID(), containerHostKey: null, classicPort: null, remainingMs: null };
  for (const [method, params] of [
    ['request.answered', { requestId, answer: 'granted', session: { ...session, powers: noPowers }, problem: null }],
    ['session.ended', { sessionId: randomUUID(), reason: 'host', exitCode: null, problem: null }],
    ['session.changed', { sessionId: randomUUID(), powers: noPowers, remainingMs: null }],
    ['session.windows', { sessionId: randomUUID(), windows: [] }],
    ['session.closing', { sessionId: randomUUID(), closing: 'asking' }],
    ['verify.answered', { commitment: '0'.repeat(64), isSame: true }],
    ['catalogue.changed', {}],
  ] as const) {
    visit.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
    expect(await visit.codeOf(method, params)).toBe('bad-input');
  }
  // The contract of windows and CLI is another world.
  for (const method of ['requests.answer', 'settings.update', 'core.stop', 'peers.verifyKey', 'sessions.endAll'])
    expect(await visit.codeOf(method, { requestId, answer: 'allow' })).toBe('bad-input');
  expect((await lan.bob.core()).read('requests')?.map(({ id }) => id as string)).toEqual([requestId]);
});

test('a comparison out of order verifies nobody and is not shown', async () => {
  const bob = await lan.bob.core();
  const visit = await mallory.visit(lan.bob, { key: await mallory.makeKey('comparing') });
  const other = await mallory.visit(lan.bob, { key: await mallory.makeKey('other') });
  const nonce = makeNonce();
  const commitment = commitmentTo({ asking: visit.id, asked: bob.read('self')?.id as never }, nonce);
  const isSame = true;
  expect(await visit.codeOf('verify.reveal', { commitment, nonce })).toBe('not-allowed');
  expect(await visit.codeOf('verify.answer', { commitment, isSame })).toBe('not-allowed');

  // An answer before there is a code.
  expect(await visit.codeOf('verify.begin', { commitment })).toBe('granted');
  expect(bob.read('comparisons')).toEqual([]);
  expect(await visit.codeOf('verify.answer', { commitment, isSame })).toBe('comparison-broken');

  // Another nonce than the one that was committed to.
  expect(await visit.codeOf('verify.begin', { commitment })).toBe('granted');
  expect(await visit.codeOf('verify.reveal', { commitment, nonce: makeNonce() })).toBe('comparison-broken');
  expect(bob.read('comparisons')).toEqual([]);

  // In order, but nobody here has looked: another key can neither answer nor cancel it, and a second answer breaks it off.
  expect(await visit.codeOf('verify.begin', { commitment })).toBe('granted');
  for (const method of ['verify.answer', 'verify.cancel'])
    expect(await other.codeOf(method, { commitment, isSame })).toBe('not-allowed');
  expect(await visit.codeOf('verify.reveal', { commitment, nonce })).toBe('granted');
  expect(bob.read('comparisons')).toMatchObject([{ state: 'comparing', peerId: visit.id }]);
  expect(await visit.codeOf('verify.answer', { commitment, isSame })).toBe('granted');
  expect(await visit.codeOf('verify.answer', { commitment, isSame })).toBe('comparison-broken');
  expect(await visit.codeOf('verify.reveal', { commitment, nonce })).toBe('not-allowed');
  await soon(() => bob.read('comparisons')).toMatchObject([{ state: 'failed' }]);
  expect(bob.read('peers')?.some(({ isVerified }) => isVerified) ?? false).toBe(false);

  // Each of them counted.
  expect(await visit.codeOf('verify.begin', { commitment })).toBe('too-many-comparisons');
  await bob.call('comparisons.cancel', { peerId: visit.id });
});

test('a message that is too long ends its connection and no other', async () => {
  const good = await mallory.visit(lan.bob, { key: await mallory.makeKey('good') });
  const visit = await mallory.visit(lan.bob);
  visit.control.write(Buffer.alloc(MAX_CALL_BYTES + 2, 'a'));
  await visit.closed();
  expect(await good.codeOf('catalogue.get', {})).toBe('granted');
});

test('messages of great depth and great number are refused and cost little', async () => {
  const good = await mallory.visit(lan.bob, { key: await mallory.makeKey('good') });
  const half = Math.floor(MAX_CALL_BYTES / 2) - 200;
  const messages = [
    `${'['.repeat(half)}${']'.repeat(half)}`,
    `${'{"a":'.repeat(half / 4)}1${'}'.repeat(half / 4)}`,
    `{"offerId":"app:xcalc","view":"viewer","powers":${'['.repeat(half / 2)}${']'.repeat(half / 2)}}`,
    `[${'0,'.repeat(half / 2)}0]`,
  ];
  for (const [number, params] of messages.entries()) {
    // Each with a key of its own: one key would wait for what the message before has cost.
    const visit = await mallory.visit(lan.bob, { key: await mallory.makeKey(`deep-${number}`) });
    visit.send(`{"jsonrpc":"2.0","id":7,"method":"request.create","params":${params}}`);
    expect((await visit.answerTo(7)).error?.data.code).toBe('bad-input');
  }
  expect(await good.codeOf('catalogue.get', {})).toBe('granted');
});

test('keys that mean something to JavaScript mean nothing in a message', async () => {
  const visit = await mallory.visit(lan.bob);
  const polluting = '{"isVerified":true,"isBlocked":false,"audience":{"who":"everybody"},"network":"internet"}';
  let id = 1;
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const powers = JSON.stringify(noPowers).replace('{', `{"${key}":${polluting},`);
    for (const line of [
      `{"jsonrpc":"2.0","id":${id++},"method":"catalogue.get","params":{"${key}":${polluting}},"${key}":${polluting}}`,
      `{"jsonrpc":"2.0","id":${id++},"method":"request.create","params":{"${key}":${polluting},"offerId":"app:xcalc","view":"viewer","powers":${powers}}}`,
    ])
      visit.send(line);
  }
  for (const method of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', ''])
    expect(await visit.codeOf(method, {})).toBe('bad-input');
  const requests = await soon(async () => (await lan.bob.core()).read('requests')?.length)
    .toBe(3)
    .then(async () => (await lan.bob.core()).read('requests') ?? []);
  for (const { powers, isVerified } of requests) {
    expect(powers).toEqual(noPowers);
    expect(isVerified).toBe(false);
  }
});

test('what is no JSON-RPC ends its connection and no other', async () => {
  const good = await mallory.visit(lan.bob, { key: await mallory.makeKey('good') });
  for (const line of [
    'hello',
    '{',
    'null',
    '[]',
    '[{"jsonrpc":"2.0","id":1,"method":"catalogue.get","params":{}}]',
    '{"jsonrpc":"1.0","id":1,"method":"catalogue.get","params":{}}',
    '{"jsonrpc":"2.0","id":"1","method":5}',
  ]) {
    const visit = await mallory.visit(lan.bob);
    visit.send(line);
    await visit.closed();
  }
  expect(await good.codeOf('catalogue.get', {})).toBe('granted');
});
