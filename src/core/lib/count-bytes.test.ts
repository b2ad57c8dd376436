import { type AddressInfo, connect, createServer } from 'node:net';
import { Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { countBytes } from './count-bytes.ts';

function counter() {
  const count = { read: 0, written: 0 };
  const on = {
    read: (sizeBytes: number) => {
      count.read += sizeBytes;
    },
    written: (sizeBytes: number) => {
      count.written += sizeBytes;
    },
  };
  return { count, on };
}

test('a stream that nobody reads yet keeps its first bytes, and all of them are counted', async () => {
  const [near, far] = duplexPair();
  far.write('early ');
  await sleep(5);
  const { count, on } = counter();
  const counted = countBytes(near, on);
  far.write('later ');
  await sleep(5);
  expect(counted.readableFlowing).toBeNull();
  far.end('last');
  expect(await text(counted)).toBe('early later last');
  expect(count).toEqual({ read: 16, written: 0 });
});

test('what is written is counted, the last piece of end() too, and texts pass', async () => {
  const [near, far] = duplexPair();
  const { count, on } = counter();
  const counted = countBytes(near, on);
  counted.write(Buffer.from('12345'));
  counted.end(Buffer.from('678'));
  expect(await text(far)).toBe('12345678');
  expect(count).toEqual({ read: 0, written: 8 });
});

test('a socket of the system, whose first bytes come before its reader', async () => {
  const server = createServer((socket) => socket.end('SSH-2.0-host\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { count, on } = counter();
  const socket = countBytes(connect((server.address() as AddressInfo).port, '127.0.0.1'), on);
  await sleep(50);
  expect(await text(socket)).toBe('SSH-2.0-host\r\n');
  expect(count.read).toBe(14);
});

test('a reader that is slow holds the other side back as before', async () => {
  let pushed = 0;
  const source = new Duplex({
    highWaterMark: 1000,
    read() {
      pushed += 1;
      this.push(pushed > 100 ? null : Buffer.alloc(500));
    },
    write: (_chunk, _encoding, done) => done(),
  });
  const { count, on } = counter();
  const counted = countBytes(source, on);
  counted.once('readable', () => {});
  await sleep(5);
  expect(pushed).toBeLessThan(10);
  for await (const _ of counted);
  expect(count.read).toBe(50_000);
});
