// Who was heard, where and when, and until when that holds: many sightings of one peer make one advert. Pure but for its listeners.
import { isIPv6 } from 'node:net';
import type { PeerId } from '../../../contract/ids.ts';
import type { Advert, TxtClaim } from './advert.ts';
import { addressRank, type Family, isLinkLocal, type Link, OwnAddresses } from './mdns-links.ts';
import { type RawSighting, TTL_S } from './mdns-records.ts';
import type { Origin } from './mdns-socket.ts';

const MAX_PEERS = 2000;
/** One address may speak for a whole network (a reflector does), and no more: each name that it makes up is a row in a window. */
const MAX_PEERS_PER_SOURCE = 400;
const MAX_SIGHTINGS_PER_PEER = 8;
const MAX_ADDRESSES = 32;
/** Security: neither may a stranger's number keep a dead peer alive, nor make us ask all the time. */
const TTL_RANGE_MS = [10_000, 20_000] as const;
/** When everybody is asked again, as a part of the time to live; each computer draws its own, so that one of them asks for all. */
const REFRESH_FROM = 0.6;
const REFRESH_SPREAD = 0.12;
/** What is left when the silent are asked by name. RFC 6762 §5.2 says 80 %. */
const LAST_CALL = 0.2;
/** Whose question was heard so recently need not be asked again (RFC 6762 §7.3). */
const ASKED_RECENTLY_MS = 800;

/** One peer as heard from one source address on one link. */
interface Sighting {
  readonly peerId: PeerId;
  readonly link: Link;
  readonly family: Family;
  readonly source: string;
  readonly firstAt: number;
  raw: RawSighting;
  claim: TxtClaim;
  /** Equal when nothing that counts has changed. */
  facts: string;
  ttlMs: number;
  heardAt: number;
  expiresAt: number;
  askedAt: number;
}

interface Entry {
  readonly sightings: Map<string, Sighting>;
  advert: Advert;
  advertFacts: string;
}

/** What to ask on a link. */
export interface Due {
  /** `isAll`: everybody, on this family. */
  readonly browse: ReadonlyMap<string, { link: Link; family: Family }>;
  /** These instances only, on both families. */
  readonly direct: ReadonlyMap<string, { link: Link; instances: ReadonlySet<string> }>;
}

export class SightingTable {
  readonly #entries = new Map<PeerId, Entry>();
  readonly #byInstance = new Map<string, Set<Sighting>>();
  /** Sightings by the address that they came from. */
  readonly #countBySource = new Map<string, number>();
  readonly #onSeen: (advert: Advert) => void;
  readonly #onGone: (peerId: PeerId) => void;
  #refreshAt = refreshRatio();
  #ownAddresses = new OwnAddresses();

  constructor(onSeen: (advert: Advert) => void, onGone: (peerId: PeerId) => void) {
    this.#onSeen = onSeen;
    this.#onGone = onGone;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The addresses of this computer, which are no addresses of anybody else. */
  setOwnAddresses(own: OwnAddresses): void {
    if (own.signature === this.#ownAddresses.signature) return;
    this.#ownAddresses = own;
    for (const entry of this.#entries.values()) this.#retell(entry);
  }

  /** False when the table is full. */
  add(raw: RawSighting, claim: TxtClaim, { link, family, address }: Origin, now: number): boolean {
    const entry = this.#entries.get(claim.peerId);
    const key = `${link.name} ${address}`;
    const ttlMs = Math.min(Math.max(raw.ttlS * 1000, TTL_RANGE_MS[0]), TTL_RANGE_MS[1]);
    const facts = JSON.stringify([raw.instance, raw.host, raw.port, raw.addresses, claim, link.signature]);
    const known = entry?.sightings.get(key);
    const isSame = known?.facts === facts;
    if (known && isSame) {
      Object.assign(known, { ttlMs, heardAt: now, expiresAt: now + ttlMs });
      return true;
    }
    if (!entry && this.#entries.size >= MAX_PEERS) return false;
    const ofSource = this.#countBySource.get(address) ?? 0;
    if (!known && ofSource >= MAX_PEERS_PER_SOURCE) return false;
    if (entry && !known && entry.sightings.size >= MAX_SIGHTINGS_PER_PEER) return false;
    if (known) this.#unindex(known);
    else this.#countBySource.set(address, ofSource + 1);
    const sighting: Sighting = {
      peerId: claim.peerId,
      link,
      family,
      source: address,
      firstAt: known?.firstAt ?? now,
      raw,
      claim,
      facts,
      ttlMs,
      heardAt: now,
      expiresAt: now + ttlMs,
      askedAt: Number.NEGATIVE_INFINITY,
    };
    const instance = raw.instance.toLowerCase();
    const sameInstance = this.#byInstance.get(instance) ?? new Set();
    this.#byInstance.set(instance, sameInstance.add(sighting));
    if (entry) {
      entry.sightings.set(key, sighting);
      this.#retell(entry);
    } else {
      const sightings = new Map([[key, sighting]]);
      const advert = mergeSightings([sighting], this.#ownAddresses);
      this.#entries.set(claim.peerId, { sightings, advert, advertFacts: JSON.stringify(advert) });
      this.#onSeen(advert);
    }
    return true;
  }

  /** A goodbye counts for what was heard from the same source, and for the same port over the link's other family. */
  goodbye(instance: string, { link, family, address }: Origin): void {
    const named = [...(this.#byInstance.get(instance.toLowerCase()) ?? [])].filter(
      (each) => each.link.name === link.name,
    );
    const own = named.find(({ source }) => source === address);
    for (const each of named) {
      const isOtherFamily = each.family !== family && own?.peerId === each.peerId && own.raw.port === each.raw.port;
      if (each === own || isOtherFamily || (!own && each.family !== family)) this.#remove(each);
    }
  }

  /** Somebody on the network asked for these by name. */
  noteAsked(instance: string, now: number): void {
    for (const sighting of this.#byInstance.get(instance.toLowerCase()) ?? []) sighting.askedAt = now;
  }

  /** Drops what has expired and says what to ask now. */
  sweep(now: number): Due {
    const browse = new Map<string, { link: Link; family: Family }>();
    const direct = new Map<string, { link: Link; instances: Set<string> }>();
    for (const { sightings } of this.#entries.values()) {
      for (const sighting of sightings.values()) {
        const { link, family, ttlMs } = sighting;
        const leftMs = sighting.expiresAt - now;
        if (leftMs <= 0) this.#remove(sighting);
        else if (leftMs > (1 - this.#refreshAt) * ttlMs || isCovered(sighting, sightings, now)) continue;
        else if (leftMs > LAST_CALL * ttlMs) browse.set(`${link.name} ${family}`, { link, family });
        else if (now - sighting.askedAt > ASKED_RECENTLY_MS) {
          sighting.askedAt = now;
          const group = direct.get(link.name) ?? { link, instances: new Set() };
          direct.set(link.name, group);
          group.instances.add(sighting.raw.instance);
        }
      }
    }
    if (browse.size > 0) this.#refreshAt = refreshRatio();
    return { browse, direct };
  }

  /** Everybody has so long to answer: after sleep, or when the network is another one. */
  doubtAll(now: number, graceMs: number): void {
    for (const { sightings } of this.#entries.values()) {
      for (const sighting of sightings.values()) sighting.expiresAt = now + graceMs;
    }
  }

  /** Whom an asker on this link need not hear again, with what is left of their time. */
  fresh(link: Link, family: Family, now: number): { instance: string; ttlS: number }[] {
    const fresh = new Map<string, number>();
    for (const { sightings } of this.#entries.values()) {
      for (const sighting of sightings.values()) {
        const ttlS = Math.floor((sighting.expiresAt - now) / 1000);
        if (sighting.link.name === link.name && sighting.family === family && ttlS >= TTL_S / 2) {
          fresh.set(sighting.raw.instance, ttlS);
        }
      }
    }
    return [...fresh].map(([instance, ttlS]) => ({ instance, ttlS }));
  }

  #remove(sighting: Sighting): void {
    const entry = this.#entries.get(sighting.peerId);
    if (!entry) return;
    this.#unindex(sighting);
    const ofSource = (this.#countBySource.get(sighting.source) ?? 1) - 1;
    if (ofSource === 0) this.#countBySource.delete(sighting.source);
    else this.#countBySource.set(sighting.source, ofSource);
    entry.sightings.delete(`${sighting.link.name} ${sighting.source}`);
    if (entry.sightings.size > 0) {
      this.#retell(entry);
      return;
    }
    this.#entries.delete(sighting.peerId);
    this.#onGone(sighting.peerId);
  }

  #unindex(sighting: Sighting): void {
    const instance = sighting.raw.instance.toLowerCase();
    const set = this.#byInstance.get(instance);
    set?.delete(sighting);
    if (set?.size === 0) this.#byInstance.delete(instance);
  }

  #retell(entry: Entry): void {
    const advert = mergeSightings([...entry.sightings.values()], this.#ownAddresses);
    const advertFacts = JSON.stringify(advert);
    if (advertFacts === entry.advertFacts) return;
    entry.advert = advert;
    entry.advertFacts = advertFacts;
    this.#onSeen(advert);
  }
}

function refreshRatio(): number {
  return REFRESH_FROM + Math.random() * REFRESH_SPREAD;
}

/** Who is heard in IPv4 on a link need not say it again in IPv6: each answer holds all addresses of the link. */
function isCovered(sighting: Sighting, siblings: ReadonlyMap<string, Sighting>, now: number): boolean {
  if (sighting.family === 'ipv4') return false;
  return [...siblings.values()].some(
    ({ family, link, expiresAt, ttlMs }) =>
      family === 'ipv4' && link.name === sighting.link.name && expiresAt - now > LAST_CALL * ttlMs,
  );
}

/**
 * One advert out of several sightings. The name and the port are those of the sighting that has lasted longest, so a latecomer who claims the same key
 * cannot push the first one aside; its addresses are candidates all the same, and the SSH host key tells which of them is true.
 * An address of this computer (a bridge has the same one on many) is left out, unless the advert itself came from this computer: then the peer is
 * another person's, here.
 */
function mergeSightings(sightings: readonly Sighting[], own: OwnAddresses): Advert {
  const [first, ...rest] = [...sightings].sort((a, b) => a.firstAt - b.firstAt);
  if (!first) throw new Error('a peer without sightings');
  const ranks = new Map<string, number>();
  for (const { raw, link, source } of [first, ...rest]) {
    const claimed = own.has(source, link) ? raw.addresses : raw.addresses.filter((address) => !own.has(address, link));
    const hosts = claimed.length > 0 ? claimed : [source.split('%')[0] ?? source];
    for (const host of hosts) {
      const rank = addressRank(host, link);
      if (rank === undefined) continue;
      const zoned = isLinkLocal(host) ? `${host}%${link.zone}` : host;
      const bracketed = isIPv6(zoned) ? `[${zoned}]` : zoned;
      const address = raw.port === first.raw.port ? zoned : `${bracketed}:${raw.port}`;
      const order = rank + (raw.port === first.raw.port ? 0 : 10);
      if ((ranks.get(address) ?? Number.POSITIVE_INFINITY) > order) ranks.set(address, order);
    }
  }
  return {
    ...first.claim,
    port: first.raw.port,
    addresses: [...ranks]
      .sort(([, a], [, b]) => a - b)
      .slice(0, MAX_ADDRESSES)
      .map(([address]) => address),
    instance: first.raw.instance,
    host: first.raw.host,
  };
}
