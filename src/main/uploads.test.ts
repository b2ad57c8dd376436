import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AppError } from '../contract/errors.ts';
import { createPortPair } from '../contract/port.ts';
import { serveUploads, type UploadToPage } from './uploads.ts';

const sessionId = '2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d';

/** A page's end, and a core that takes each file when the test says so. */
function openPage() {
  const [page, main] = createPortPair();
  const got: UploadToPage[] = [];
  const taken: string[] = [];
  let isClosed = false;
  page.onMessage((message) => got.push(message as UploadToPage));
  page.onClose(() => {
    isClosed = true;
  });
  let gate = Promise.resolve();
  serveUploads(main, async (_sessionId, name, source) => {
    if (name === 'refused') throw new AppError('exchange-full', { name });
    let text = '';
    try {
      for await (const piece of source) {
        await gate;
        text += String.fromCharCode(...piece);
      }
    } catch (error) {
      taken.push(`${name}: ${error instanceof AppError ? error.code : error}`);
      throw error;
    }
    taken.push(`${name}: ${text}`);
    return { name: `${name} there` };
  });
  const hold = () => {
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    return held.resolve;
  };
  const settle = async () => {
    for (let turns = 0; turns < 10; turns += 1) await turn();
  };
  return { page, got, taken, hold, settle, isClosed: () => isClosed };
}

const open = (upload: number, name: string) => ({ upload, kind: 'open', sessionId, name });
const data = (upload: number, ...bytes: number[]) => ({ upload, kind: 'data', bytes: Uint8Array.from(bytes) });

test('files arrive whole and in order, several at a time, and a piece is acknowledged when it was taken', async () => {
  const { page, got, taken, hold, settle } = openPage();
  page.post(open(1, 'one'));
  page.post(open(2, 'two'));
  page.post(data(1, 65, 66));
  page.post(data(2, 88));
  page.post(data(1, 67));
  await settle();
  expect(got).toContainEqual({ upload: 1, kind: 'ack', sizeBytes: 2 });
  const release = hold();
  page.post(data(1, 68));
  page.post({ upload: 2, kind: 'end' });
  await settle();
  expect(got.filter(({ upload, kind }) => upload === 1 && kind === 'ack')).toHaveLength(2);
  release();
  page.post({ upload: 1, kind: 'end' });
  await settle();
  expect(taken.toSorted()).toEqual(['one: ABCD', 'two: X']);
  expect(got).toContainEqual({ upload: 1, kind: 'done', name: 'one there' });
  expect(got).toContainEqual({ upload: 2, kind: 'done', name: 'two there' });
});

test('one that is cancelled, or whose window goes, breaks off', async () => {
  const { page, got, taken, settle } = openPage();
  page.post(open(1, 'one'));
  page.post(data(1, 65));
  page.post({ upload: 1, kind: 'cancel' });
  await settle();
  expect(got.at(-1)).toEqual({ upload: 1, kind: 'failed', problem: { code: 'cancelled', params: {} } });
  page.post(open(2, 'two'));
  page.post(data(2, 65));
  await settle();
  page.close();
  await settle();
  expect(taken).toEqual(['one: cancelled', 'two: cancelled']);
});

test('why the core does not take one is told', async () => {
  const { page, got, settle } = openPage();
  page.post(open(1, 'refused'));
  page.post(data(1, 65));
  await settle();
  expect(got).toEqual([{ upload: 1, kind: 'failed', problem: { code: 'exchange-full', params: { name: 'refused' } } }]);
});

test('a page that sends far ahead fills no memory, and one that sends nonsense is cut', async () => {
  const { page, got, settle, isClosed } = openPage();
  page.post(open(1, 'one'));
  for (let pieces = 0; pieces < 10; pieces += 1)
    page.post({ upload: 1, kind: 'data', bytes: new Uint8Array(1024 * 1024) });
  await settle();
  expect(got).toEqual([
    expect.objectContaining({ kind: 'failed', problem: expect.objectContaining({ code: 'too-large' }) }),
  ]);
  page.post(open(2, '../evil'));
  await settle();
  expect([got.length, isClosed()]).toEqual([1, true]);
  const other = openPage();
  other.page.post({ kind: 'open' });
  await other.settle();
  expect(other.isClosed()).toBe(true);
});
