// The DNS records of an advert, and back: DNS-SD (RFC 6763) over multicast DNS (RFC 6762). Pure; the packet format is dns-packet's.
import { type OutgoingPacket, type ResourceRecord, TRUNCATED_RESPONSE } from 'dns-packet';
import { toShowable } from '../../lib/text.ts';
import { cutBytes, encodeTxt, MAX_NAME_LENGTH, type OwnAdvert, shortId } from './advert.ts';
import type { Link } from './mdns-links.ts';
import type { IncomingPacket, Question } from './mdns-packet.ts';

/** The service type in the domain of the link. */
export const SERVICE_NAME = '_ebrainpool._tcp.local';
const ALL_SERVICES_NAME = '_services._dns-sd._udp.local';

/**
 * Far below the hours of RFC 6762 §10, so that a computer that vanished without a goodbye is soon gone. One question renews the whole
 * link, so the price is one packet of each peer in about ten seconds.
 */
export const TTL_S = 16;

/** RFC 6762 §17: what is larger was not made by a responder. */
export const MAX_PACKET_BYTES = 9000;
const MAX_LABEL_BYTES = 63;
const MAX_SERVICES_PER_PACKET = 100;
const MAX_ADDRESSES_PER_SERVICE = 16;
/** Keeps a question with its known answers within an Ethernet frame. */
const KNOWN_ANSWERS_BYTES = 1200;

/** Who this computer is in DNS. */
export interface OwnNames {
  readonly instance: string;
  readonly host: string;
}

/** A service instance (RFC 6763 §4.1) as one packet describes it. */
export interface ServiceInstance {
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly txt: readonly Buffer[];
  readonly addresses: readonly string[];
  readonly ttlS: number;
}

/** `Bob's laptop (dGhpcyBp)`: the part in brackets makes a collision a matter of equal keys; more of it is taken after one. */
export function ownNames(own: OwnAdvert, computerName: string, idLength = 8): OwnNames {
  const suffix = ` (${shortId(own.peerId, idLength)})`;
  // A dot would end the label: dns-packet has no escape for it.
  const name = toShowable(own.name, MAX_NAME_LENGTH).replaceAll('.', '-');
  const hostSuffix = shortId(own.peerId, 43)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, idLength);
  const computer =
    (computerName.split('.')[0] ?? '')
      .slice(0, MAX_LABEL_BYTES)
      .replace(/[^A-Za-z0-9-]/g, '-')
      .replace(/^-+|-+$/g, '') || 'computer';
  return {
    instance: cutBytes(name, MAX_LABEL_BYTES - Buffer.byteLength(suffix)) + suffix,
    host: `${computer.slice(0, MAX_LABEL_BYTES - hostSuffix.length - 1)}-${hostSuffix}.local`,
  };
}

/** Everything about this computer that is true on this link: only the link's own addresses (RFC 6762 §6.2). */
export function ownRecords(own: OwnAdvert, { instance, host }: OwnNames, link: Link): ResourceRecord[] {
  const fullName = `${instance}.${SERVICE_NAME}`;
  return [
    { name: SERVICE_NAME, type: 'PTR', ttl: TTL_S, data: fullName },
    { name: fullName, type: 'SRV', ttl: TTL_S, flush: true, data: { port: own.port, target: host } },
    { name: fullName, type: 'TXT', ttl: TTL_S, flush: true, data: encodeTxt(own) },
    ...link.addresses.ipv4.map((data) => ({ name: host, type: 'A', ttl: TTL_S, flush: true, data })),
    ...link.addresses.ipv6.map((data) => ({ name: host, type: 'AAAA', ttl: TTL_S, flush: true, data })),
  ];
}

/** The same names without any time to live (RFC 6762 §10.1). */
export function goodbyeRecords(own: OwnAdvert, names: OwnNames, link: Link): ResourceRecord[] {
  return ownRecords(own, names, link)
    .filter(({ type }) => type === 'PTR' || type === 'SRV' || type === 'TXT')
    .map((record) => ({ ...record, ttl: 0 }));
}

/** The answer to "which kinds of service are there" (RFC 6763 §9). */
export const kindRecord: ResourceRecord = { name: ALL_SERVICES_NAME, type: 'PTR', ttl: TTL_S, data: SERVICE_NAME };

/** What a question asks this computer for. */
export function isQuestionFor({ name, type }: Question, names: OwnNames): 'own' | 'kind' | null {
  const asked = name.toLowerCase();
  const isType = (...types: string[]) => type === 'ANY' || types.includes(type);
  if (asked === SERVICE_NAME && isType('PTR')) return 'own';
  if (asked === `${names.instance}.${SERVICE_NAME}`.toLowerCase() && isType('SRV', 'TXT')) return 'own';
  if (asked === names.host.toLowerCase() && isType('A', 'AAAA')) return 'own';
  return asked === ALL_SERVICES_NAME && isType('PTR') ? 'kind' : null;
}

export function isBrowseQuestion({ name, type }: Question): boolean {
  return name.toLowerCase() === SERVICE_NAME && type === 'PTR';
}

/** Whether the asker said that it still knows this computer for at least half of its time (RFC 6762 §7.1). */
export function isKnownAnswer(packet: IncomingPacket, names: OwnNames): boolean {
  const own = `${names.instance}.${SERVICE_NAME}`.toLowerCase();
  return packet.answers.some(
    ({ type, name, data, ttl }) =>
      type === 'PTR' && name.toLowerCase() === SERVICE_NAME && data.toLowerCase() === own && ttl >= TTL_S / 2,
  );
}

/** "Who is there?", with those who need not answer; more than one packet when these are many (RFC 6762 §7.2). */
export function browseQueries(known: readonly { instance: string; ttlS: number }[]): OutgoingPacket[] {
  const groups: ResourceRecord[][] = [[]];
  let bytes = 0;
  for (const { instance, ttlS } of known) {
    const data = `${instance}.${SERVICE_NAME}`;
    bytes += Buffer.byteLength(data) + SERVICE_NAME.length + 14;
    if (bytes > KNOWN_ANSWERS_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push({ name: SERVICE_NAME, type: 'PTR', ttl: ttlS, data });
  }
  return groups.map((answers, index) => ({
    type: 'query',
    flags: index < groups.length - 1 ? TRUNCATED_RESPONSE : 0,
    questions: index === 0 ? [{ name: SERVICE_NAME, type: 'PTR' }] : [],
    answers,
  }));
}

/** "Are these still there?" */
export function instanceQuery(instances: readonly string[]): OutgoingPacket {
  return {
    type: 'query',
    questions: instances.map((instance) => ({ name: `${instance}.${SERVICE_NAME}`, type: 'ANY' })),
  };
}

/** The first label of a full instance name of our service, or null for other services' names. */
function instanceOf(name: string): string | null {
  const suffix = `.${SERVICE_NAME}`;
  if (!name.toLowerCase().endsWith(suffix)) return null;
  const instance = name.slice(0, -suffix.length);
  return instance.length > 0 && Buffer.byteLength(instance) <= MAX_LABEL_BYTES ? instance : null;
}

/** What a response says about our kind of service. Linear in the size of the packet; records of other services are ignored. */
export function readResponse(packet: IncomingPacket): { services: ServiceInstance[]; goodbyes: string[] } {
  const goodbyes = new Set<string>();
  const servers = new Map<string, { host: string; port: number; ttlS: number }>();
  const texts = new Map<string, readonly Buffer[]>();
  const addressesByHost = new Map<string, Set<string>>();
  for (const record of [...packet.answers, ...packet.additionals]) {
    const { name, type, ttl, data } = record;
    const instance = instanceOf(type === 'PTR' ? data : name);
    if (type === 'PTR') {
      if (ttl === 0 && instance !== null && name.toLowerCase() === SERVICE_NAME) goodbyes.add(instance);
    } else if (ttl === 0) {
      // A record that ends says nothing about what is.
    } else if (type === 'SRV') {
      if (instance !== null && data.port > 0 && servers.size < MAX_SERVICES_PER_PACKET)
        servers.set(instance, { host: data.target, port: data.port, ttlS: ttl });
    } else if (type === 'TXT') {
      if (instance !== null) texts.set(instance, data);
    } else {
      const host = name.toLowerCase();
      const addresses = addressesByHost.get(host) ?? new Set();
      if (addresses.size < MAX_ADDRESSES_PER_SERVICE) addressesByHost.set(host, addresses.add(data));
    }
  }
  const services = [...servers].flatMap(([instance, { host, port, ttlS }]) => {
    const txt = texts.get(instance);
    if (txt === undefined || goodbyes.has(instance)) return [];
    return [{ instance, host, port, txt, ttlS, addresses: [...(addressesByHost.get(host.toLowerCase()) ?? [])] }];
  });
  return { services, goodbyes: [...goodbyes] };
}
