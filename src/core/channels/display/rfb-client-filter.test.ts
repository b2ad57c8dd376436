import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Powers } from '../../../contract/powers.ts';
import { noPowers } from '../../../contract/powers.ts';
import { RfbClientFilter } from './rfb-client-filter.ts';

const greeting = Buffer.from('RFB 003.008\n\x01\x01', 'latin1');
const text = (value: string) => Buffer.concat([bytes(6, 0, 0, 0), u32(value.length), Buffer.from(value)]);
const extended = (flags: number, body = Buffer.alloc(0)) =>
  Buffer.concat([bytes(6, 0, 0, 0), u32(-(4 + body.length)), u32(flags), body]);
const key = (isDown: boolean, code = 0x61) => Buffer.concat([bytes(4, isDown ? 1 : 0, 0, 0), u32(code)]);
const qemuKey = (isDown: boolean) => Buffer.concat([bytes(255, 0, 0, isDown ? 1 : 0), u32(0x61), u32(30)]);
const pointer = (mask: number, x = 10) => bytes(5, mask, 0, x, 0, 20);
const update = bytes(3, 1, 0, 0, 0, 0, 4, 0, 3, 0);
const resize = Buffer.concat([bytes(251, 0, 4, 0, 3, 0, 1, 0), Buffer.alloc(16, 7)]);
const fence = Buffer.concat([bytes(248, 0, 0, 0), u32(1), bytes(3), bytes(1, 2, 3)]);
const encodings = (...numbers: number[]) =>
  Buffer.concat([bytes(2, 0, 0, numbers.length), ...numbers.map((n) => u32(n))]);
const pixels = (bitsPerPixel: number, depth: number, max: number) =>
  bytes(0, 0, 0, 0, bitsPerPixel, depth, 0, 1, 0, max, 0, max, 0, max, 0, 8, 16, 0, 0, 0);
const harmless = [
  pixels(32, 24, 255),
  encodings(7, -239, -308),
  update,
  fence,
  resize,
  bytes(150, 1, 0, 0, 0, 0, 0, 0, 0, 0),
];

function bytes(...values: number[]): Buffer<ArrayBuffer> {
  return Buffer.from(values);
}
function u32(value: number): Buffer<ArrayBuffer> {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value | 0);
  return buffer;
}

/** What comes out when it goes in, in pieces of a size. */
function filter(given: Partial<Powers>, messages: readonly Buffer[], pieceBytes = 1_000_000): Buffer {
  const out: Buffer[] = [];
  const stream = new RfbClientFilter(() => ({ ...noPowers, ...given }));
  stream.push = (chunk: Buffer) => {
    out.push(chunk);
    return true;
  };
  const whole = Buffer.concat([greeting, ...messages]);
  for (let at = 0; at < whole.length; at += pieceBytes)
    stream._transform(whole.subarray(at, at + pieceBytes), 'binary', (error) => {
      if (error) throw error;
    });
  return Buffer.concat(out).subarray(greeting.length);
}

const provide = extended(0x10000001, Buffer.from('zlib'));
const notify = extended(0x08000001);
const request = extended(0x02000001);
const caps = extended(0x1f000001, u32(0));

test('without the clipboard no text goes in or is asked for, and everything else passes', () => {
  const messages = [...harmless, key(true), key(false), pointer(1)];
  expect(filter({}, [...messages, text('secret'), provide, notify, request, ...messages])).toEqual(
    Buffer.concat([...messages, ...messages]),
  );
});

test('each direction of the clipboard is a power of its own', () => {
  const all = [text('in'), provide, notify, request, caps];
  expect(filter({ clipboardIn: true }, all)).toEqual(Buffer.concat([text('in'), provide, notify, caps]));
  expect(filter({ clipboardOut: true }, all)).toEqual(Buffer.concat([request, caps]));
  expect(filter({}, all)).toEqual(caps);
});

test('who may only watch can neither type, click nor paste; the picture goes on', () => {
  const watching = { isViewOnly: true, clipboardIn: true };
  expect(filter(watching, [key(true), qemuKey(true), pointer(1), pointer(0), text('x'), update])).toEqual(update);
});

test('what is held when the power goes is let go: keys, and the button where it was', () => {
  let isViewOnly = false;
  const stream = new RfbClientFilter(() => ({ ...noPowers, isViewOnly }));
  const out: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => out.push(chunk));
  stream.write(Buffer.concat([greeting, key(true), pointer(1, 33)]));
  isViewOnly = true;
  stream.write(Buffer.concat([pointer(1, 99), pointer(1, 98), key(false), qemuKey(false), key(true)]));
  stream.end();
  return new Promise<void>((resolve) => stream.once('end', resolve)).then(() =>
    expect(Buffer.concat(out).subarray(greeting.length)).toEqual(
      Buffer.concat([key(true), pointer(1, 33), pointer(0, 33), key(false), qemuKey(false)]),
    ),
  );
});

test('it does not matter how the bytes are cut into pieces', () => {
  const messages = [...harmless, key(true), text('hello'), provide, request, pointer(1), qemuKey(true)];
  const message = fc.constantFrom(...messages);
  const powers = fc.record({ clipboardIn: fc.boolean(), clipboardOut: fc.boolean(), isViewOnly: fc.boolean() });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), powers, fc.integer({ min: 1, max: 40 }), (list, given, size) => {
      expect(filter(given, list, size)).toEqual(filter(given, list));
    }),
  );
});

test('what it does not know ends the stream, whatever the powers', () => {
  const bad = [bytes(7, 0, 0, 0), bytes(255, 1, 0, 0), bytes(6, 0, 0, 0, 0x7f, 0, 0, 0), bytes(2, 0, 255, 255)];
  for (const message of bad) expect(() => filter({ clipboardIn: true }, [message])).toThrow(/^RFB: /);
  expect(() => filter({}, [Buffer.concat([bytes(6, 0, 0, 0), u32(-2), bytes(0, 0)])])).toThrow('without its flags');
  const stream = new RfbClientFilter(() => noPowers);
  const greet = (chunk: Buffer) => new Promise((resolve) => stream._transform(chunk, 'binary', resolve));
  return expect(greet(Buffer.from('GET / HTTP/1'))).resolves.toMatchObject({
    message: 'RFB: the version is not known',
  });
});

test('nothing is agreed on whose length the host does not know: what either side sends could not be told apart', () => {
  // Mice with more buttons, pictures that must be unpacked to be measured, pointers of other forms, xvp, and what nobody knows.
  const others = [-316, 2, 5, 6, 21, 50, -240, -260, -309, -314, 0x574d5668, 77];
  const agreed = [1, 7, 16, 0, -26, -254, -223, -224, -258, -261, -308, -312, -313, -307, 0xc0a1e5ce, 0x574d5664, -239];
  expect(filter({}, [encodings(...others, ...agreed)])).toEqual(encodings(...agreed));
});

test('pixels have one length: no other form is agreed on', () => {
  for (const other of [pixels(8, 8, 3), pixels(16, 16, 31), pixels(32, 30, 255), pixels(32, 24, 127)])
    expect(() => filter({}, [other])).toThrow('RFB: the form of the pixels is not known');
});

test('a text that was on its way when its power was taken away does not arrive', async () => {
  let clipboardIn = true;
  const stream = new RfbClientFilter(() => ({ ...noPowers, clipboardIn }));
  const ended = new Promise((resolve) => stream.once('error', resolve));
  stream.resume();
  stream.write(Buffer.concat([greeting, text('secret').subarray(0, 10)]));
  clipboardIn = false;
  stream.write(text('secret').subarray(10));
  await expect(ended).resolves.toMatchObject({ message: 'RFB: what was on its way was taken away' });
});

test('never passes a key, a click or a text that was not granted, whatever comes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      let out: Buffer;
      try {
        out = filter({ isViewOnly: true }, [Buffer.from(noise)]);
      } catch {
        return;
      }
      // The output passes the same filter unchanged, so it was cut at the right places.
      expect(filter({ isViewOnly: true }, [out])).toEqual(out);
    }),
    { numRuns: 3000 },
  );
});
