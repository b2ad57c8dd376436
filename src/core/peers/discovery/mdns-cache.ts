// Who was heard, where and when, and until when that holds (the cache of RFC 6762 §10). Pure but for its listeners.
import type { PeerId } from '../../../contract/ids.ts';
import type { Advert, TxtClaim } from './advert.ts';
import { type Family, keyOf, type Link, OwnAddresses, type Way } from './mdns-links.ts';
import { type ServiceInstance, TTL_S } from './mdns-records.ts';
import type { Origin } from './mdns-transport.ts';
import { mergeSightings, type Sighting } from './merge-sightings.ts';

const MAX_PEERS = 2000;
/** Enough for an address that speaks for a whole network, as a reflector does. Limited, because each invented name is a row in a window. */
const MAX_PEERS_PER_SOURCE = 400;
const MAX_SIGHTINGS_PER_PEER = 8;
/** Security: a stranger's time to live must neither keep a dead peer listed nor make us ask all the time. */
const TTL_RANGE_MS = [10_000, 20_000] as const;
/** When everybody is asked again, as a part of the time to live; each computer draws its own, so that one of them asks for all. */
const REFRESH_FROM = 0.6;
const REFRESH_SPREAD = 0.12;
/** What is left when the silent are asked by name. RFC 6762 §5.2 says 80 %. */
const LAST_CALL = 0.2;
/** Whose question was heard so recently need not be asked again (RFC 6762 §7.3). */
const ASKED_RECENTLY_MS = 800;

interface CachedSighting extends Sighting {
  readonly peerId: PeerId;
  readonly family: Family;
  /** Equal when nothing that counts has changed. */
  readonly facts: string;
  ttlMs: number;
  expiresAt: number;
  askedAt: number;
}

interface Entry {
  readonly sightings: Map<string, CachedSighting>;
  advertFacts: string;
}

/** What to ask now. */
export interface Due {
  /** Ask everybody there. */
  readonly browse: ReadonlyMap<string, Way>;
  /** Ask these alone, in both families; by the link's name. */
  readonly direct: ReadonlyMap<string, { readonly link: Link; readonly instances: ReadonlySet<string> }>;
}

export class MdnsCache {
  readonly #entries = new Map<PeerId, Entry>();
  readonly #byInstance = new Groups<CachedSighting>();
  readonly #bySource = new Groups<CachedSighting>();
  readonly #onSeen: (advert: Advert) => void;
  readonly #onGone: (peerId: PeerId) => void;
  #refreshAt = refreshRatio();
  #ownAddresses = new OwnAddresses();

  constructor(onSeen: (advert: Advert) => void, onGone: (peerId: PeerId) => void) {
    this.#onSeen = onSeen;
    this.#onGone = onGone;
  }

  get peerCount(): number {
    return this.#entries.size;
  }

  /** The addresses of this computer, which are no addresses of anybody else. */
  setOwnAddresses(own: OwnAddresses): void {
    if (own.signature === this.#ownAddresses.signature) return;
    this.#ownAddresses = own;
    for (const entry of this.#entries.values()) this.#retell(entry);
  }

  /** False when there is no room. */
  add(service: ServiceInstance, claim: TxtClaim, { link, family, address }: Origin, now: number): boolean {
    const { peerId } = claim;
    const entry = this.#entries.get(peerId);
    const key = `${link.name} ${address}`;
    const known = entry?.sightings.get(key);
    const ttlMs = Math.min(Math.max(service.ttlS * 1000, TTL_RANGE_MS[0]), TTL_RANGE_MS[1]);
    const expiresAt = now + ttlMs;
    const { instance, host, port, addresses } = service;
    const facts = JSON.stringify([instance, host, port, addresses, claim, link.signature]);
    if (known?.facts === facts) {
      Object.assign(known, { ttlMs, expiresAt });
      return true;
    }
    if (!known && !this.#hasRoom(entry, address)) return false;
    if (known) this.#unindex(known);
    const sighting: CachedSighting = {
      peerId,
      link,
      family,
      source: address,
      service,
      claim,
      facts,
      firstAt: known?.firstAt ?? now,
      ttlMs,
      expiresAt,
      askedAt: Number.NEGATIVE_INFINITY,
    };
    this.#byInstance.add(instance.toLowerCase(), sighting);
    this.#bySource.add(address, sighting);
    const told = entry ?? { sightings: new Map(), advertFacts: '' };
    told.sightings.set(key, sighting);
    this.#entries.set(peerId, told);
    this.#retell(told);
    return true;
  }

  /** Security: neither a flood nor one sender fills this computer. */
  #hasRoom(entry: Entry | undefined, source: string): boolean {
    if (this.#bySource.get(source).size >= MAX_PEERS_PER_SOURCE) return false;
    return entry ? entry.sightings.size < MAX_SIGHTINGS_PER_PEER : this.#entries.size < MAX_PEERS;
  }

  /** A goodbye counts for what was heard from the same source, and for the same port over the link's other family. */
  goodbye(instance: string, { link, family, address }: Origin): void {
    const named = [...this.#byInstance.get(instance.toLowerCase())].filter((each) => each.link.name === link.name);
    const own = named.find(({ source }) => source === address);
    for (const each of named) {
      const isSame = own !== undefined && own.peerId === each.peerId && own.service.port === each.service.port;
      if (each === own || (each.family !== family && (!own || isSame))) this.#remove(each);
    }
  }

  /** Somebody on the network asked for these by name. */
  noteAsked(instance: string, now: number): void {
    for (const sighting of this.#byInstance.get(instance.toLowerCase())) sighting.askedAt = now;
  }

  /** Drops what has expired and says what to ask now. */
  sweep(now: number): Due {
    const browse = new Map<string, Way>();
    const direct = new Map<string, { link: Link; instances: Set<string> }>();
    for (const { sightings } of this.#entries.values()) {
      for (const sighting of sightings.values()) {
        const { link, family, ttlMs } = sighting;
        const leftMs = sighting.expiresAt - now;
        if (leftMs <= 0) this.#remove(sighting);
        else if (leftMs > (1 - this.#refreshAt) * ttlMs || isCovered(sighting, sightings, now)) continue;
        else if (leftMs > LAST_CALL * ttlMs) browse.set(keyOf(sighting), { link, family });
        else if (now - sighting.askedAt > ASKED_RECENTLY_MS) {
          sighting.askedAt = now;
          const group = direct.get(link.name) ?? { link, instances: new Set() };
          direct.set(link.name, group);
          group.instances.add(sighting.service.instance);
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

  /** Whom an asker there need not hear again, with what is left of their time (RFC 6762 §7.1). */
  knownAnswers(way: Way, now: number): { instance: string; ttlS: number }[] {
    const known = new Map<string, number>();
    for (const { sightings } of this.#entries.values()) {
      for (const sighting of sightings.values()) {
        const ttlS = Math.floor((sighting.expiresAt - now) / 1000);
        if (keyOf(sighting) === keyOf(way) && ttlS >= TTL_S / 2) known.set(sighting.service.instance, ttlS);
      }
    }
    return [...known].map(([instance, ttlS]) => ({ instance, ttlS }));
  }

  #remove(sighting: CachedSighting): void {
    const { peerId, link, source } = sighting;
    const entry = this.#entries.get(peerId);
    this.#unindex(sighting);
    entry?.sightings.delete(`${link.name} ${source}`);
    if (entry && entry.sightings.size > 0) this.#retell(entry);
    else if (this.#entries.delete(peerId)) this.#onGone(peerId);
  }

  #unindex(sighting: CachedSighting): void {
    this.#byInstance.delete(sighting.service.instance.toLowerCase(), sighting);
    this.#bySource.delete(sighting.source, sighting);
  }

  #retell(entry: Entry): void {
    const advert = mergeSightings([...entry.sightings.values()], this.#ownAddresses);
    const advertFacts = JSON.stringify(advert);
    if (advertFacts === entry.advertFacts) return;
    entry.advertFacts = advertFacts;
    this.#onSeen(advert);
  }
}

/** Sets by a key; an empty one is forgotten. */
class Groups<T> {
  readonly #groups = new Map<string, Set<T>>();

  get(key: string): ReadonlySet<T> {
    return this.#groups.get(key) ?? new Set();
  }

  add(key: string, member: T): void {
    this.#groups.set(key, (this.#groups.get(key) ?? new Set()).add(member));
  }

  delete(key: string, member: T): void {
    const group = this.#groups.get(key);
    group?.delete(member);
    if (group?.size === 0) this.#groups.delete(key);
  }
}

function refreshRatio(): number {
  return REFRESH_FROM + Math.random() * REFRESH_SPREAD;
}

/** Who is heard in IPv4 on a link need not say it again in IPv6: each answer holds all addresses of the link. */
function isCovered(sighting: CachedSighting, siblings: ReadonlyMap<string, CachedSighting>, now: number): boolean {
  if (sighting.family === 'ipv4') return false;
  return [...siblings.values()].some(
    ({ family, link, expiresAt, ttlMs }) =>
      family === 'ipv4' && link.name === sighting.link.name && expiresAt - now > LAST_CALL * ttlMs,
  );
}
