import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PeerId } from '../../contract/ids.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import { openPeerBook, type PeerBook, shortName } from './peer-book.ts';

const bob = `SHA256:${'B'.repeat(43)}` as PeerId;
const carol = `SHA256:${'C'.repeat(43)}` as PeerId;
const mallory = `SHA256:${'M'.repeat(43)}` as PeerId;
let folder: string;
let book: PeerBook;
const open = async () => {
  const opened = await openPeerBook({ profileDir: folder, log: silentLog });
  opened.alsoKnow(new State([{ peerId: carol, peerName: 'Carol’s desk' }]));
  return opened;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-book-'));
  book = await open();
});
afterEach(() => rm(folder, { recursive: true }));

test('a known name with another key is a warning, whatever its case, width and spaces, also where something else here knows it', async () => {
  await book.update(bob, 'Bob’s Laptop', { verifiedAt: 1 });
  for (const name of ['Bob’s Laptop', 'bob’s  laptop ', 'Ｂｏｂ’s Laptop', 'Bob’s\ufe0f Laptop\u3164', 'CAROL’S DESK'])
    expect(book.faceOf(mallory, name), name).toEqual({ name, isVerified: false, warning: 'name-of-another' });
  expect(book.faceOf(bob, 'Bob’s Laptop')).toEqual({ name: 'Bob’s Laptop', isVerified: true, warning: null });
  expect(book.faceOf(mallory, 'Mallory').warning).toBeNull();
});

test('the name that the person gave is known too, and is what is shown, whatever the peer calls itself', async () => {
  await book.update(bob, 'laptop-7f', { localName: 'Bob' });
  expect(book.faceOf(bob, 'Alice').name).toBe('Bob');
  expect(book.faceOf(mallory, 'Bob').warning).toBe('name-of-another');
});

test('a known address with another key is a warning, in each form of an address', async () => {
  await book.update(bob, 'Bob', { address: '192.168.0.7:20101' });
  await book.update(carol, 'Carol', { address: '[fd00::7]:20101' });
  for (const address of ['192.168.0.7', 'fd00::7'])
    expect(book.faceOf(mallory, 'Mallory', address).warning, address).toBe('address-of-another');
  expect(book.faceOf(mallory, 'Mallory', '192.168.0.70').warning).toBeNull();
  expect(book.faceOf(bob, 'Bob', '192.168.0.7').warning).toBeNull();
});

test('two people may have one name: no warning for a key that was compared', async () => {
  await book.update(bob, 'Alex', { verifiedAt: 1 });
  await book.update(carol, 'Alex', { verifiedAt: 1 });
  expect(book.faceOf(carol, 'Alex').warning).toBeNull();
});

test('a key that was compared does not lend its mark to another one’s name', async () => {
  await book.update(bob, 'Bob', { verifiedAt: 1 });
  await book.update(mallory, 'Mallory', { verifiedAt: 1 });
  const trusted = { isVerified: true, warning: null };
  for (const change of [{ address: '192.168.0.9' }, { verifiedAt: 2 }]) {
    await book.update(mallory, 'Bob', change);
    for (const claimedName of ['Bob', 'Carol (IT support)'])
      expect(book.faceOf(mallory, claimedName)).toEqual({ ...trusted, name: 'Mallory' });
  }
  expect(book.faceOf(bob, 'Bob')).toEqual({ ...trusted, name: 'Bob' });
  await book.update(mallory, 'Mallory', { localName: 'Mall' });
  expect(book.faceOf(mallory, 'Bob')).toEqual({ name: 'Mall', isVerified: true, warning: null });
});

test('a key that was compared before it had a name takes one, and not one that is known', async () => {
  await book.update(bob, 'Bob', { verifiedAt: 1 });
  await book.update(mallory, shortName(mallory), { verifiedAt: 1 });
  expect(book.faceOf(mallory, 'Mallory')).toEqual({ name: 'Mallory', isVerified: true, warning: null });
  expect(book.faceOf(mallory, 'Bob').warning).toBe('name-of-another');
});

test('what was decided lasts, and what an earlier version wrote is read', async () => {
  await book.update(bob, 'Bob', { isBlocked: true });
  await book.update(carol, 'Carol', { verifiedAt: 7 });
  book = await open();
  expect([book.isBlocked(bob), book.isVerified(carol), book.isVerified(bob)]).toEqual([true, true, false]);
  await book.remove(bob);
  expect(JSON.parse(await readFile(join(folder, 'peers.json'), 'utf8')).peers).toHaveLength(1);
  const old = { peers: [{ id: mallory, name: 'Old', address: 'old.local' }] };
  await writeFile(join(folder, 'peers.json'), JSON.stringify(old));
  book = await open();
  expect(book.find(mallory)).toMatchObject({ address: 'old.local', verifiedAt: null, isBlocked: false });
});

test('a block and the end of a verification hold also when they cannot be written, and are written when they can be', async () => {
  await book.update(bob, 'Bob', { verifiedAt: 1 });
  await book.update(carol, 'Carol', { verifiedAt: 1 });
  const path = join(folder, 'peers.json');
  await rm(path);
  // Nothing can be renamed to a folder that is not empty.
  await mkdir(join(path, 'in-the-way'), { recursive: true });
  await expect(book.update(bob, 'Bob', { isBlocked: true })).rejects.toThrow();
  await expect(book.update(carol, 'Carol', { verifiedAt: null })).rejects.toThrow();
  await expect(book.update(mallory, 'Mallory', { verifiedAt: 1 })).rejects.toThrow();
  const all = () => [book.isBlocked(bob), book.isVerified(carol), book.isVerified(mallory)];
  expect(all()).toEqual([true, false, false]);
  await rm(path, { recursive: true });
  await book.update(mallory, 'Mallory', { localName: 'Mall' });
  expect(all()).toEqual([true, false, false]);
  book = await open();
  expect(all()).toEqual([true, false, false]);
  await book.update(bob, 'Bob', { isBlocked: false });
  expect(book.isBlocked(bob)).toBe(false);
});
