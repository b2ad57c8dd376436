import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRules } from '../consent/rules.ts';
import { silentLog } from '../lib/log.ts';
import { openPeerBook } from '../peers/peer-book.ts';
import { describeKeyPlace, startHealth } from './health.ts';

test.each([
  [{ kind: 'store', store: 'KWallet' }, 'ok', { store: 'KWallet' }],
  // Where nothing can be done about it, there is nothing to warn of.
  [{ kind: 'file', why: 'no-store' }, 'ok', { context: 'browser' }],
  [{ kind: 'file', why: 'chosen' }, 'ok', { context: 'chosen' }],
  [{ kind: 'file', why: 'linked' }, 'ok', { context: 'linked' }],
  [{ kind: 'file', why: 'no-system-store' }, 'warning', {}],
  [{ kind: 'file', why: 'failed' }, 'warning', { context: 'failed' }],
] as const)('a key that lies in %j is %s', (place, level, params) => {
  expect(describeKeyPlace(place)).toEqual({ id: 'secrets', level, params, command: null });
});

test('a file of decisions that was damaged as a whole is said, for nobody is blocked by it any more', async () => {
  const profileDir = await mkdtemp(join(tmpdir(), 'ebp-health-'));
  try {
    for (const name of ['peers.json', 'rules.json']) await writeFile(join(profileDir, name), '{"peers": [{"id": ');
    const book = await openPeerBook({ profileDir, log: silentLog, knownNames: () => [] });
    const rules = await openRules({ profileDir, isVerified: book.isVerified, log: silentLog });
    const parts = { folders: [], settings: { damage: null }, isRoot: false, log: silentLog };
    using health = startHealth(parts as unknown as Parameters<typeof startHealth>[0]);
    health.setDamage('people', book.damage);
    health.setDamage('rules', rules.damage);
    expect(health.items.value).toMatchObject([
      { id: 'people', level: 'warning', params: { path: join(profileDir, 'peers.json') } },
      { id: 'rules', level: 'warning', params: { path: join(profileDir, 'rules.json') } },
    ]);
  } finally {
    await rm(profileDir, { recursive: true });
  }
});

test('without a network the port and the finding are of no use to others yet, in whichever order that is found out', () => {
  const settings = { damage: null, state: { value: { peerPort: 20101 } } };
  const parts = { folders: [], settings, isRoot: false, log: silentLog };
  using health = startHealth(parts as unknown as Parameters<typeof startHealth>[0]);
  const contexts = () => Object.fromEntries(health.items.value.map(({ id, params }) => [id, params['context']]));
  health.setPort(20101, null);
  health.setNetwork(false);
  health.setMulticast(null);
  expect(contexts()).toEqual({ port: 'offline', network: undefined, multicast: 'offline' });
  health.setNetwork(true);
  expect(contexts()).toEqual({ port: undefined, network: undefined, multicast: undefined });
  // What is wrong in itself is said as it is.
  health.setNetwork(false);
  health.setPort(20101, 'EACCES');
  expect(contexts()).toMatchObject({ port: undefined, multicast: 'offline' });
});
