// What anybody on the network multicasts: whole packets, the TXT record in them, addresses, names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode, type OutgoingPacket } from 'dns-packet';
import type { PeerId } from '../../src/contract/ids.ts';
import { toShowable } from '../../src/core/lib/text.ts';
import {
  type Advert,
  cutBytes,
  encodeTxt,
  MAX_NAME_LENGTH,
  type OwnAdvert,
  parseTxt,
  splitAddress,
} from '../../src/core/peers/discovery/advert.ts';
import { MdnsCache } from '../../src/core/peers/discovery/mdns-cache.ts';
import { linkOf, readLinks } from '../../src/core/peers/discovery/mdns-links.ts';
import { type IncomingPacket, readPacket } from '../../src/core/peers/discovery/mdns-packet.ts';
import {
  browseQueries,
  goodbyeRecords,
  instanceQuery,
  isKnownAnswer,
  isQuestionFor,
  ownNames,
  ownRecords,
  readResponse,
  SERVICE_NAME,
} from '../../src/core/peers/discovery/mdns-records.ts';
import { fullNameFrom } from '../../src/core/settings/name.ts';
import { bytesOf, claim, claimEqual, claimShowable, type Fuzzer, textOf } from './fuzzer.ts';
import { anyText } from './mutate.ts';
import { peerId } from './samples.ts';

const own: OwnAdvert = { peerId, name: 'Bob’s laptop', protocol: 1, port: 20101, catalogueDigest: 'abc123' };
const otherId = `SHA256:${'z'.repeat(43)}` as PeerId;
const [link] = readLinks({
  eth0: [
    { address: '10.7.0.1', netmask: '', mac: '', internal: false, cidr: '10.7.0.1/24', family: 'IPv4' },
    { address: 'fe80::1', netmask: '', mac: '', internal: false, cidr: 'fe80::1/64', family: 'IPv6', scopeid: 2 },
  ],
});
if (link === undefined) throw new Error('no link');
const origin = { link, family: 'ipv4', address: '10.7.0.2' } as const;
const names = ownNames(own, 'bob');

/** Two bytes of a pointer that leads to where another ends, again and again. */
function pointerChain(): Uint8Array {
  const packet = new Uint8Array(9000);
  packet.set([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  packet.set([0x0b, ...bytesOf('_ebrainpool'), 0], 12);
  for (let at = 26; at < packet.length - 1; at += 2) packet.set([0xc0 | ((at - 2) >> 8), (at - 2) & 0xff], at);
  return packet;
}

/** Packets of other programs, and some that no decoder can read as a whole. */
function realPackets(): Uint8Array[] {
  const file = join(import.meta.dirname, '../../src/core/peers/discovery/fixtures/packets.json');
  const rows: readonly { packet: string }[] = JSON.parse(readFileSync(file, 'utf8'));
  return rows.map(({ packet }) => Buffer.from(packet, 'hex'));
}

function reread(packet: OutgoingPacket): IncomingPacket {
  const read = readPacket(encode(packet));
  claim(read !== null && read.brokenCount === 0, 'what we say can be read');
  return read;
}

/** A record whose type and data are the input, between two good ones in each section: the good ones are read. */
function claimOthersAreKept(input: Uint8Array): void {
  const data = input.subarray(2, 2000);
  const odd = Buffer.concat([Buffer.alloc(11), data]);
  odd.set(input.subarray(0, 2), 1);
  odd.writeUInt16BE(1, 3);
  odd.writeUInt16BE(data.length, 9);
  const good = encode({ type: 'response', answers: [{ name: 'good.local', type: 'A', ttl: 1, data: '10.7.0.2' }] });
  const record = good.subarray(12);
  const header = Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 3, 0, 3, 0, 3]);
  const section = Buffer.concat([record, odd, record]);
  const read = readPacket(Buffer.concat([header, section, section, section]));
  for (const records of [read?.answers ?? [], read?.additionals ?? []]) {
    for (const each of [records[0], records.at(-1)])
      claimEqual([each?.name, each?.data], ['good.local', '10.7.0.2'], 'a good record before and behind any other');
    claim(records.length === 2 || records.length === 3, 'a record is one record');
  }
}

export const mdnsPackets: Fuzzer = {
  name: 'mdns-packets',
  maxBytes: 9000,
  dictionary: [
    '_ebrainpool',
    '_tcp',
    'local',
    SERVICE_NAME,
    '\u00c0\u000c',
    '\x00\x10\x00\x01',
    '\x00\x21\x80\x01',
    'v=1',
    `id=${peerId}`,
  ],
  seeds: () => [
    encode({ type: 'response', answers: ownRecords(own, names, link) }),
    encode({ type: 'response', answers: goodbyeRecords(own, names, link) }),
    encode({ type: 'query', questions: [{ name: SERVICE_NAME, type: 'PTR' }] }),
    encode(instanceQuery([names.instance, 'Eve (x)'])),
    ...browseQueries([{ instance: names.instance, ttlS: 16 }]).map((packet) => encode(packet)),
    pointerChain(),
    ...realPackets(),
  ],
  start: () => ({
    run: (input) => {
      claimOthersAreKept(input);
      const packet = readPacket(Buffer.from(input));
      if (packet === null) return;
      const count = packet.questions.length + packet.answers.length + packet.additionals.length + packet.brokenCount;
      claim(count <= input.length / 5, 'what is read has its place in the packet');
      for (const question of packet.questions) isQuestionFor(question, names);
      isKnownAnswer(packet, names);
      const { services, goodbyes } = readResponse(packet);
      const seen: Advert[] = [];
      const cache = new MdnsCache(
        (advert) => seen.push(advert),
        () => {},
      );
      for (const goodbye of goodbyes) cache.goodbye(goodbye, origin);
      for (const service of services) {
        claim(
          service.addresses.length <= 16 && service.port >= 1 && service.port <= 65535,
          'a service is within its limits',
        );
        const parsed = parseTxt(service.txt);
        if (!parsed.isOk) continue;
        claim(cache.add(service, parsed.claim, origin, 0), 'a few peers have room');
        cache.add(service, { ...parsed.claim, peerId: otherId }, origin, 1);
      }
      for (const advert of seen) {
        claimShowable(advert.name, 'a name from the network');
        claim(advert.addresses.length <= 32, 'addresses are few');
        for (const address of advert.addresses) {
          const { host, port } = splitAddress(address, advert.port);
          claim(/^[0-9a-fA-F.:]+(%eth0)?$/.test(host) && port >= 1 && port <= 65535, 'an address is an address');
        }
      }
      cache.sweep(15_000);
      // What we ask with the names of others must be a packet that says just these names.
      const instances = [...services.map(({ instance }) => instance), ...goodbyes];
      for (const instance of instances) {
        const asked = reread(instanceQuery([instance, 'Eve (x)']));
        claimEqual(
          asked.questions.map(({ name }) => name),
          [`${instance}.${SERVICE_NAME}`, `Eve (x).${SERVICE_NAME}`],
          'a question says the names that it is made of',
        );
      }
      for (const query of browseQueries(instances.map((instance) => ({ instance, ttlS: 9 })))) {
        const told = reread(query);
        claimEqual(
          told.answers.map(({ data }) => data),
          query.answers?.map(({ data }) => data),
          'known answers',
        );
      }
    },
  }),
};

/** The strings of the record, each after a byte with its length, as in the packet. */
function readStrings(input: Uint8Array): Uint8Array[] {
  const strings: Uint8Array[] = [];
  for (let at = 0; at < input.length; at += 1 + (input[at] ?? 0))
    strings.push(input.subarray(at + 1, at + 1 + (input[at] ?? 0)));
  return strings;
}

const packStrings = (strings: readonly Uint8Array[]) =>
  Buffer.concat(strings.flatMap((string) => [Uint8Array.of(Math.min(255, string.length)), string.subarray(0, 255)]));

export const txtRecords: Fuzzer = {
  name: 'txt-records',
  maxBytes: 4096,
  dictionary: ['v=', 'id=', 'n=', 'd=', `id=${peerId}`, 'V=1', '=', 'n=\u202e', 'e\u200b\u0301'],
  seeds: () => [packStrings(encodeTxt(own)), packStrings(['V=2', `id=${peerId}`, 'x', '=y', 'n='].map(bytesOf))],
  generate: (random) =>
    packStrings(
      ['v=1', `id=${peerId}`, `n=${anyText(random, ['e', '\u0301', '\u200b', '\u1100'])}`, `d=${anyText(random)}`].map(
        bytesOf,
      ),
    ),
  start: () => ({
    run: (input) => {
      const parsed = parseTxt(readStrings(input));
      if (!parsed.isOk) {
        claim(parsed.reason.length > 0 && parsed.reason.length < 200, 'a refusal says why, shortly');
        return;
      }
      const { claim: told } = parsed;
      claimShowable(told.name, 'a name');
      claim(told.name !== '' && told.name.length <= MAX_NAME_LENGTH, 'a name is never empty, and short');
      claim(/^SHA256:[A-Za-z0-9+/]{43}$/.test(told.peerId), 'an id is a fingerprint');
      claim(/^[\x21-\x7e]{0,128}$/.test(told.catalogueDigest) && told.protocol >= 1, 'the rest is plain');
      // Written again it reads the same, unless the name was cut at 255 bytes.
      const written = encodeTxt({ ...told, port: 1 });
      for (const string of written) claim(string.length <= 255, 'a string has 255 bytes at most');
      const again = parseTxt(written);
      claim(again.isOk, 'what we write can be read');
      if (Buffer.byteLength(told.name) <= 250) claimEqual(again.claim, told, 'the claim, written and read again');
    },
  }),
};

export const addressesAndNames: Fuzzer = {
  name: 'addresses-names',
  maxBytes: 128 * 1024,
  dictionary: [
    '[',
    ']:',
    '%eth0',
    'fe80::1',
    '::1',
    '127.0.0.1',
    ':4322',
    'e\u200b\u0301',
    '\u1100\u200b\u1161',
    '\ud83d',
    'bob:x:0:0:Bob &,,:/:/bin/sh\n',
  ],
  seeds: () =>
    ['10.7.0.2', '[fe80::1%eth0]:4322', 'bob.local:20101', '[::1]', 'Bob’s laptop', '👩\u200d👩\u200d👧 home'].map(
      bytesOf,
    ),
  generate: (random) => bytesOf(anyText(random, ['e', '\u0301', '\u200b', '\u1100', '\u1161', '[', ']', ':', '22'])),
  start: () => ({
    run: (input) => {
      const text = textOf(input);
      const { host, port } = splitAddress(text, 20101);
      claim(Number.isInteger(port) && port >= 0 && port <= 99_999, 'a port is a number');
      claim(text.includes(host), 'a host is a part of the text');
      linkOf([link], text, 'ipv4');
      for (const max of [1, 7, 100]) {
        const shown = toShowable(text, max);
        claim(shown.length <= max && shown.isWellFormed(), 'a name keeps its limit');
        claimShowable(shown, 'a name');
        claimEqual(toShowable(shown, max), shown, 'a name that is made showable once is so');
        claim(shown === shown.normalize('NFC'), 'equal names are equal texts (NFC)');
        const cut = cutBytes(text, max);
        claim(
          Buffer.byteLength(cut) <= max && text.toWellFormed().startsWith(cut.toWellFormed()),
          'a cut is a beginning',
        );
      }
      const called = ownNames({ ...own, name: text }, text);
      const encoded = reread(instanceQuery([called.instance, called.host]));
      claimEqual(encoded.questions[0]?.name, `${called.instance}.${SERVICE_NAME}`, 'our own name in DNS');
      claim(/^[A-Za-z0-9-]{1,63}\.local$/.test(called.host), 'our own host is a host name');
      fullNameFrom(text, 'bob');
    },
  }),
};
