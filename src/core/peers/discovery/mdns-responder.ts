// Answers for this computer on every link: announces, replies, takes back (RFC 6762 §6, §8, §10.1). Knows nothing of other peers.

import { isDeepStrictEqual } from 'node:util';
import { AUTHORITATIVE_ANSWER, type OutgoingPacket, type ResourceRecord } from 'dns-packet';
import type { Log } from '../../lib/log.ts';
import type { OwnAdvert } from './advert.ts';
import { type Family, families, type Link } from './mdns-links.ts';
import type { IncomingPacket } from './mdns-packet.ts';
import {
  goodbyeRecords,
  isKnownAnswer,
  isQuestionFor,
  kindRecord,
  type OwnNames,
  ownNames,
  ownRecords,
} from './mdns-records.ts';
import type { Origin } from './mdns-socket.ts';

/** RFC 6762 §8.3: at least two, the gaps growing by a factor of two. */
const ANNOUNCE_AT_MS = [0, 1000, 3000];
/**
 * No record more often than this on one link. RFC 6762 §6 says a second (and 250 ms for probes); half of it keeps the promise that a computer
 * that asks right after our announcement finds us within a second.
 */
const MIN_GAP_MS = 500;
const MIN_DEFENCE_GAP_MS = 1000;
/** Of changes that come faster than this the last one is announced. */
const MIN_CHANGE_GAP_MS = 400;
/** RFC 6762 §6: shared records wait so long, that not all answer at once. */
const DELAY_MS = [20, 120] as const;
/** With many peers on a link their answers are spread over more time. */
const DELAY_PER_PEER_MS = 2;
const MAX_DELAY_MS = 900;
/** RFC 6762 §7.2: a question whose known answers go on in the next packet. */
const TRUNCATED_DELAY_MS = 400;

export interface ResponderDeps {
  readonly log: Log;
  readonly send: (packet: OutgoingPacket, link: Link, family: Family) => Promise<boolean>;
  readonly computerName: string;
  /** How many others are expected to answer the same question. */
  readonly peerCount: () => number;
}

interface Pending {
  readonly timer: NodeJS.Timeout;
  readonly asker: string;
  isOwn: boolean;
  isKind: boolean;
}

export class MdnsResponder implements Disposable {
  readonly #deps: ResponderDeps;
  readonly #pending = new Map<string, Pending>();
  readonly #sentAt = new Map<string, number>();
  readonly #announceTimers = new Set<NodeJS.Timeout>();
  #links: readonly Link[] = [];
  #own: OwnAdvert | null = null;
  #names: OwnNames | null = null;
  #idLength = 8;
  #changedAt = Number.NEGATIVE_INFINITY;
  #defendedAt = Number.NEGATIVE_INFINITY;
  #changeTimer: NodeJS.Timeout | undefined;

  constructor(deps: ResponderDeps) {
    this.#deps = deps;
  }

  /** The DNS names that are advertised now; null while nothing is. */
  get names(): OwnNames | null {
    return this.#names;
  }

  /** Takes the links that answers go out on; those named are announced on. */
  setLinks(links: readonly Link[], toAnnounceOn: readonly Link[]): void {
    this.#links = links;
    if (toAnnounceOn.length > 0) this.#announce(toAnnounceOn);
  }

  /** Advertises this; null takes the advert back. A change is told at once, without a goodbye for what stays. */
  setOwn(own: OwnAdvert | null): void {
    clearTimeout(this.#changeTimer);
    if (isDeepStrictEqual(own, this.#own)) return;
    const waitMs = this.#changedAt + MIN_CHANGE_GAP_MS - performance.now();
    if (own && this.#own && waitMs > 0) {
      this.#changeTimer = setTimeout(() => this.setOwn(own), waitMs);
      return;
    }
    this.#changedAt = performance.now();
    const before = this.#own;
    const namesBefore = this.#names;
    if (own?.peerId !== before?.peerId) this.#idLength = 8;
    this.#own = own;
    this.#names = own && ownNames(own, this.#deps.computerName, this.#idLength);
    this.announceAll();
    // After the new name is out, so that nobody sees the peer go in between.
    if (before && namesBefore && namesBefore.instance !== this.#names?.instance)
      void this.#goodbye(before, namesBefore);
  }

  announceAll(): void {
    this.#cancelAnnouncements();
    this.#announce(this.#links);
  }

  #cancelAnnouncements(): void {
    for (const timer of this.#announceTimers) clearTimeout(timer);
    this.#announceTimers.clear();
  }

  #announce(links: readonly Link[]): void {
    const names = new Set(links.map(({ name }) => name));
    for (const atMs of ANNOUNCE_AT_MS) {
      if (atMs === 0) {
        for (const link of links) for (const family of families) this.#sendOwn(link, family, true, true);
        continue;
      }
      const timer = setTimeout(() => {
        this.#announceTimers.delete(timer);
        for (const link of this.#links) {
          if (names.has(link.name)) for (const family of families) this.#sendOwn(link, family, true, true);
        }
      }, atMs);
      this.#announceTimers.add(timer);
    }
  }

  #sendOwn(link: Link, family: Family, isOwn: boolean, isKind: boolean): void {
    if (!this.#own || !this.#names || link.addresses[family].length === 0) return;
    const answers: ResourceRecord[] = isOwn ? ownRecords(this.#own, this.#names, link) : [];
    if (isKind) answers.push(kindRecord);
    if (isOwn) this.#sentAt.set(keyOf(link, family), performance.now());
    void this.#deps.send({ type: 'response', flags: AUTHORITATIVE_ANSWER, answers }, link, family);
  }

  /** Answers after a short wait, unless the asker turns out to know the answer. */
  handleQuery(packet: IncomingPacket, { link, family, address }: Origin): void {
    if (!this.#own || !this.#names) return;
    const names = this.#names;
    const key = keyOf(link, family);
    const pending = this.#pending.get(key);
    const isKnown = isKnownAnswer(packet, names);
    if (isKnown && pending?.asker === address) pending.isOwn = false;
    const wanted = new Set(packet.questions.map((question) => isQuestionFor(question, names)));
    const isOwn = wanted.has('own') && !isKnown;
    const isKind = wanted.has('kind');
    if (!isOwn && !isKind) return;
    if (pending) {
      pending.isOwn ||= isOwn;
      pending.isKind ||= isKind;
      return;
    }
    const spreadMs = DELAY_MS[1] - DELAY_MS[0] + DELAY_PER_PEER_MS * this.#deps.peerCount();
    const delayMs =
      Math.min(DELAY_MS[0] + Math.random() * spreadMs, MAX_DELAY_MS) + (packet.isTruncated ? TRUNCATED_DELAY_MS : 0);
    const gapMs = (this.#sentAt.get(key) ?? Number.NEGATIVE_INFINITY) + MIN_GAP_MS - performance.now();
    const timer = setTimeout(
      () => {
        const due = this.#pending.get(key);
        this.#pending.delete(key);
        const current = this.#links.find(({ name }) => name === link.name);
        if (current && due && (due.isOwn || due.isKind)) this.#sendOwn(current, family, due.isOwn, due.isKind);
      },
      Math.max(delayMs, gapMs),
    );
    this.#pending.set(key, { timer, asker: address, isOwn, isKind });
  }

  /** Another computer uses our instance name: the one with the other key makes its own name longer (RFC 6762 §9, without the probing). */
  handleConflict(): void {
    if (!this.#own || this.#idLength >= 43) return;
    this.#idLength = Math.min(this.#idLength + 8, 43);
    this.#deps.log.info({ idLength: this.#idLength }, 'advertised name is taken; using a longer one');
    this.#names = ownNames(this.#own, this.#deps.computerName, this.#idLength);
    this.announceAll();
  }

  /** Somebody took our advert back in our name: say that we are here. */
  defend(): void {
    const now = performance.now();
    if (!this.#own || now - this.#defendedAt < MIN_DEFENCE_GAP_MS) return;
    this.#defendedAt = now;
    this.announceAll();
  }

  async #goodbye(own: OwnAdvert, names: OwnNames): Promise<void> {
    const answers = (link: Link) => goodbyeRecords(own, names, link);
    await Promise.all(
      this.#links.flatMap((link) =>
        families
          .filter((family) => link.addresses[family].length > 0)
          .map((family) =>
            this.#deps.send({ type: 'response', flags: AUTHORITATIVE_ANSWER, answers: answers(link) }, link, family),
          ),
      ),
    );
  }

  /** Takes the advert back on every link. What was sent is on its way when the carrier is disposed after this. */
  [Symbol.dispose](): void {
    clearTimeout(this.#changeTimer);
    this.#cancelAnnouncements();
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    const own = this.#own;
    const names = this.#names;
    this.#own = null;
    this.#names = null;
    if (own && names) void this.#goodbye(own, names);
  }
}

function keyOf(link: Link, family: Family): string {
  return `${link.name} ${family}`;
}
