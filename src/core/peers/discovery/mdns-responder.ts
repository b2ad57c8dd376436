// Answers for this computer on every link: announces, replies, takes back (RFC 6762 §6, §8, §10.1). Knows nothing of other peers.

import { isDeepStrictEqual } from 'node:util';
import { AUTHORITATIVE_ANSWER, type OutgoingPacket, type ResourceRecord } from 'dns-packet';
import type { Log } from '../../lib/log.ts';
import type { OwnAdvert } from './advert.ts';
import { LinkSchedule } from './link-schedule.ts';
import { keyOf, type Link, type Way, waysOf } from './mdns-links.ts';
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
import type { Origin } from './mdns-transport.ts';

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
  readonly send: (packet: OutgoingPacket, way: Way) => Promise<boolean>;
  readonly computerName: string;
  /** How many others are expected to answer the same question. */
  readonly peerCount: () => number;
}

/** What is sent: everything about this computer, and that its kind of service is here. */
interface Wanted {
  isOwn: boolean;
  isKind: boolean;
}

interface Pending extends Wanted {
  readonly timer: NodeJS.Timeout;
  readonly asker: string;
}

export class MdnsResponder implements Disposable {
  readonly #deps: ResponderDeps;
  readonly #pending = new Map<string, Pending>();
  readonly #sentAt = new Map<string, number>();
  readonly #announcements = new LinkSchedule(
    ANNOUNCE_AT_MS,
    () => this.#links,
    (way) => this.#sendOwn(way, { isOwn: true, isKind: true }),
  );
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

  isOwnInstance(instance: string): boolean {
    return instance.toLowerCase() === this.#names?.instance.toLowerCase();
  }

  /** Takes the links that answers go out on; those named are announced on. */
  setLinks(links: readonly Link[], toAnnounceOn: readonly Link[]): void {
    this.#links = links;
    this.#announcements.start(toAnnounceOn);
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
    if (before && namesBefore && namesBefore.instance !== this.#names?.instance) this.#goodbye(before, namesBefore);
  }

  announceAll(): void {
    this.#announcements.cancel();
    this.#announcements.start(this.#links);
  }

  #sendOwn(way: Way, { isOwn, isKind }: Wanted): void {
    if (!this.#own || !this.#names) return;
    const answers: ResourceRecord[] = isOwn ? ownRecords(this.#own, this.#names, way.link) : [];
    if (isKind) answers.push(kindRecord);
    if (isOwn) this.#sentAt.set(keyOf(way), performance.now());
    void this.#deps.send({ type: 'response', flags: AUTHORITATIVE_ANSWER, answers }, way);
  }

  /** Answers after a short wait, unless the asker turns out to know the answer. */
  handleQuery(packet: IncomingPacket, origin: Origin): void {
    if (!this.#own || !this.#names) return;
    const names = this.#names;
    const { address } = origin;
    const key = keyOf(origin);
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
    const gapMs = (this.#sentAt.get(key) ?? Number.NEGATIVE_INFINITY) + MIN_GAP_MS - performance.now();
    const timer = setTimeout(() => this.#answer(key), Math.max(this.#delayMs(packet), gapMs));
    this.#pending.set(key, { timer, asker: address, isOwn, isKind });
  }

  #delayMs({ isTruncated }: IncomingPacket): number {
    const spreadMs = DELAY_MS[1] - DELAY_MS[0] + DELAY_PER_PEER_MS * this.#deps.peerCount();
    return Math.min(DELAY_MS[0] + Math.random() * spreadMs, MAX_DELAY_MS) + (isTruncated ? TRUNCATED_DELAY_MS : 0);
  }

  #answer(key: string): void {
    const due = this.#pending.get(key);
    this.#pending.delete(key);
    // The link may be another one by now, or none.
    const way = waysOf(this.#links).find((one) => keyOf(one) === key);
    if (way && due && (due.isOwn || due.isKind)) this.#sendOwn(way, due);
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

  #goodbye(own: OwnAdvert, names: OwnNames): void {
    for (const way of waysOf(this.#links)) {
      const answers = goodbyeRecords(own, names, way.link);
      void this.#deps.send({ type: 'response', flags: AUTHORITATIVE_ANSWER, answers }, way);
    }
  }

  /** Takes the advert back on every link. What was sent is on its way when the transport is disposed after this. */
  [Symbol.dispose](): void {
    this.setOwn(null);
    this.#announcements.cancel();
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
  }
}
