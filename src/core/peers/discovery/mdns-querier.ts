// Asks who is there: soon and often on a link that is new, and again before what was heard ends (RFC 6762 §5.2).
import type { OutgoingPacket } from 'dns-packet';
import { LinkSchedule } from './link-schedule.ts';
import type { MdnsCache } from './mdns-cache.ts';
import { keyOf, type Link, type Way, waysOf } from './mdns-links.ts';
import type { IncomingPacket } from './mdns-packet.ts';
import { browseQueries, instanceQuery, isBrowseQuestion, SERVICE_NAME } from './mdns-records.ts';

/** On a link that is new. RFC 6762 §5.2. */
const ASK_AT_MS = [0, 300, 1000, 3000];
/** The first questions of a series list no known answers, so that everybody answers. */
const ROUNDS_WITHOUT_KNOWN = 1;
/** On a link where nothing else makes anybody ask. */
const IDLE_ASK_MS = [20_000, 60_000] as const;
/** A question that anybody asked so recently is not asked again (RFC 6762 §7.3). */
const ASKED_RECENTLY_MS = 1500;
/** More silent peers than this are asked all together. */
const MAX_DIRECT = 20;

export interface QuerierDeps {
  readonly cache: MdnsCache;
  readonly send: (packet: OutgoingPacket, way: Way) => Promise<boolean>;
}

export class MdnsQuerier implements Disposable {
  readonly #deps: QuerierDeps;
  readonly #schedule = new LinkSchedule(
    ASK_AT_MS,
    () => this.#links,
    (way, round) => this.#browse(way, round >= ROUNDS_WITHOUT_KNOWN),
  );
  readonly #askedAt = new Map<string, number>();
  readonly #idleAskAt = new Map<string, number>();
  #links: readonly Link[] = [];

  constructor(deps: QuerierDeps) {
    this.#deps = deps;
  }

  /** Takes the links that questions go out on; on those named it asks. */
  setLinks(links: readonly Link[], toAskOn: readonly Link[]): void {
    this.#links = links;
    this.#schedule.start(toAskOn);
  }

  askAll(): void {
    this.#schedule.cancel();
    this.#schedule.start(this.#links);
  }

  /** Drops who was silent for too long, and asks those who are about to be. To be called every second. */
  tick(now: number): void {
    const { browse, direct } = this.#deps.cache.sweep(now);
    const toBrowse = new Map(browse);
    for (const { link, instances } of direct.values()) {
      for (const way of waysOf([link])) {
        if (instances.size > MAX_DIRECT) toBrowse.set(keyOf(way), way);
        else void this.#deps.send(instanceQuery([...instances]), way);
      }
    }
    const ways = waysOf(this.#links);
    for (const way of ways) if (now >= (this.#idleAskAt.get(keyOf(way)) ?? 0)) toBrowse.set(keyOf(way), way);
    for (const way of ways) {
      const key = keyOf(way);
      const isAsked = now - (this.#askedAt.get(key) ?? Number.NEGATIVE_INFINITY) < ASKED_RECENTLY_MS;
      if (toBrowse.has(key) && !isAsked) this.#browse(way, false);
    }
  }

  /** What others ask need not be asked here. */
  noteQuery({ questions, answers }: IncomingPacket, origin: Way, now: number): void {
    const suffix = `.${SERVICE_NAME}`;
    for (const question of questions) {
      if (isBrowseQuestion(question) && answers.length === 0) this.#noteAsked(origin, now);
      else if (question.name.endsWith(suffix)) this.#deps.cache.noteAsked(question.name.slice(0, -suffix.length), now);
    }
  }

  #browse(way: Way, isWithKnown: boolean): void {
    const now = performance.now();
    if (!isWithKnown) this.#noteAsked(way, now);
    const known = isWithKnown ? this.#deps.cache.knownAnswers(way, now) : [];
    for (const query of browseQueries(known)) void this.#deps.send(query, way);
  }

  #noteAsked(way: Way, now: number): void {
    this.#askedAt.set(keyOf(way), now);
    this.#idleAskAt.set(keyOf(way), now + IDLE_ASK_MS[0] + Math.random() * (IDLE_ASK_MS[1] - IDLE_ASK_MS[0]));
  }

  [Symbol.dispose](): void {
    this.#schedule[Symbol.dispose]();
  }
}
