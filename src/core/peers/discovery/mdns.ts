// Finds the other computers of the network and lets them find this one: DNS-SD over multicast DNS on every interface, IPv4 and IPv6.
import { hostname, networkInterfaces } from 'node:os';
import { TRUNCATED_RESPONSE } from 'dns-packet';
import type { PeerId } from '../../../contract/ids.ts';
import type { Log } from '../../lib/log.ts';
import { type Followable, State } from '../../lib/state.ts';
import { type Advert, type OwnAdvert, parseTxt } from './advert.ts';
import { type Family, families, type Interfaces, type Link, OwnAddresses, readLinks } from './mdns-links.ts';
import type { IncomingPacket } from './mdns-packet.ts';
import { browseQueries, instanceQuery, isBrowseQuestion, readResponse, SERVICE_NAME } from './mdns-records.ts';
import { MdnsResponder } from './mdns-responder.ts';
import { SightingTable } from './mdns-sightings.ts';
import { MdnsCarrier, type Origin } from './mdns-socket.ts';

const TICK_MS = 1000;
/** On a link that is new. RFC 6762 §5.2. */
const ASK_AT_MS = [0, 300, 1000, 3000];
/** On a link where nothing else makes anybody ask. */
const IDLE_ASK_MS = [20_000, 60_000] as const;
/** A question that anybody asked so recently is not asked again (RFC 6762 §7.3). */
const ASKED_RECENTLY_MS = 1500;
/** More silent peers than this are asked all together. */
const MAX_DIRECT = 20;
/** A clock that jumped this far between two ticks: the computer slept, or the process was stopped. */
const SLEEP_MS = 4000;
const GRACE_AFTER_SLEEP_MS = 4500;
const MAX_LOGGED = 500;

export interface DiscoveryDeps {
  readonly log: Log;
  /** What to advertise; null while nothing is (paused, or no port). */
  readonly own: Followable<OwnAdvert | null>;
  /** A peer was found, or something about it changed. */
  readonly onSeen: (advert: Advert) => void;
  /** A peer said goodbye or was silent for too long (17 s at most), on every interface. */
  readonly onGone: (peerId: PeerId) => void;
  /** For tests: os.networkInterfaces by default. */
  readonly interfaces?: () => Interfaces;
}

export interface Discovery extends AsyncDisposable {
  /** Why nothing can be multicast, as the system says it, or null. */
  readonly problem: Followable<string | null>;
  /** The interfaces that are up and lead somewhere, the loopback when there is no other; looked at every second. */
  readonly links: Followable<readonly Link[]>;
  /** Announces and asks at once; who does not answer within seconds is gone. After a wake-up or a change of network (both are also noticed here). */
  refresh(): void;
}

/** Disposing says goodbye to the network. */
export async function startDiscovery(deps: DiscoveryDeps): Promise<Discovery> {
  await using stack = new AsyncDisposableStack();
  const discovery = new MdnsDiscovery(deps);
  stack.use(discovery);
  await discovery.start();
  stack.move();
  return discovery;
}

class MdnsDiscovery implements Discovery {
  readonly #deps: DiscoveryDeps;
  readonly #stack = new AsyncDisposableStack();
  readonly #carrier: MdnsCarrier;
  readonly #responder: MdnsResponder;
  readonly #table: SightingTable;
  readonly #askTimers = new Set<NodeJS.Timeout>();
  /** By link and family. */
  readonly #askedAt = new Map<string, number>();
  readonly #idleAskAt = new Map<string, number>();
  readonly #logged = new Set<string>();
  readonly #links = new State<readonly Link[]>([]);
  #ownId: PeerId | null = null;
  #isTicking = false;
  #tickedAt = { wall: Date.now(), monotonic: performance.now() };

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
    this.#table = new SightingTable(deps.onSeen, deps.onGone);
    this.#carrier = this.#stack.use(
      new MdnsCarrier({
        log: deps.log,
        onPacket: (packet, origin) => this.#handle(packet, origin),
        isOfInterest: (message) => this.#isOfInterest(message),
      }),
    );
    // Disposed before the carrier, which still sends its goodbye.
    this.#responder = this.#stack.use(
      new MdnsResponder({
        log: deps.log,
        send: (packet, link, family) => this.#carrier.send(packet, link, family),
        computerName: hostname(),
        peerCount: () => this.#table.size,
      }),
    );
    this.#stack.defer(() => {
      for (const timer of this.#askTimers) clearTimeout(timer);
    });
  }

  get problem(): Followable<string | null> {
    return this.#carrier.problem;
  }

  get links(): Followable<readonly Link[]> {
    return this.#links;
  }

  async start(): Promise<void> {
    const stopFollowing = this.#deps.own.follow((own) => {
      if (own) this.#ownId = own.peerId;
      this.#responder.setOwn(own);
    });
    this.#stack.defer(() => stopFollowing());
    await this.#tick();
    const timer = setInterval(() => void this.#tick(), TICK_MS);
    this.#stack.defer(() => clearInterval(timer));
  }

  refresh(): void {
    this.#table.doubtAll(performance.now(), GRACE_AFTER_SLEEP_MS);
    this.#responder.announceAll();
    for (const timer of this.#askTimers) clearTimeout(timer);
    this.#askTimers.clear();
    this.#askRepeatedly(this.#links.value);
  }

  async #tick(): Promise<void> {
    if (this.#isTicking || this.#stack.disposed) return;
    this.#isTicking = true;
    try {
      this.#noticeSleep();
      await this.#noticeLinks();
      if (!this.#stack.disposed) this.#askAsNeeded();
    } finally {
      this.#isTicking = false;
    }
  }

  /** The monotonic clock stands still while a Linux computer sleeps, the wall clock does not; while the process is stopped both go on. */
  #noticeSleep(): void {
    const now = { wall: Date.now(), monotonic: performance.now() };
    const sleptMs = Math.max(now.wall - this.#tickedAt.wall, now.monotonic - this.#tickedAt.monotonic) - TICK_MS;
    this.#tickedAt = now;
    if (sleptMs < SLEEP_MS) return;
    this.#deps.log.debug({ sleptMs }, 'woke up; asking the network again');
    this.refresh();
  }

  async #noticeLinks(): Promise<void> {
    const interfaces = this.#deps.interfaces?.() ?? networkInterfaces();
    const links = readLinks(interfaces);
    this.#table.setOwnAddresses(new OwnAddresses(interfaces));
    const before = new Set(this.#links.value.map(({ signature }) => signature));
    const added = links.filter(({ signature }) => !before.has(signature));
    const isChanged = added.length > 0 || links.length !== before.size;
    if (isChanged) this.#links.set(links);
    const hasMended = await this.#carrier.setLinks(links, performance.now());
    if ((!isChanged && !hasMended) || this.#stack.disposed) return;
    const toTell = hasMended ? links : added;
    this.#deps.log.debug(
      { links: links.map(({ name }) => name), added: added.map(({ name }) => name) },
      'network changed',
    );
    this.#responder.setLinks(links, toTell);
    this.#askRepeatedly(toTell);
  }

  #askRepeatedly(links: readonly Link[]): void {
    const names = new Set(links.map(({ name }) => name));
    if (names.size === 0) return;
    for (const [index, atMs] of ASK_AT_MS.entries()) {
      if (atMs === 0) {
        for (const link of links) for (const family of families) this.#browse(link, family, false);
        continue;
      }
      const timer = setTimeout(() => {
        this.#askTimers.delete(timer);
        for (const link of this.#links.value) {
          if (names.has(link.name)) for (const family of families) this.#browse(link, family, index > 0);
        }
      }, atMs);
      this.#askTimers.add(timer);
    }
  }

  #askAsNeeded(): void {
    const now = performance.now();
    const { browse, direct } = this.#table.sweep(now);
    const toBrowse = new Map(browse);
    for (const { link, instances } of direct.values()) {
      for (const family of families) {
        if (instances.size > MAX_DIRECT) toBrowse.set(keyOf(link, family), { link, family });
        else if (link.addresses[family].length > 0)
          void this.#carrier.send(instanceQuery([...instances]), link, family);
      }
    }
    for (const link of this.#links.value) {
      for (const family of families) {
        if (now >= (this.#idleAskAt.get(keyOf(link, family)) ?? 0)) toBrowse.set(keyOf(link, family), { link, family });
      }
    }
    for (const [key, { link, family }] of toBrowse) {
      const isUp = this.#links.value.some(({ name }) => name === link.name);
      const isAsked = now - (this.#askedAt.get(key) ?? Number.NEGATIVE_INFINITY) < ASKED_RECENTLY_MS;
      if (isUp && !isAsked) this.#browse(link, family, false);
    }
  }

  #browse(link: Link, family: Family, isWithKnown: boolean): void {
    if (link.addresses[family].length === 0) return;
    const now = performance.now();
    if (!isWithKnown) this.#noteAsked(link, family, now);
    const known = isWithKnown ? this.#table.fresh(link, family, now) : [];
    for (const query of browseQueries(known, TRUNCATED_RESPONSE)) void this.#carrier.send(query, link, family);
  }

  #noteAsked(link: Link, family: Family, now: number): void {
    this.#askedAt.set(keyOf(link, family), now);
    this.#idleAskAt.set(keyOf(link, family), now + IDLE_ASK_MS[0] + Math.random() * (IDLE_ASK_MS[1] - IDLE_ASK_MS[0]));
  }

  #isOfInterest(message: Buffer): boolean {
    const host = this.#responder.names?.host.split('.')[0];
    return (
      message.includes('_ebrainpool') || message.includes('_dns-sd') || (host !== undefined && message.includes(host))
    );
  }

  #handle(packet: IncomingPacket, origin: Origin): void {
    if (this.#stack.disposed) return;
    const now = performance.now();
    if (packet.type === 'response') this.#handleResponse(packet, origin, now);
    else this.#handleQuery(packet, origin, now);
  }

  #handleQuery(packet: IncomingPacket, origin: Origin, now: number): void {
    const suffix = `.${SERVICE_NAME}`;
    for (const question of packet.questions) {
      if (isBrowseQuestion(question) && packet.answers.length === 0) this.#noteAsked(origin.link, origin.family, now);
      else if (question.name.endsWith(suffix)) this.#table.noteAsked(question.name.slice(0, -suffix.length), now);
    }
    this.#responder.handleQuery(packet, origin);
  }

  #handleResponse(packet: IncomingPacket, origin: Origin, now: number): void {
    const { sightings, goodbyes } = readResponse(packet);
    const ownInstance = this.#responder.names?.instance.toLowerCase();
    for (const instance of goodbyes) {
      if (instance.toLowerCase() === ownInstance) this.#responder.defend();
      else this.#table.goodbye(instance, origin);
    }
    for (const raw of sightings) {
      const parsed = parseTxt(raw.txt);
      if (!parsed.isOk) {
        this.#logOnce(
          `${raw.instance} ${parsed.reason}`,
          { instance: raw.instance, reason: parsed.reason },
          'advert ignored',
        );
        continue;
      }
      if (parsed.claim.peerId === this.#ownId) continue;
      if (raw.instance.toLowerCase() === ownInstance) this.#responder.handleConflict();
      const isTaken = this.#table.add(raw, parsed.claim, origin, now);
      if (!isTaken) this.#logOnce('full', { peers: this.#table.size }, 'too many adverts; the latest are ignored');
    }
  }

  /** Security: who sends the same nonsense all the time fills no log. */
  #logOnce(key: string, fields: object, message: string): void {
    if (this.#logged.has(key) || this.#logged.size >= MAX_LOGGED) return;
    this.#logged.add(key);
    this.#deps.log.debug(fields, message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function keyOf(link: Link, family: Family): string {
  return `${link.name} ${family}`;
}
