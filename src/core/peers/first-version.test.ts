// The file of eBrainPool 0.1 (fixtures/0.1), as it was written by its own code, and one of a version that is still to come.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PeerId } from '../../contract/ids.ts';
import { silentLog } from '../lib/log.ts';
import { openPeerBook, type PeerBook } from './peer-book.ts';

const fixture = join(import.meta.dirname, 'fixtures', '0.1', 'peers.json');
const idOf = (letter: string) => `SHA256:${letter.repeat(43)}` as PeerId;

test('the peers of version 0.1 are known by name and address, verified and blocked as they were', async () => {
  const profileDir = await mkdtemp(join(tmpdir(), 'ebp-peers-0.1-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(profileDir, { recursive: true }));
  await cp(fixture, join(profileDir, 'peers.json'));
  const open = () => openPeerBook({ profileDir, log: silentLog });
  const book = await open();
  expect(book.damage).toBeNull();
  expect(book.state.value).toEqual(JSON.parse(await readFile(fixture, 'utf8')).peers);
  expect(book.faceOf(idOf('A'), 'Alice')).toMatchObject({ name: 'Alice', isVerified: true });
  expect(book.faceOf(idOf('C'), 'Carol').name).toBe('Carol of the second floor');
  expect(book.isBlocked(idOf('D'))).toBe(true);
  await book.remove(idOf('C'));
  expect((await open()).state.value.map(({ id }) => id)).toEqual([idOf('A'), idOf('D')]);
});

test('a peer of whom a newer version says more is not verified, also after it was written; a block stays a block', async () => {
  const profileDir = await mkdtemp(join(tmpdir(), 'ebp-peers-newer-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(profileDir, { recursive: true }));
  const open = () => openPeerBook({ profileDir, log: silentLog });
  const peers = [
    { id: idOf('A'), name: 'Alice', verifiedAt: 1 },
    { id: idOf('B'), name: 'Bob', verifiedAt: 1, revokedAt: 2 },
    { id: idOf('C'), name: 'Carol', verifiedAt: 1, isBlocked: true, blockedUntil: 3 },
  ];
  const put = (version: number) => writeFile(join(profileDir, 'peers.json'), JSON.stringify({ version, peers }));
  const read = (book: PeerBook) => peers.map(({ id }) => [book.isVerified(id), book.isBlocked(id)]);
  const careful = [
    [true, false],
    [false, false],
    [false, true],
  ];
  await put(2);
  const book = await open();
  expect([book.damage, read(book)]).toEqual([null, careful]);
  await book.update(idOf('D'), 'Dave', { isBlocked: true });
  expect(read(await open())).toEqual(careful);
  await put(1);
  expect(read(await open())).toEqual([
    [true, false],
    [true, false],
    [true, true],
  ]);
});
