import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Powers } from '../../contract/models.ts';
import { noPowers } from '../../contract/powers.ts';
import { RfbFilter } from './rfb-filter.ts';

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
const harmless = [
  bytes(0, ...new Array(19).fill(1)),
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
  const stream = new RfbFilter(() => ({ ...noPowers, ...given }));
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
const caps = extended(0x01000001, u32(0));

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
});

test('who may only watch can neither type, click nor paste; the picture goes on', () => {
  const watching = { isViewOnly: true, clipboardIn: true };
  expect(filter(watching, [key(true), qemuKey(true), pointer(1), pointer(0), text('x'), update])).toEqual(update);
});

test('what is held when the power goes is let go: keys, and the button where it was', () => {
  let isViewOnly = false;
  const stream = new RfbFilter(() => ({ ...noPowers, isViewOnly }));
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
  const stream = new RfbFilter(() => noPowers);
  const greet = (chunk: Buffer) => new Promise((resolve) => stream._transform(chunk, 'binary', resolve));
  return expect(greet(Buffer.from('GET / HTTP/1'))).resolves.toMatchObject({
    message: 'RFB: the version is not known',
  });
});

test('mice with more buttons are not agreed on: their messages could not be told apart', () => {
  expect(filter({}, [encodings(7, -316, 16)])).toEqual(encodings(7, 16));
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
      // What passed is read again by the same rules: nothing of it would be dropped now.
      expect(filter({ isViewOnly: true }, [out])).toEqual(out);
    }),
    { numRuns: 3000 },
  );
});
