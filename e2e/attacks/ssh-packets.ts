// Finds the packets in one direction of an SSH connection, for somebody on the way who cannot read them but can move them.
import type { Socket } from 'node:net';

const NEWKEYS = 21;
const TAG_BYTES = 16;

/**
 * Feed it what a visitor says; `handle` gets each encrypted packet, with AES-GCM, whose length is not encrypted (RFC 5647
 * section 7.3). What comes before the keys is passed on.
 */
export function startPackets(handle: (packet: Buffer, send: (...packets: readonly Buffer[]) => void) => void) {
  let rest = Buffer.alloc(0);
  let state: 'banner' | 'plain' | 'encrypted' = 'banner';
  return (chunk: Buffer, target: Socket): void => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      if (state === 'banner') {
        const end = rest.indexOf('\n') + 1;
        if (end === 0) return;
        target.write(rest.subarray(0, end));
        rest = rest.subarray(end);
        state = 'plain';
      }
      if (rest.length < 6) return;
      const size = 4 + rest.readUInt32BE(0) + (state === 'encrypted' ? TAG_BYTES : 0);
      if (rest.length < size) return;
      const packet = rest.subarray(0, size);
      rest = rest.subarray(size);
      if (state === 'encrypted') {
        handle(packet, (...packets) => {
          for (const each of packets) target.write(each);
        });
        continue;
      }
      target.write(packet);
      // Padding length, then the kind of message (RFC 4253 section 6).
      if (packet[5] === NEWKEYS) state = 'encrypted';
    }
  };
}
