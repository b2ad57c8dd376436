import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { type IncomingRecord, readPacket } from './mdns-packet.ts';
import { readResponse, SERVICE_NAME } from './mdns-records.ts';

/** What another decoder (dnspython) reads in packets of other programs; see fixtures/README.md. */
interface Row {
  readonly packet: string;
  readonly questions: readonly unknown[];
  readonly answers: readonly unknown[];
  readonly additionals: readonly unknown[];
  readonly broken: number;
}
const table: readonly Row[] = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/packets.json'), 'utf8'));

function flat({ name, type, ttl, flush, data }: IncomingRecord): unknown[] {
  return [name, type, ttl, flush, type === 'TXT' ? data.map((string) => string.toString('hex')) : data];
}

test('real packets say what another decoder reads in them', () => {
  expect(table.length).toBeGreaterThanOrEqual(15);
  for (const { packet, questions, answers, additionals, broken } of table) {
    const read = readPacket(Buffer.from(packet, 'hex'));
    expect({
      questions: read?.questions.map(({ name, type }) => [name, type]),
      answers: read?.answers.map(flat),
      additionals: read?.additionals.map(flat),
      broken: read?.brokenCount,
    }).toEqual({ questions, answers, additionals, broken });
  }
});

test('a record that cannot be read hides no peer (dns-packet issue 84)', () => {
  const odd = table.slice(-2);
  for (const { packet } of odd) {
    const read = readPacket(Buffer.from(packet, 'hex'));
    expect(read && readResponse(read).services).toMatchObject([
      { instance: 'x', port: 20_101, addresses: ['192.168.77.13'] },
    ]);
  }
});

const name = Buffer.from('\x03odd\x05local\0', 'latin1');

/** A record as it lies in a packet; what its data is nobody has looked at. */
function rawRecord(
  type: number,
  data: Buffer,
  options: { name?: Buffer; length?: number; class?: number } = {},
): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(options.class ?? 1, 2);
  head.writeUInt32BE(120, 4);
  head.writeUInt16BE(options.length ?? data.length, 8);
  return Buffer.concat([options.name ?? name, head, data]);
}

function packetOf(sections: readonly [readonly Buffer[], readonly Buffer[], readonly Buffer[]]): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x8400, 2);
  for (const [index, records] of sections.entries()) header.writeUInt16BE(records.length, 6 + 2 * index);
  return Buffer.concat([header, ...sections.flat()]);
}

const address = (last: number) => rawRecord(1, Buffer.from([10, 7, 0, last]));
const pointer = (target: number) => Buffer.from([0xc0 | (target >> 8), target & 0xff]);

/** By what is wrong with it. */
const brokenRecords: Readonly<Record<string, Buffer>> = {
  'an address of three bytes': rawRecord(1, Buffer.from([10, 7, 0])),
  'an address of five bytes': rawRecord(1, Buffer.from([10, 7, 0, 1, 1])),
  'an IPv6 address of four bytes': rawRecord(28, Buffer.from([10, 7, 0, 1])),
  'a name that goes on behind the record': rawRecord(12, Buffer.from('\x09short', 'latin1')),
  'a name without its end': rawRecord(12, Buffer.from('\x01a', 'latin1')),
  'a name with something behind it': rawRecord(12, Buffer.from('\x01a\0more', 'latin1')),
  'a pointer beyond the packet': rawRecord(12, pointer(0x3fff)),
  'a pointer to a later name': rawRecord(12, pointer(0x0300)),
  'half a pointer': rawRecord(12, Buffer.from([0xc0])),
  'a label of a kind that nobody knows': rawRecord(12, Buffer.from([0x41, 0x41, 0])),
  'no data at all': rawRecord(12, Buffer.alloc(0)),
  'a server without a name': rawRecord(33, Buffer.from([0, 0, 0, 0, 1, 2])),
  'a server whose name never ends': rawRecord(33, Buffer.concat([Buffer.alloc(6), pointer(0x3fff)])),
  'a string beyond the record': rawRecord(16, Buffer.from('\x40v=1', 'latin1')),
  'a text without any string': rawRecord(16, Buffer.alloc(0)),
  'a name of its own that leads nowhere': rawRecord(1, Buffer.from([10, 7, 0, 9]), { name: pointer(0x3fff) }),
  'a name of its own that is too long': rawRecord(1, Buffer.from([10, 7, 0, 9]), {
    name: Buffer.concat([...Array.from({ length: 130 }, () => Buffer.from('\x01a', 'latin1')), Buffer.from([0])]),
  }),
};

test.each(Object.keys(brokenRecords))(
  '%s is left out and counted; what is before and behind it stays, in every section',
  (what) => {
    const odd = brokenRecords[what] ?? Buffer.alloc(0);
    const read = readPacket(
      packetOf([
        [address(1), odd, address(2)],
        [address(3), odd, address(4)],
        [odd, address(5), odd, odd, address(6)],
      ]),
    );
    expect(read?.answers.map(({ data }) => data)).toEqual(['10.7.0.1', '10.7.0.2']);
    expect(read?.additionals.map(({ data }) => data)).toEqual(['10.7.0.5', '10.7.0.6']);
    expect(read?.brokenCount).toBe(5);
  },
);

test('what is of no use here is passed over unread, and is no fault', () => {
  const nsec = rawRecord(47, Buffer.concat([pointer(0x3fff), Buffer.from([0, 0xff])]));
  const options = rawRecord(41, Buffer.from([0xff]), { name: Buffer.from([0]) });
  const chaos = rawRecord(1, Buffer.from([1]), { class: 3 });
  const read = readPacket(packetOf([[nsec, address(1), options, chaos, address(2)], [], [nsec, address(3)]]));
  expect([...(read?.answers ?? []), ...(read?.additionals ?? [])].map(({ data }) => data)).toEqual([
    '10.7.0.1',
    '10.7.0.2',
    '10.7.0.3',
  ]);
  expect(read?.brokenCount).toBe(0);
});

test('behind a length beyond the packet nothing can be found; what is before it stays', () => {
  const read = readPacket(
    packetOf([[address(1), rawRecord(1, Buffer.alloc(4), { length: 5000 }), address(2)], [], []]),
  );
  expect(read?.answers.map(({ data }) => data)).toEqual(['10.7.0.1']);
  expect(read?.brokenCount).toBe(1);
  expect(readPacket(Buffer.alloc(11))).toBeNull();
});

test('pointers that lead in a circle, or on and on, end', () => {
  const here = rawRecord(12, pointer(12 + name.length + 10));
  const circle = packetOf([[here, address(1)], [], []]);
  expect(readPacket(circle)?.answers.map(({ data }) => data)).toEqual(['10.7.0.1']);
  const chain = Buffer.concat([
    Buffer.from([0]),
    ...Array.from({ length: 1000 }, (_, at) => pointer(12 + name.length + 10 + Math.max(0, 2 * at - 1))),
  ]);
  const long = packetOf([
    [rawRecord(10, chain), rawRecord(12, pointer(12 + name.length + 10 + 1999)), address(2)],
    [],
    [],
  ]);
  expect(readPacket(long)).toMatchObject({ answers: [{ data: '10.7.0.2' }], brokenCount: 1 });
});

test('a question that cannot be read takes no other with it', () => {
  const asked = encode({
    type: 'query',
    questions: [
      { name: 'odd.local', type: 'A' },
      { name: SERVICE_NAME, type: 'PTR' },
    ],
  });
  // The first label becomes a pointer to nowhere and three bytes of a name.
  const broken = Buffer.concat([asked.subarray(0, 12), pointer(0x3fff), asked.subarray(12 + 11)]);
  expect(readPacket(broken)).toMatchObject({ questions: [{ name: SERVICE_NAME, type: 'PTR' }], brokenCount: 1 });
});
