import { expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import type { SessionId } from '../../contract/ids.ts';
import type { Upload } from '../ports/carrier.ts';
import { createUploads } from './uploads.ts';

const sessionId = 'b4d6b4a6-8f4e-4d0e-9d0a-0d3c7d1c2b3a' as SessionId;

function open(maxBytes: number | null = null) {
  const under: { upload: Upload; done: PromiseWithResolvers<string> }[] = [];
  const sent: [string, string][] = [];
  const carrier = {
    sendFile: (upload: Upload) => {
      const done = Promise.withResolvers<string>();
      upload.signal.addEventListener('abort', () => done.reject(new AppError('cancelled')));
      under.push({ upload, done });
      return done.promise;
    },
  };
  const uploads = createUploads(
    carrier,
    sessionId,
    () => maxBytes,
    ({ name }, nameThere) => sent.push([name, nameThere]),
  );
  return { uploads, under, sent, states: () => uploads.read().map(({ name, state }) => `${name} ${state}`) };
}
const settle = () => new Promise((resolve) => setTimeout(resolve));

test('three are sent at a time, and the next when one is done', async () => {
  const { uploads, under, sent, states } = open();
  uploads.add(['a', 'b', 'c', 'd'].map((name) => new File(['x'], name)));
  expect(states()).toEqual(['a sending', 'b sending', 'c sending', 'd waiting']);
  under[1]?.done.resolve('b (2)');
  await settle();
  expect(states()).toEqual(['a sending', 'c sending', 'd sending']);
  expect(sent).toEqual([['b', 'b (2)']]);
});

test('names are made fit, and what has none that fits is given back', () => {
  const { uploads, under } = open();
  const bad = new File(['x'], '\u202e');
  expect(uploads.add([new File(['x'], 'a\u202egnp.exe'), bad])).toEqual([bad]);
  expect(under.map(({ upload }) => upload.name)).toEqual(['agnp.exe']);
});

test('one that is larger than is taken there is refused at once, with the limit, and not a byte of it is sent', () => {
  const { uploads, under, states } = open(2 * 1024 * 1024);
  uploads.add([new File([new Uint8Array(2 * 1024 * 1024 + 1)], 'film'), new File([new Uint8Array(10)], 'note')]);
  expect(states()).toEqual(['film failed', 'note sending']);
  expect(uploads.read()[0]?.problem).toEqual({ code: 'file-over-limit', params: { name: 'film', limitMib: 2 } });
  expect(under.map(({ upload }) => upload.name)).toEqual(['note']);
});

test('a name that is cut or changed is told as such', () => {
  const { uploads } = open();
  const long = `${'ä'.repeat(200)}.txt`;
  uploads.add([new File(['x'], long), new File(['x'], 'a\u202egnp.exe'), new File(['x'], 'plain.txt')]);
  expect(uploads.read().map(({ name, isRenamed }) => [name, isRenamed])).toEqual([
    [`${'ä'.repeat(125)}.txt`, true],
    ['agnp.exe', true],
    ['plain.txt', false],
  ]);
});

test('one that fails stays with its reason until it is dismissed, one that is cancelled goes', async () => {
  const { uploads, under, states } = open();
  uploads.add([new File(['x'], 'a'), new File(['x'], 'b')]);
  under[0]?.done.reject(new AppError('exchange-full', { name: 'a' }));
  uploads.remove(uploads.read()[1]?.id ?? 0);
  await settle();
  expect(states()).toEqual(['a failed']);
  expect(uploads.read()[0]?.problem?.code).toBe('exchange-full');
  uploads.remove(uploads.read()[0]?.id ?? 0);
  expect(states()).toEqual([]);
});

test('closing breaks off what is sent, and nothing that waits is begun', async () => {
  const { uploads, under, states } = open();
  uploads.add(['a', 'b', 'c', 'd'].map((name) => new File(['x'], name)));
  uploads.close();
  await settle();
  expect([states(), under.length]).toEqual([[], 3]);
  expect(under.every(({ upload }) => upload.signal.aborted)).toBe(true);
});
