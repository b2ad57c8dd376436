import { afterEach, expect, test } from 'vitest';
import type { SessionId } from '../../contract/ids.ts';
import { createUploadPort } from './upload-port.ts';

const sessionId = 'b4d6b4a6-8f4e-4d0e-9d0a-0d3c7d1c2b3a' as SessionId;
const KIB = 1024;
const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

interface Told {
  readonly upload: number;
  readonly kind: string;
  readonly bytes?: Uint8Array;
}

function open() {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const told: Told[] = [];
  port2.onmessage = ({ data }) => told.push(data as Told);
  const uploads = createUploadPort(port1);
  const send = (file: Blob, signal = new AbortController().signal, progress: number[] = []) =>
    uploads.send({ sessionId, name: 'a', file, signal, onProgress: (sentBytes) => progress.push(sentBytes) });
  return { uploads, told, send, say: (message: object) => port2.postMessage(message) };
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 60));
const sentBytes = (told: readonly Told[]) => told.reduce((sum, { bytes }) => sum + (bytes?.byteLength ?? 0), 0);

test('a file goes in pieces, no further ahead than the window, and the name that it got comes back', async () => {
  const { told, send, say } = open();
  const progress: number[] = [];
  const file = new Blob([new Uint8Array(5000 * KIB)]);
  const done = send(file, undefined, progress);
  await settle();
  expect(told[0]).toEqual({ upload: 1, kind: 'open', sessionId, name: 'a', sizeBytes: 5000 * KIB });
  expect(sentBytes(told)).toBe(2048 * KIB);
  say({ upload: 1, kind: 'ack', sizeBytes: 1024 * KIB });
  await settle();
  expect(sentBytes(told)).toBe(3072 * KIB);
  say({ upload: 1, kind: 'ack', sizeBytes: 2048 * KIB });
  await settle();
  expect([sentBytes(told), told.at(-1)?.kind]).toEqual([5000 * KIB, 'end']);
  say({ upload: 1, kind: 'done', name: 'a (2)' });
  expect(await done).toBe('a (2)');
  expect(progress).toEqual([1024 * KIB, 3072 * KIB]);
});

test('an empty file is sent too', async () => {
  const { told, send, say } = open();
  const done = send(new Blob([]));
  await settle();
  expect(told.map(({ kind }) => kind)).toEqual(['open', 'end']);
  say({ upload: 1, kind: 'done', name: 'a' });
  expect(await done).toBe('a');
});

test('one that is cancelled or refused stops, and the other end hears of it', async () => {
  const { told, send, say, uploads } = open();
  const abort = new AbortController();
  const cancelled = send(new Blob([new Uint8Array(5000 * KIB)]), abort.signal);
  cancelled.catch(() => {});
  await settle();
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  await settle();
  const before = told.length;
  expect(told.at(-1)).toMatchObject({ upload: 1, kind: 'cancel' });
  const refused = send(new Blob(['x']));
  refused.catch(() => {});
  say({ upload: 2, kind: 'failed', problem: { code: 'exchange-full', params: { name: 'a' } } });
  await expect(refused).rejects.toMatchObject({ code: 'exchange-full' });
  await settle();
  expect(told.slice(before).filter(({ upload }) => upload === 1)).toEqual([]);
  const left = send(new Blob(['x']));
  uploads.close();
  await expect(left).rejects.toMatchObject({ code: 'transfer-broken' });
});
