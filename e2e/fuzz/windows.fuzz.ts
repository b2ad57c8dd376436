// What the display of a sandbox says of its windows: X11 messages, from whatever a program put in the X server's place.

import { titleOfWindow } from '../../src/core/channels/display/window-titles.ts';
import { readNumbers, readProperty, X11Reader } from '../../src/core/channels/display/x11-stream.ts';
import { allow, bytesOf, claim, claimEqual, claimShowable, type Fuzzer } from './fuzzer.ts';

const isDocumented = (error: unknown) => error instanceof Error && error.message.startsWith('X11: ');

/** What is read, or undefined when the reader gives up. */
function read(input: Uint8Array, pieceBytes: number) {
  const reader = new X11Reader();
  return allow(isDocumented, () => {
    const messages = [];
    for (let at = 0; at < input.length; at += pieceBytes)
      messages.push(...reader.push(Buffer.from(input.subarray(at, at + pieceBytes))));
    return messages;
  });
}

/** A greeting with one pixmap format and one screen of 640 by 480. */
const greeting = Buffer.alloc(8 + 32 + 4 + 8 + 40);
greeting.set([1, 0, 11, 0, 0, 0, (greeting.length - 8) / 4, 0]);
greeting.set([3, 0], 24);
greeting.set([1, 1], 28);
greeting.set([0x2a, 0, 0, 0], 52);
greeting.writeUInt16LE(640, 72);
greeting.writeUInt16LE(480, 74);

function reply(format: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(32 + 4 * Math.ceil(value.length / 4));
  bytes.set([1, format, 1, 0]);
  bytes.writeUInt32LE((bytes.length - 32) / 4, 4);
  bytes.writeUInt32LE((value.length * 8) / (format || 8), 16);
  bytes.set(value, 32);
  return bytes;
}
const event = (code: number) => Buffer.from([code, 0, 1, 0, 7, ...new Array(27).fill(0)]);

export const windowMessages: Fuzzer = {
  name: 'window-messages',
  maxBytes: 4096,
  dictionary: ['\x01\x20', '\x01\x08', '\x00\x00\x00\x00', '\x1c\x00', '\x16\x00', '\x23\x00', 'notes.txt - Mousepad'],
  seeds: () => [
    greeting,
    Buffer.concat([greeting, reply(32, Buffer.from([1, 0, 0, 0, 2, 0, 0, 0])), event(28), event(22)]),
    Buffer.concat([greeting, reply(8, bytesOf('notes.txt \u202e- Mousepad')), event(0), event(28 + 128)]),
    Buffer.concat([greeting, reply(0, Buffer.of()), event(35)]),
  ],
  start: () => ({
    run: (input) => {
      const whole = read(input, input.length || 1);
      claimEqual(read(input, 5), whole, 'what is read does not depend on how the bytes are cut');
      for (const message of whole ?? []) {
        if (message.kind !== 'reply') continue;
        const property = readProperty(message.bytes);
        const numbers = readNumbers(property);
        claim(numbers.length * 4 <= message.bytes.length, 'no more numbers than bytes');
        const title = titleOfWindow(property?.value.toString('utf8') ?? '');
        claimShowable(title, 'a title');
        claim(title.length <= 200 && !title.includes('·'), 'a title has its limits');
      }
    },
  }),
};
