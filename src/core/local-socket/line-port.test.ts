// Here and not in contract/, because it needs a real Node stream.
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createLinePort, type LinePortOptions } from '../../contract/line-port.ts';

function startPort(options: Partial<LinePortOptions> = {}) {
  const stream = new PassThrough();
  const messages: unknown[] = [];
  const events: string[] = [];
  const port = createLinePort(stream, {
    maxLineBytes: 1000,
    onOversize: () => events.push('oversize'),
    onMalformed: () => events.push('malformed'),
    onOverflow: () => events.push('overflow'),
    ...options,
  });
  port.onMessage((message) => messages.push(message));
  port.onClose(() => events.push('close'));
  return { stream, port, messages, events };
}

const settle = () => sleep(10);

describe('a line port', () => {
  test('reads values however they are cut, also inside a character', async () => {
    const { stream, messages } = startPort();
    const bytes = Buffer.from('{"name":"Zoë 🦊"}\n\n[1]\n"x"\n');
    for (const byte of bytes) stream.write(Buffer.from([byte]));
    await settle();
    expect(messages).toEqual([{ name: 'Zoë 🦊' }, [1], 'x']);
  });

  test('leaves lines unread that its budget has no time for, and loses none', async () => {
    let left = 3;
    const budget = { waitMs: () => (left > 0 ? 0 : 20), spend: () => left-- };
    const { stream, messages } = startPort({ budget });
    stream.write('1\n2\n3\n4\n5');
    stream.write('6\n7\n');
    await settle();
    expect(messages).toEqual([1, 2, 3]);
    left = 100;
    await expect.poll(() => messages).toEqual([1, 2, 3, 4, 56, 7]);
  });

  test('keeps a long line that comes byte by byte in one piece', async () => {
    const lineBytes = 2 * 1024 * 1024;
    const { stream, messages } = startPort({ maxLineBytes: lineBytes });
    const before = process.memoryUsage();
    stream.write('"');
    for (let sent = 2; sent < lineBytes; sent++) {
      stream.write('x');
      if (sent % 4096 === 0) await new Promise(setImmediate);
    }
    await settle();
    const after = process.memoryUsage();
    // An object for each byte once took 200 times the memory of the line.
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(100 * 1024 * 1024);
    stream.write('"\n[1]\n');
    await settle();
    expect(messages.map((message) => String(message).length)).toEqual([lineBytes - 2, 1]);
  });

  test('reads many values of one chunk, and loses none that came before its listener', async () => {
    const stream = new PassThrough();
    stream.write('1\n2\n');
    const port = createLinePort(stream, { maxLineBytes: 10 });
    await settle();
    const messages: unknown[] = [];
    port.onMessage((message) => messages.push(message));
    await settle();
    expect(messages).toEqual([1, 2]);
  });

  test('writes one line a message', async () => {
    const stream = new PassThrough();
    createLinePort(stream, { maxLineBytes: 10 }).post({ text: 'a\nb' });
    expect(String(stream.read())).toBe('{"text":"a\\nb"}\n');
  });

  test('closes on a line that is too long, whether or not it ends', async () => {
    for (const text of ['x'.repeat(1001), `"${'x'.repeat(1000)}"\n`]) {
      const { stream, messages, events } = startPort();
      for (const part of text.match(/.{1,100}/gs) ?? []) stream.write(part);
      await settle();
      expect(events).toEqual(['oversize', 'close']);
      expect(messages).toEqual([]);
      expect(stream.destroyed).toBe(true);
    }
  });

  test('takes a line of exactly the limit', async () => {
    const { stream, messages, events } = startPort();
    stream.write(`"${'x'.repeat(998)}"\n`);
    await settle();
    expect([messages.length, events]).toEqual([1, []]);
  });

  test.each([
    ['what is not JSON', Buffer.from('{"a":\n1\n')],
    ['what is not UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a])],
  ])('closes on %s and delivers nothing after it', async (_what, bytes) => {
    const { stream, messages, events } = startPort();
    stream.write(bytes);
    await settle();
    expect(events).toEqual(['malformed', 'close']);
    expect(messages).toEqual([]);
  });

  test('closes when the other side does not read', () => {
    const stream = new PassThrough();
    const events: string[] = [];
    const port = createLinePort(stream, {
      maxLineBytes: 10,
      maxBufferedBytes: 100_000,
      onOverflow: () => events.push('overflow'),
    });
    port.onClose(() => events.push('close'));
    for (let count = 0; count < 20; count++) port.post('x'.repeat(10_000));
    expect(events).toEqual(['overflow', 'close']);
  });

  test('tells once that it was closed, from either side', async () => {
    const here = startPort();
    here.port.close();
    here.port.close();
    await settle();
    expect(here.events).toEqual(['close']);
    here.port.post('ignored');

    const there = startPort();
    there.stream.end('1\n');
    await settle();
    expect([there.messages, there.events]).toEqual([[1], ['close']]);
  });
});
