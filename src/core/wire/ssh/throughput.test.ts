import { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import ssh2, { type Connection } from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Identity, openIdentity } from '../../identity/identity.ts';
import { COLLECT_EVERY_BYTES, collectEarly } from './early-collection.ts';
import { keepKeysReady } from './ready-keys.ts';
import { algorithms } from './ssh.ts';

let folder: string;
let identity: Identity;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-throughput-'));
  identity = await openIdentity(folder);
});
afterEach(() => rm(folder, { recursive: true }));

interface Internals {
  readonly _protocol: { readonly _cipher: { _encKey: unknown }; readonly _decipher: { _decipherKey: unknown } };
}

test('ssh2 holds key objects on both ends, also after an exchange of new keys', async () => {
  const hosts: Connection[] = [];
  const server = new ssh2.Server({ hostKeys: [identity.privateKey], algorithms }, (connection) => {
    keepKeysReady(connection);
    connection.on('error', () => {});
    connection.on('authentication', (context) => context.accept());
    hosts.push(connection);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new ssh2.Client();
  keepKeysReady(client);
  client.connect({ ...address(server.address()), username: 'ebp', privateKey: identity.privateKey, algorithms });
  await once(client, 'ready');

  const keys = () =>
    [client, hosts[0]].flatMap((end) => {
      const { _cipher: cipher, _decipher: decipher } = (end as unknown as Internals)._protocol;
      return [cipher._encKey, decipher._decipherKey];
    });
  const first = keys();
  for (const key of first) expect(key).toBeInstanceOf(KeyObject);

  hosts[0]?.rekey();
  await expect.poll(() => keys().some((key) => first.includes(key))).toBe(false);
  for (const key of keys()) expect(key).toBeInstanceOf(KeyObject);
  client.end();
  server.close();
});

test('what a connection carries is collected while it is young', async () => {
  const server = createServer((socket) => collectEarly(socket).resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = collectEarly(connect(address(server.address())));
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

function address(bound: AddressInfo | string | null) {
  return { host: '127.0.0.1', port: (bound as AddressInfo).port };
}
