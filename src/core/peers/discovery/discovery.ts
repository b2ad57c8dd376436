// Finds the other computers of the network and lets them find this one: DNS-SD over multicast DNS on every interface, IPv4 and IPv6.
import { hostname, networkInterfaces } from 'node:os';
import type { PeerId } from '../../../contract/ids.ts';
import { markNow, passedMs, systemClocks } from '../../lib/elapsed.ts';
import type { Log } from '../../lib/log.ts';
import { type Followable, State } from '../../lib/state.ts';
import { type Advert, type OwnAdvert, parseTxt } from './advert.ts';
import { MdnsCache } from './mdns-cache.ts';
import { type Link, OwnAddresses, readLinks } from './mdns-links.ts';
import type { IncomingPacket } from './mdns-packet.ts';
import { MdnsQuerier } from './mdns-querier.ts';
import { readResponse, type ServiceInstance } from './mdns-records.ts';
import { MdnsResponder } from './mdns-responder.ts';
import { MdnsTransport, type Origin } from './mdns-transport.ts';

const TICK_MS = 1000;
/** So much more between two ticks: the computer slept, or the process was stopped. */
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
}

export interface Discovery extends AsyncDisposable {
  /** Why nothing can be multicast, as the system says it, or null. */
  readonly problem: Followable<string | null>;
  /** The interfaces that are up and lead somewhere, the loopback when there is no other; looked at every second. */
  readonly links: Followable<readonly Link[]>;
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
  readonly #transport: MdnsTransport;
  readonly #responder: MdnsResponder;
  readonly #querier: MdnsQuerier;
  readonly #cache: MdnsCache;
  readonly #links = new State<readonly Link[]>([]);
  readonly #logged = new Set<string>();
  #ownId: PeerId | null = null;
  #isTicking = false;
  #tickedAt = markNow(systemClocks);

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
    const { log } = deps;
    this.#cache = new MdnsCache(deps.onSeen, deps.onGone);
    this.#transport = this.#stack.use(
      new MdnsTransport({
        log,
        onPacket: (packet, origin) => this.#handle(packet, origin),
        isOfInterest: (message) => this.#isOfInterest(message),
      }),
    );
    const send = this.#transport.send.bind(this.#transport);
    // Both are disposed before the transport, which still sends the responder's goodbye.
    this.#responder = this.#stack.use(
      new MdnsResponder({ log, send, computerName: hostname(), peerCount: () => this.#cache.peerCount }),
    );
    this.#querier = this.#stack.use(new MdnsQuerier({ cache: this.#cache, send }));
  }

  get problem(): Followable<string | null> {
    return this.#transport.problem;
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

  async #tick(): Promise<void> {
    if (this.#isTicking || this.#stack.disposed) return;
    this.#isTicking = true;
    try {
      this.#noticeSleep();
      await this.#noticeLinks();
      if (!this.#stack.disposed) this.#querier.tick(performance.now());
    } finally {
      this.#isTicking = false;
    }
  }

  /** Announces and asks at once; who does not answer within seconds is gone. */
  #noticeSleep(): void {
    const sleptMs = passedMs(this.#tickedAt, systemClocks) - TICK_MS;
    this.#tickedAt = markNow(systemClocks);
    if (sleptMs < SLEEP_MS) return;
    this.#deps.log.debug({ sleptMs }, 'woke up; asking the network again');
    this.#cache.doubtAll(performance.now(), GRACE_AFTER_SLEEP_MS);
    this.#responder.announceAll();
    this.#querier.askAll();
  }

  async #noticeLinks(): Promise<void> {
    const interfaces = networkInterfaces();
    const links = readLinks(interfaces);
    this.#cache.setOwnAddresses(new OwnAddresses(interfaces));
    const before = new Set(this.#links.value.map(({ signature }) => signature));
    const added = links.filter(({ signature }) => !before.has(signature));
    const isChanged = added.length > 0 || links.length !== before.size;
    if (isChanged) this.#links.set(links);
    const hasMended = await this.#transport.setLinks(links, performance.now());
    if ((!isChanged && !hasMended) || this.#stack.disposed) return;
    const toTell = hasMended ? links : added;
    this.#deps.log.debug(
      { links: links.map(({ name }) => name), added: added.map(({ name }) => name) },
      'network changed',
    );
    this.#responder.setLinks(links, toTell);
    this.#querier.setLinks(links, toTell);
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
    if (packet.type === 'query') {
      this.#querier.noteQuery(packet, origin, now);
      this.#responder.handleQuery(packet, origin);
      return;
    }
    const { services, goodbyes } = readResponse(packet);
    for (const instance of goodbyes) {
      if (this.#responder.isOwnInstance(instance)) this.#responder.defend();
      else this.#cache.goodbye(instance, origin);
    }
    for (const service of services) this.#hear(service, origin, now);
  }

  #hear(service: ServiceInstance, origin: Origin, now: number): void {
    const { instance } = service;
    const parsed = parseTxt(service.txt);
    if (!parsed.isOk) {
      const { reason } = parsed;
      this.#logOnce(`${instance} ${reason}`, { instance, reason }, 'advert ignored');
      return;
    }
    if (parsed.claim.peerId === this.#ownId) return;
    if (this.#responder.isOwnInstance(instance)) this.#responder.handleConflict();
    if (!this.#cache.add(service, parsed.claim, origin, now))
      this.#logOnce('full', { peers: this.#cache.peerCount }, 'too many adverts; the latest are ignored');
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
