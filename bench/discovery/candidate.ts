// What is measured beside our own discovery: one way of being found and of finding others, on the libraries of bench/discovery/package.json.
import { hostname } from 'node:os';
import type { PeerId } from '../../src/contract/ids.ts';
import { type Advert, encodeTxt, type OwnAdvert, parseTxt } from '../../src/core/peers/discovery/advert.ts';
import { ownNames } from '../../src/core/peers/discovery/mdns-records.ts';

export interface Listeners {
  readonly onSeen: (advert: Advert) => void;
  readonly onGone: (peerId: PeerId) => void;
}

export interface Running {
  readonly setOwn: (own: OwnAdvert | null) => Promise<void>;
  /** Says goodbye, as far as it does. */
  readonly stop: () => Promise<void>;
}

export type Start = (own: OwnAdvert | null, listeners: Listeners) => Promise<Running>;

/** Modules of bench/discovery/node_modules, which are not there for the compiler. */
export async function load<T>(name: string): Promise<T> {
  return await import(name);
}

/** What a library is told to advertise. */
export function serviceOf(own: OwnAdvert) {
  const { instance, host } = ownNames(own, hostname());
  const txt = Object.fromEntries(
    encodeTxt(own).map((pair) => {
      const text = pair.toString('utf8');
      const at = text.indexOf('=');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
  return { name: instance, host: host.replace(/\.local$/, ''), port: own.port, txt, type: 'ebrainpool' };
}

/** What a library found. */
export interface FoundService {
  readonly name: string;
  readonly host?: string | undefined;
  readonly port: number;
  readonly addresses?: readonly string[] | undefined;
  readonly txt: Readonly<Record<string, unknown>>;
}

export function advertOf({ name, host = '', port, addresses = [], txt }: FoundService): Advert | null {
  const parsed = parseTxt(Object.entries(txt).map(([key, value]) => Buffer.from(`${key}=${value}`)));
  return parsed.isOk ? { ...parsed.claim, instance: name, host, port, addresses } : null;
}

/** One peer out of what the instances for each link and family say of it. */
export class Merge {
  readonly #listeners: Listeners;
  readonly #places = new Map<PeerId, Set<string>>();

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
  }

  up(service: FoundService, place: string): void {
    const advert = advertOf(service);
    if (advert === null) return;
    this.#places.set(advert.peerId, (this.#places.get(advert.peerId) ?? new Set()).add(place));
    this.#listeners.onSeen(advert);
  }

  down(service: FoundService, place: string): void {
    const peerId = advertOf(service)?.peerId;
    const places = peerId && this.#places.get(peerId);
    if (!peerId || !places?.delete(place) || places.size > 0) return;
    this.#places.delete(peerId);
    this.#listeners.onGone(peerId);
  }
}
