// What passes between a visitor's viewer and a program's screen: RFB messages of both, held to the powers of the session.
import type { Transform } from 'node:stream';
import type { Powers } from '../../src/contract/powers.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { RfbClientFilter } from '../../src/core/channels/display/rfb-client-filter.ts';
import { RfbServerFilter } from '../../src/core/channels/display/rfb-server-filter.ts';
import { allow, bytesOf, claim, type Fuzzer } from './fuzzer.ts';

const message = (...values: readonly number[]) => Uint8Array.from(values);
const isDocumented = (error: unknown) => error instanceof Error && error.message.startsWith('RFB: ');

/** What comes out, or undefined when the filter ends the stream. */
function pass(stream: Transform, input: Uint8Array, pieceBytes: number): Buffer | undefined {
  const out: Uint8Array[] = [];
  stream.push = (chunk: Uint8Array) => {
    out.push(Uint8Array.from(chunk));
    return true;
  };
  const isWhole = allow(isDocumented, () => {
    for (let at = 0; at < input.length; at += pieceBytes)
      stream._transform(Buffer.from(input.subarray(at, at + pieceBytes)), 'binary', (error) => {
        if (error) throw error;
      });
    return true;
  });
  return isWhole === undefined ? undefined : Buffer.concat(out);
}

/** What must hold for a filter, whatever comes. Gives what passes. */
function check(makeFilter: () => Transform, input: Uint8Array): Buffer | undefined {
  const whole = pass(makeFilter(), input, input.length || 1);
  const cut = pass(makeFilter(), input, 3);
  claim((whole === undefined) === (cut === undefined), 'an end does not depend on how the bytes are cut');
  if (whole === undefined || cut === undefined) return undefined;
  claim(whole.equals(cut), 'what passes does not depend on how the bytes are cut');
  claim(whole.length <= input.length, 'nothing is added');
  const again = pass(makeFilter(), whole, whole.length || 1);
  claim(again?.equals(whole) === true, 'what passed would pass again');
  return whole;
}

const kindsOfPowers: readonly Powers[] = [
  noPowers,
  { ...noPowers, isViewOnly: true },
  { ...noPowers, clipboardIn: true },
  { ...noPowers, clipboardOut: true },
];

const viewerGreeting = bytesOf('RFB 003.008\n\x01\x01');
const fromViewer = (...parts: readonly Uint8Array[]) => Buffer.concat([viewerGreeting, ...parts]);
const key = message(4, 1, 0, 0, 0, 0, 0, 0x61);
const pointer = message(5, 1, 0, 10, 0, 20);
const text = message(6, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69);
const provide = message(6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfa, 0x10, 0, 0, 1, 1, 2);
const encodings = message(2, 0, 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xfe, 0xc4);
const pixels = message(32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0);

export const viewerMessages: Fuzzer = {
  name: 'viewer-messages',
  maxBytes: 4096,
  dictionary: ['RFB 003.008\n', '\x06\x00\x00\x00', '\x02\x00', '\xff\x00', '\x04\x01\x00\x00'],
  seeds: () => [
    fromViewer(encodings, key, pointer, text, provide),
    fromViewer(message(3, 1, 0, 0, 0, 0, 4, 0, 3, 0), message(150, 1, 0, 0, 0, 0, 0, 0, 0, 0), key),
    fromViewer(message(248, 0, 0, 0, 0, 0, 0, 1, 3, 1, 2, 3), message(255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 30)),
    fromViewer(message(0, 0, 0, 0), pixels, text, key),
  ],
  start: () => ({
    run: (input) => {
      for (const powers of kindsOfPowers) check(() => new RfbClientFilter(() => powers), input);
    },
  }),
};

const screenGreeting = [
  bytesOf('RFB 003.008\n\x01\x01\x00\x00\x00\x00\x00\x20\x00\x10'),
  pixels,
  message(0, 0, 0, 2, 0x68, 0x69),
];
const fromScreen = (...parts: readonly Uint8Array[]) => Buffer.concat([...screenGreeting, ...parts]);
const cutText = message(3, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69);
const notify = message(3, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 8, 0, 0, 1);
const screenCapabilities = message(3, 0, 0, 0, 0xff, 0xff, 0xff, 0xf8, 0x1f, 0, 0, 1, 0, 0, 1, 0);
const rectangle = (kind: readonly number[], ...body: readonly number[]) =>
  message(0, 0, 0, 0, 0, 9, 0, 6, ...kind, ...body);
const tight = [0, 0, 0, 7];
const pictures = [
  rectangle([0, 0, 0, 0], ...new Array(9 * 6 * 4).fill(3)),
  rectangle([0, 0, 0, 1], 0, 0, 0, 0),
  rectangle([0, 0, 0, 16], 0, 0, 0, 3, 3, 3, 3),
  rectangle(tight, 0x80, 1, 2, 3),
  rectangle(tight, 0x90, 0x81, 0x01, ...new Array(129).fill(3)),
  rectangle(tight, 0x40, 1, 1, 1, 2, 3, 4, 5, 6, 2, 3, 3),
  rectangle(tight, 0x40, 2, 2, 3, 3),
  rectangle([0xff, 0xff, 0xff, 0x11], ...new Array(9 * 6 * 4 + 2 * 6).fill(3)),
  rectangle([0x57, 0x4d, 0x56, 0x64], 1, 0, ...new Array(9 * 6 * 4).fill(3)),
  rectangle([0xff, 0xff, 0xfe, 0xcc], 1, 0, 0, 0, ...new Array(16).fill(0)),
  rectangle([0xff, 0xff, 0xfe, 0xcd], 0, 0, 0, 2, 0x68, 0x69),
  rectangle([0xff, 0xff, 0xfe, 0xfb], 3),
];
const lastRectangle = rectangle([0xff, 0xff, 0xff, 0x20]);

export const screenMessages: Fuzzer = {
  name: 'screen-messages',
  maxBytes: 8192,
  dictionary: ['\x03\x00\x00\x00', '\x00\x00\x00\x01', '\x00\x00\x00\x07', '\xff\xff\xff\x20', '\xf8\x00\x00\x00'],
  seeds: () => [
    fromScreen(message(0, 0, 0, pictures.length), ...pictures, cutText, notify, screenCapabilities),
    fromScreen(message(0, 0, 0xff, 0xff), ...pictures, lastRectangle, cutText, message(2)),
    ...pictures.map((picture) => fromScreen(message(0, 0, 0, 1), picture, cutText, message(150))),
    fromScreen(message(248, 0, 0, 0, 0x80, 0, 0, 1, 3, 1, 2, 3), notify, cutText),
  ],
  start: () => ({
    run: (input) => {
      const [without, ...others] = kindsOfPowers.map((powers) => check(() => new RfbServerFilter(() => powers), input));
      for (const other of others)
        claim((other === undefined) === (without === undefined), 'an end does not depend on the powers');
    },
  }),
};
