// multicast-dns as the socket and the reader of packets, one for each link and family; the rest is ours.
import { hostname } from 'node:os';
import type { OutgoingPacket } from 'dns-packet';
import { silentLog } from '../../../src/core/lib/log.ts';
import { parseTxt } from '../../../src/core/peers/discovery/advert.ts';
import { MdnsCache } from '../../../src/core/peers/discovery/mdns-cache.ts';
import {
  type Family,
  families,
  isLinkLocal,
  type Link,
  linkOf,
  readLinks,
  type Way,
  waysOf,
} from '../../../src/core/peers/discovery/mdns-links.ts';
import type { IncomingRecord, Question } from '../../../src/core/peers/discovery/mdns-packet.ts';
import { browseQueries, instanceQuery, readResponse } from '../../../src/core/peers/discovery/mdns-records.ts';
import { MdnsResponder } from '../../../src/core/peers/discovery/mdns-responder.ts';
import { load, type Start } from '../candidate.ts';

interface Decoded {
  readonly flag_tc: boolean;
  readonly questions: readonly Question[];
  readonly answers: readonly IncomingRecord[];
  readonly additionals: readonly IncomingRecord[];
}
type OnPacket = (packet: Decoded, from: { readonly address: string; readonly port: number }) => void;
interface MulticastDns {
  on(event: 'query' | 'response', listener: OnPacket): void;
  on(event: 'error' | 'warning', listener: (error: Error) => void): void;
  send(packet: OutgoingPacket, sent: (error?: Error) => void): void;
  destroy(done: () => void): void;
}
type Module = { readonly default: (options: object) => MulticastDns };

export const start: Start = async (own, { onSeen, onGone }) => {
  const { default: open } = await load<Module>('multicast-dns');
  const sockets = new Map<string, MulticastDns>();
  let links: readonly Link[] = [];
  const cache = new MdnsCache(onSeen, onGone);
  const send = (packet: OutgoingPacket, way: Way) =>
    new Promise<boolean>((done) => {
      const socket = sockets.get(`${way.link.signature} ${way.family}`);
      if (!socket) return done(false);
      socket.send(packet, (error) => done(!error));
    });
  const responder = new MdnsResponder({
    log: silentLog,
    send,
    computerName: hostname(),
    peerCount: () => cache.peerCount,
  });

  function openOn(link: Link, family: Family, options: object): void {
    const socket = open(options);
    sockets.set(`${link.signature} ${family}`, socket);
    socket.on('error', () => {});
    socket.on('warning', () => {});
    // Each socket hears the groups that any of them joined.
    const originOf = (address: string) => {
      const from = linkOf(links, address, family);
      return from?.name === link.name ? { link: from, family, address } : null;
    };
    socket.on('query', ({ flag_tc, questions, answers, additionals }, { address }) => {
      const origin = originOf(address);
      const packet = { type: 'query', isTruncated: flag_tc, questions, answers, additionals, brokenCount: 0 } as const;
      if (origin) responder.handleQuery(packet, origin);
    });
    socket.on('response', ({ questions, answers, additionals }, { address, port }) => {
      const origin = originOf(address);
      if (!origin || port !== 5353) return;
      const packet = { type: 'response', isTruncated: false, questions, answers, additionals, brokenCount: 0 } as const;
      const { services, goodbyes } = readResponse(packet);
      for (const instance of goodbyes) cache.goodbye(instance, origin);
      for (const service of services) {
        const parsed = parseTxt(service.txt);
        if (parsed.isOk) cache.add(service, parsed.claim, origin, performance.now());
      }
    });
  }

  function tick(): void {
    const now = readLinks();
    const kept = new Set(now.flatMap(({ signature }) => families.map((family) => `${signature} ${family}`)));
    for (const [key, socket] of sockets) {
      if (kept.has(key)) continue;
      sockets.delete(key);
      socket.destroy(() => {});
    }
    links = now;
    const added: Link[] = [];
    for (const link of now) {
      for (const family of families) {
        const options = optionsFor(link, family);
        if (options === null || sockets.has(`${link.signature} ${family}`)) continue;
        openOn(link, family, options);
        for (const query of browseQueries([])) void send(query, { link, family });
        added.push(link);
      }
    }
    responder.setLinks(now, added);
    const { browse, direct } = cache.sweep(performance.now());
    for (const way of browse.values()) for (const query of browseQueries([])) void send(query, way);
    for (const { link, instances } of direct.values())
      for (const way of waysOf([link])) void send(instanceQuery([...instances].slice(0, 20)), way);
  }

  responder.setOwn(own);
  tick();
  const timer = setInterval(tick, 1000);
  return {
    setOwn: async (next) => responder.setOwn(next),
    stop: async () => {
      clearInterval(timer);
      responder[Symbol.dispose]();
      await new Promise((done) => setTimeout(done, 50));
      await Promise.all([...sockets.values()].map((socket) => new Promise<void>((done) => socket.destroy(done))));
    },
  };
};

function optionsFor(link: Link, family: Family): object | null {
  const [address] = link.addresses.ipv4;
  if (family === 'ipv4')
    return address === undefined ? null : { type: 'udp4', ip: '224.0.0.251', interface: address, bind: '0.0.0.0' };
  if (!link.addresses.ipv6.some(isLinkLocal)) return null;
  return { type: 'udp6', ip: 'ff02::fb', interface: `::%${link.zone}`, bind: '::' };
}
