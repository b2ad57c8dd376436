// Carries multicast DNS packets over every link in both families; what cannot be opened or sent is tried again, and told when nothing works.
import type { RemoteInfo } from 'node:dgram';
import { encode, type OutgoingPacket } from 'dns-packet';
import type { Log } from '../../lib/log.ts';
import { createRateLimit } from '../../lib/rate-limit.ts';
import { type Followable, State } from '../../lib/state.ts';
import { ReadingBudget } from './mdns-budget.ts';
import { type Family, families, keyOf, type Link, linkOf, type Way, waysOf } from './mdns-links.ts';
import { type IncomingPacket, readPacket } from './mdns-packet.ts';
import { MAX_PACKET_BYTES } from './mdns-records.ts';
import { MDNS_PORT, MdnsSocket } from './mdns-socket.ts';

const REOPEN_MS = 10_000;

/** Where a packet came from. */
export interface Origin extends Way {
  readonly address: string;
}

export interface TransportDeps {
  readonly log: Log;
  readonly onPacket: (packet: IncomingPacket, origin: Origin) => void;
  /** A glance at the bytes, so that the printers and televisions of the network cost nothing. */
  readonly isOfInterest: (message: Buffer) => boolean;
}

export class MdnsTransport implements AsyncDisposable {
  readonly #deps: TransportDeps;
  readonly #sockets = new Map<Family, MdnsSocket>();
  /** Why a family, or one way of it, does not work. */
  readonly #faults = new Map<string, string>();
  readonly #reopenAt = new Map<Family, number>();
  readonly #problem = new State<string | null>(null);
  readonly #budget = new ReadingBudget();
  readonly #brokenLog = createRateLimit(6);
  #links: readonly Link[] = [];
  #hasMended = false;
  #isDisposed = false;

  constructor(deps: TransportDeps) {
    this.#deps = deps;
  }

  /** Why no packet can be sent on any link in any family, or null. */
  get problem(): Followable<string | null> {
    return this.#problem;
  }

  /**
   * Joins the links that are new and leaves those that are gone. Opens what is not open; call it again to try again.
   * True when something works that did not when it was called last.
   */
  async setLinks(links: readonly Link[], now: number): Promise<boolean> {
    const before = new Map(this.#links.map((link) => [link.name, link]));
    const added = links.filter(({ name, signature }) => before.get(name)?.signature !== signature);
    const kept = new Set(links.map(({ signature }) => signature));
    const removed = this.#links.filter(({ signature }) => !kept.has(signature));
    this.#links = links;
    for (const link of [...removed, ...added])
      for (const family of families) this.#faults.delete(keyOf({ link, family }));
    for (const family of families) {
      const socket = this.#sockets.get(family);
      if (socket) {
        for (const link of removed) socket.leave(link);
        this.#join(socket, added);
      } else if (
        waysOf(links).some((way) => way.family === family) &&
        (added.length > 0 || now >= (this.#reopenAt.get(family) ?? 0))
      ) {
        this.#reopenAt.set(family, now + REOPEN_MS);
        await this.#open(family);
      }
    }
    this.#judge();
    const hasMended = this.#hasMended;
    this.#hasMended = false;
    return hasMended;
  }

  async #open(family: Family): Promise<void> {
    try {
      const socket = await MdnsSocket.open(family, {
        onMessage: (message, remote) => this.#receive(message, remote, family),
        onError: (error) => {
          if (this.#sockets.get(family) === socket) this.#sockets.delete(family);
          this.#noteFault(family, error);
        },
      });
      if (this.#isDisposed) return await socket[Symbol.asyncDispose]();
      this.#faults.delete(family);
      this.#sockets.set(family, socket);
      this.#hasMended = true;
      this.#join(socket, this.#links);
    } catch (error) {
      this.#noteFault(family, error);
    }
  }

  #join(socket: MdnsSocket, links: readonly Link[]): void {
    for (const link of links) {
      try {
        socket.join(link);
      } catch (error) {
        this.#deps.log.debug({ err: error, link: link.name }, 'multicast group could not be joined');
      }
    }
  }

  /** Sends in the order of the calls. False when it could not be sent; the reason is in `problem` when nothing else works either. */
  async send(packet: OutgoingPacket, way: Way): Promise<boolean> {
    const key = keyOf(way);
    try {
      if (!(await this.#sockets.get(way.family)?.send(encode(packet), way.link))) return false;
    } catch (error) {
      if (!this.#faults.has(key)) this.#noteFault(key, error);
      return false;
    }
    if (this.#faults.delete(key)) {
      this.#hasMended = true;
      this.#judge();
    }
    return true;
  }

  #receive(message: Buffer, remote: RemoteInfo, family: Family): void {
    if (message.length > MAX_PACKET_BYTES || !this.#deps.isOfInterest(message)) return;
    // Security: a flood is dropped before it is read.
    const now = performance.now();
    const { address } = remote;
    if (!this.#budget.has(address, now)) return;
    const link = linkOf(this.#links, address, family);
    const packet = link ? readPacket(message) : null;
    // Security: an answer from another port is not from a responder (RFC 6762 §6).
    if (link && packet && (packet.type === 'query' || remote.port === MDNS_PORT)) {
      this.#noteBroken(packet.brokenCount, address);
      this.#deps.onPacket(packet, { link, family, address });
    }
    this.#budget.spend(address, performance.now() - now);
  }

  /** Security: who sends the same nonsense all the time fills no log. */
  #noteBroken(count: number, from: string): void {
    if (count === 0 || !this.#brokenLog.take('')) return;
    this.#deps.log.debug({ from, records: count }, 'multicast DNS records cannot be read; the others count');
  }

  #noteFault(where: string, error: unknown): void {
    this.#deps.log.debug({ err: error, where }, 'multicast DNS does not work there');
    this.#faults.set(where, (error instanceof Error ? error.message : String(error)).slice(0, 200));
    this.#judge();
  }

  #judge(): void {
    const ways = waysOf(this.#links).map((way) => this.#faults.get(way.family) ?? this.#faults.get(keyOf(way)) ?? null);
    this.#problem.set(ways.length === 0 || ways.includes(null) ? null : (ways[0] ?? null));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sockets = [...this.#sockets.values()];
    await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()));
    this.#isDisposed = true;
    this.#sockets.clear();
  }
}
