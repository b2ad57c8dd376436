import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AppError } from '../contract/errors.ts';
import { createPortPair, type Port } from '../contract/port.ts';
import { type DisplayToPage, MAX_UNACKED_BYTES, serveDisplays } from './display.ts';

const sessionId = '00000000-0000-4000-8000-000000000001';

/** A page's end of a port whose displays are the given streams, one after the other. */
function openPage(...displays: (Duplex | Error | Promise<Duplex>)[]): { page: Port; got: DisplayToPage[] } {
  const [page, main] = createPortPair();
  const got: DisplayToPage[] = [];
  page.onMessage((message) => got.push(message as DisplayToPage));
  serveDisplays(main, async () => {
    const display = displays.shift();
    if (display === undefined) throw new AppError('not-found', { what: 'session' });
    if (display instanceof Error) throw display;
    return display;
  });
  return { page, got };
}

function makeDisplay(): { display: Duplex; written: Buffer[]; feed(sizeBytes: number): void } {
  const written: Buffer[] = [];
  const display = new Duplex({
    readableHighWaterMark: 1024,
    read: () => {},
    write: (chunk, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  return { display, written, feed: (sizeBytes) => display.push(Buffer.alloc(sizeBytes, 1)) };
}

describe('displays over a port', () => {
  it('carries bytes both ways and ends with either side', async () => {
    const one = makeDisplay();
    const two = makeDisplay();
    const { page, got } = openPage(one.display, two.display);
    page.post({ stream: 1, kind: 'open', sessionId });
    page.post({ stream: 2, kind: 'open', sessionId });
    await turn();
    expect(got.splice(0)).toEqual([
      { stream: 1, kind: 'opened' },
      { stream: 2, kind: 'opened' },
    ]);
    page.post({ stream: 2, kind: 'data', bytes: Uint8Array.of(1, 2, 3) });
    one.display.push(Uint8Array.of(9));
    await turn();
    expect(got.splice(0)).toEqual([{ stream: 1, kind: 'data', bytes: Uint8Array.of(9) }]);
    expect(Buffer.concat(two.written)).toEqual(Buffer.of(1, 2, 3));

    page.post({ stream: 1, kind: 'close' });
    two.display.destroy(new AppError('display-failed', { why: 'gone' }));
    await turn();
    expect(one.display.destroyed).toBe(true);
    expect(got).toEqual([{ stream: 2, kind: 'close', problem: { code: 'display-failed', params: { why: 'gone' } } }]);
  });

  it('tells when the program ends, and why a stream could not be opened', async () => {
    const { display } = makeDisplay();
    const { page, got } = openPage(display);
    page.post({ stream: 1, kind: 'open', sessionId });
    page.post({ stream: 2, kind: 'open', sessionId });
    await turn();
    display.push(null);
    await turn();
    expect(got).toEqual([
      { stream: 1, kind: 'opened' },
      { stream: 2, kind: 'close', problem: { code: 'not-found', params: { what: 'session' } } },
      { stream: 1, kind: 'close', problem: null },
    ]);
  });

  it('closes a stream that was given up while it was opened, and all of them with the port', async () => {
    const opening = Promise.withResolvers<Duplex>();
    const one = makeDisplay();
    const two = makeDisplay();
    const { page, got } = openPage(opening.promise, two.display);
    page.post({ stream: 1, kind: 'open', sessionId });
    page.post({ stream: 1, kind: 'close' });
    page.post({ stream: 2, kind: 'open', sessionId });
    await turn();
    opening.resolve(one.display);
    await turn();
    expect(one.display.destroyed).toBe(true);
    expect(got).toEqual([{ stream: 2, kind: 'opened' }]);
    page.close();
    await turn();
    expect(two.display.destroyed).toBe(true);
  });

  it('waits for a page that acknowledges, and only for such a page', async () => {
    const { display, feed } = makeDisplay();
    const { page, got } = openPage(display);
    const receivedBytes = () =>
      got.reduce((sum, message) => sum + (message.kind === 'data' ? message.bytes.byteLength : 0), 0);
    page.post({ stream: 1, kind: 'open', sessionId });
    await turn();
    feed(2 * MAX_UNACKED_BYTES);
    await turn();
    expect(receivedBytes()).toBe(2 * MAX_UNACKED_BYTES);
    page.post({ stream: 1, kind: 'ack', sizeBytes: 1 });
    await turn();
    feed(1000);
    await turn();
    expect(receivedBytes()).toBe(2 * MAX_UNACKED_BYTES);
    page.post({ stream: 1, kind: 'ack', sizeBytes: 2 * MAX_UNACKED_BYTES - 1 });
    await turn();
    expect(receivedBytes()).toBe(2 * MAX_UNACKED_BYTES + 1000);
  });

  it.each([
    null,
    { stream: 1, kind: 'open', sessionId: '../etc' },
    { stream: -1, kind: 'close' },
    { stream: 1, kind: 'data', bytes: 'text' },
    { stream: 1, kind: 'else' },
  ])('closes the port on %j', async (message) => {
    const { display } = makeDisplay();
    const { page } = openPage(display);
    page.post({ stream: 1, kind: 'open', sessionId });
    await turn();
    page.post(message);
    await turn();
    await turn();
    expect(display.destroyed).toBe(true);
  });
});
