// What a visitor's viewer sends to a program's screen: RFB messages of the client, held to the powers of the session.
import type { Powers } from '../../src/contract/models.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { RfbFilter } from '../../src/core/session/rfb-filter.ts';
import { allow, bytesOf, claim, type Fuzzer } from './fuzzer.ts';

const greeting = bytesOf('RFB 003.008\n\x01\x01');
const message = (...values: readonly number[]) => Uint8Array.from(values);
const joined = (...parts: readonly Uint8Array[]) => Buffer.concat([greeting, ...parts]);
const key = message(4, 1, 0, 0, 0, 0, 0, 0x61);
const pointer = message(5, 1, 0, 10, 0, 20);
const text = message(6, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69);
const provide = message(6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfa, 0x10, 0, 0, 1, 1, 2);
const encodings = message(2, 0, 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xfe, 0xc4);

/** What comes out, or undefined when the filter ends the stream. */
function filter(input: Uint8Array, powers: Powers, pieceBytes: number): Buffer | undefined {
  const out: Uint8Array[] = [];
  const stream = new RfbFilter(() => powers);
  stream.push = (chunk: Uint8Array) => {
    out.push(Uint8Array.from(chunk));
    return true;
  };
  const isDocumented = (error: unknown) => error instanceof Error && error.message.startsWith('RFB: ');
  const isWhole = allow(isDocumented, () => {
    for (let at = 0; at < input.length; at += pieceBytes)
      stream._transform(Buffer.from(input.subarray(at, at + pieceBytes)), 'binary', (error) => {
        if (error) throw error;
      });
    return true;
  });
  return isWhole === undefined ? undefined : Buffer.concat(out);
}

export const viewerMessages: Fuzzer = {
  name: 'viewer-messages',
  covers: ['core/session/rfb-filter.ts'],
  maxBytes: 4096,
  dictionary: ['RFB 003.008\n', 'RFB 003.003\n', '\x06\x00\x00\x00', '\x02\x00', '\xff\x00', '\x04\x01\x00\x00'],
  seeds: () => [
    joined(encodings, key, pointer, text, provide),
    joined(message(3, 1, 0, 0, 0, 0, 4, 0, 3, 0), message(150, 1, 0, 0, 0, 0, 0, 0, 0, 0), key),
    joined(message(248, 0, 0, 0, 0, 0, 0, 1, 3, 1, 2, 3), message(255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 30)),
    Buffer.concat([bytesOf('RFB 003.003\n\x01'), text, key]),
  ],
  start: () => ({
    run: (input) => {
      for (const powers of [noPowers, { ...noPowers, isViewOnly: true }, { ...noPowers, clipboardIn: true }]) {
        const whole = filter(input, powers, input.length || 1);
        const cut = filter(input, powers, 3);
        claim((whole === undefined) === (cut === undefined), 'an end does not depend on how the bytes are cut');
        if (whole === undefined || cut === undefined) continue;
        claim(whole.equals(cut), 'what passes does not depend on how the bytes are cut');
        claim(whole.length <= input.length, 'nothing is added');
        const again = filter(whole, powers, whole.length || 1);
        claim(again?.equals(whole) === true, 'what passed would pass again');
      }
    },
  }),
};
