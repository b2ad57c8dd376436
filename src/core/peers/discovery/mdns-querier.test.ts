import type { OutgoingPacket } from 'dns-packet';
import { beforeEach, expect, test, vi } from 'vitest';
import { MdnsCache } from './mdns-cache.ts';
import { keyOf, type Link, readLinks } from './mdns-links.ts';
import { MdnsQuerier } from './mdns-querier.ts';
import { SERVICE_NAME } from './mdns-records.ts';
import { testPeerId } from './test-lan.test-support.ts';

const links = readLinks({
  eth0: [{ address: '10.7.0.1', netmask: '', mac: '', internal: false, cidr: '10.7.0.1/24', family: 'IPv4' }],
});
const [link] = links as [Link];
const origin = { link, family: 'ipv4', address: '10.7.0.2' } as const;
const browse = { type: 'PTR', name: SERVICE_NAME };

let sent: { packet: OutgoingPacket; way: string }[];
let cache: MdnsCache;
let querier: MdnsQuerier;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  cache = new MdnsCache(
    () => {},
    () => {},
  );
  querier = new MdnsQuerier({
    cache,
    send: async (packet, way) => {
      sent.push({ packet, way: keyOf(way) });
      return true;
    },
  });
  return () => {
    querier[Symbol.dispose]();
    vi.useRealTimers();
  };
});

const taken = () =>
  sent.splice(0).map(({ packet, way }) => ({ way, asked: packet.questions, known: packet.answers?.length }));

function hear(count: number, now: number): void {
  for (let index = 0; index < count; index++) {
    const name = `peer-${index}`;
    const service = { instance: name, host: 'h.local', port: 4300, txt: [], addresses: [], ttlS: 16 };
    cache.add(service, { peerId: testPeerId(name), name, protocol: 1, catalogueDigest: '' }, origin, now);
  }
}

test('a new link is asked four times in three seconds, from the second time on with who is known', () => {
  hear(2, performance.now());
  querier.setLinks(links, links);
  vi.advanceTimersByTime(5000);
  const asked = { way: 'eth0 ipv4', asked: [browse] };
  expect(taken()).toEqual([0, 2, 2, 2].map((known) => ({ ...asked, known })));
  querier.setLinks(links, []);
  vi.advanceTimersByTime(5000);
  expect(taken()).toEqual([]);
  querier.askAll();
  vi.advanceTimersByTime(5000);
  expect(taken()).toHaveLength(4);
});

test('who is about to end is asked for, all together at first, and not when another asked just now', () => {
  querier.setLinks(links, []);
  const now = performance.now();
  hear(3, now);
  const question = {
    type: 'query',
    isTruncated: false,
    questions: [browse],
    answers: [],
    additionals: [],
    brokenCount: 0,
  } as const;
  querier.noteQuery(question, origin, now);
  querier.tick(now + 1);
  expect(taken()).toEqual([]);
  querier.noteQuery(question, origin, now + 12_000);
  querier.tick(now + 12_100);
  expect(taken()).toEqual([]);
  querier.noteQuery(
    { ...question, questions: [{ type: 'ANY', name: `peer-0.${SERVICE_NAME}` }] },
    origin,
    now + 13_900,
  );
  querier.tick(now + 14_000);
  const names = ['peer-1', 'peer-2'].map((name) => ({ type: 'ANY', name: `${name}.${SERVICE_NAME}` }));
  expect(taken()).toEqual([{ way: 'eth0 ipv4', asked: names, known: undefined }]);
});

test('many silent peers are one question, and a link where nobody asks is asked within a minute', () => {
  querier.setLinks(links, []);
  const now = performance.now();
  hear(30, now);
  querier.tick(now);
  expect(taken()).toHaveLength(1);
  querier.tick(now + 14_000);
  expect(taken()).toEqual([{ way: 'eth0 ipv4', asked: [browse], known: 0 }]);
  querier.tick(now + 17_000);
  expect(cache.peerCount).toBe(0);
  expect(taken()).toEqual([]);
  querier.tick(now + 14_000 + 61_000);
  expect(taken()).toEqual([{ way: 'eth0 ipv4', asked: [browse], known: 0 }]);
});
