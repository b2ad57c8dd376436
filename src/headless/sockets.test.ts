import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BrowserServerFixture } from './browser-server.test-support.ts';
import { createEchoDisplay } from './fake-core.test-support.ts';

const shell = new BrowserServerFixture();

describe('the contract', () => {
  test('is spoken in JSON text messages', async () => {
    const socket = await shell.openGoodSocket('/contract');
    socket.send('{"a":"ü"}');
    expect(String(await new Promise((resolve) => socket.once('message', resolve)))).toBe('{"echo":{"a":"ü"}}');
    const closed = new Promise<void>((resolve) => shell.core.ports[0]?.onClose(resolve));
    socket.close();
    await closed;
  });

  test.each([
    ['what is not JSON', 'nonsense', 1007],
    ['binary', Buffer.from('1'), 1007],
    ['more than the limit', 'x'.repeat(8 * 1024 * 1024 + 1), 1009],
  ])('ends that connection on %s', async (_what, data, code) => {
    const other = await shell.openGoodSocket('/contract');
    const socket = await shell.openGoodSocket('/contract');
    socket.send(data);
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(code);
    other.send('1');
    expect(String(await new Promise((resolve) => other.once('message', resolve)))).toBe('{"echo":1}');
    other.terminate();
  });
});

describe('a display', () => {
  test('carries bytes both ways and ends on both sides', async () => {
    const id = randomUUID();
    const display = createEchoDisplay();
    shell.core.displays.set(id, display);
    const socket = await shell.openGoodSocket(`/display/${id}`);
    const bytes = Buffer.alloc(3_000_000, 'rfb');
    const received: Buffer[] = [];
    const all = new Promise<void>((resolve) =>
      socket.on('message', (data: Buffer) => {
        received.push(data);
        if (Buffer.concat(received).length >= bytes.length) resolve();
      }),
    );
    for (let start = 0; start < bytes.length; start += 100_000) socket.send(bytes.subarray(start, start + 100_000));
    await all;
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
    const closed = new Promise((resolve) => display.on('close', resolve));
    socket.close();
    await closed;
  });

  test('closes the socket when the program ends', async () => {
    const id = randomUUID();
    const display = createEchoDisplay();
    shell.core.displays.set(id, display);
    const socket = await shell.openGoodSocket(`/display/${id}`);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    display.end();
    // A clean end without a status; a broken one would be 1006.
    expect(await closed).toBe(1005);
  });

  test('is read no faster than the page reads', async () => {
    const id = randomUUID();
    let produced = 0;
    const { Readable, Duplex, Writable } = await import('node:stream');
    const source = new Readable({
      read() {
        produced += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    shell.core.displays.set(
      id,
      Duplex.from({ readable: source, writable: new Writable({ write: (_c, _e, done) => done() }) }),
    );
    const socket = await shell.openGoodSocket(`/display/${id}`);
    socket.pause();
    await sleep(500);
    const before = produced;
    await sleep(300);
    expect(produced).toBe(before);
    expect(produced).toBeLessThan(16_000_000);
    socket.resume();
    await expect.poll(() => produced).toBeGreaterThan(before);
    socket.terminate();
  });

  test('that is not there says why', async () => {
    const socket = await shell.openSocket(`/display/${randomUUID()}`, {
      ...(await shell.signIn()),
      Origin: shell.base,
    });
    if (typeof socket === 'number') throw new Error('refused');
    const [code, reason] = await new Promise<[number, Buffer]>((resolve) =>
      socket.on('close', (...parts: [number, Buffer]) => resolve(parts)),
    );
    expect([code, String(reason)]).toEqual([4000, 'not-found']);
    expect(await shell.openSocket('/display/nonsense', { ...(await shell.signIn()), Origin: shell.base })).toBe(404);
  });
});
