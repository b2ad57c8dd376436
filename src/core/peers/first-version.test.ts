// The file of eBrainPool 0.1 (fixtures/0.1), as it was written by its own code.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PeerId } from '../../contract/ids.ts';
import { silentLog } from '../lib/log.ts';
import { openPeerBook } from './peer-book.ts';

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
