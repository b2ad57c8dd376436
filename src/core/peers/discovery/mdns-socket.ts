// Carries multicast DNS packets: one UDP socket for each IP family, joined on every link, sending on the link that it is told.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { encode, type OutgoingPacket } from 'dns-packet';
import type { Log } from '../../lib/log.ts';
import { createRateLimit } from '../../lib/rate-limit.ts';
import { type Followable, State } from '../../lib/state.ts';
import { ReadingBudget } from './mdns-budget.ts';
import { type Family, families, isLinkLocal, type Link, linkOf } from './mdns-links.ts';
import { type IncomingPacket, readPacket } from './mdns-packet.ts';
import { MAX_PACKET_BYTES } from './mdns-records.ts';

const PORT = 5353;
const GROUPS: Readonly<Record<Family, string>> = { ipv4: '224.0.0.251', ipv6: 'ff02::fb' };
const REOPEN_MS = 10_000;
const MAX_QUEUED = 5000;

/** Where a packet came from. */
export interface Origin {
  readonly link: Link;
  readonly family: Family;
  readonly address: string;
}

export interface CarrierDeps {
  readonly log: Log;
  readonly onPacket: (packet: IncomingPacket, origin: Origin) => void;
  /** A glance at the bytes, so that the printers and televisions of the network cost nothing. */
  readonly isOfInterest: (message: Buffer) => boolean;
}

export class MdnsCarrier implements AsyncDisposable {
  readonly #deps: CarrierDeps;
  readonly #sockets = new Map<Family, Socket>();
  readonly #openErrors = new Map<Family, string>();
  readonly #sendErrors = new Map<string, string>();
  readonly #reopenAt = new Map<Family, number>();
  readonly #problem = new State<string | null>(null);
  #links: readonly Link[] = [];
  #sendTail: Promise<unknown> = Promise.resolve();
  #queued = 0;
  readonly #budget = new ReadingBudget();
  /** Questions and records that could not be read since the start. */
  #brokenCount = 0;
  readonly #brokenLog = createRateLimit(6);
  #hasMended = false;
  #isDisposed = false;

  constructor(deps: CarrierDeps) {
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
    for (const { name } of [...removed, ...added])
      for (const family of families) this.#sendErrors.delete(`${name} ${family}`);
    for (const family of families) {
      const socket = this.#sockets.get(family);
      if (socket) {
        for (const link of removed) this.#leave(socket, family, link);
        for (const link of added) this.#join(socket, family, link);
        continue;
      }
      const isWanted = links.some((link) => link.addresses[family].length > 0);
      if (isWanted && (added.length > 0 || now >= (this.#reopenAt.get(family) ?? 0))) {
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
    const socket = createSocket({
      type: family === 'ipv4' ? 'udp4' : 'udp6',
      reuseAddr: true,
      ipv6Only: family === 'ipv6',
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        // On Linux a socket bound to the group gets nothing but the group's packets: it takes no answer away from another responder.
        const address = family === 'ipv6' ? '::' : process.platform === 'linux' ? GROUPS.ipv4 : '0.0.0.0';
        socket.bind(PORT, address, () => {
          socket.removeListener('error', reject);
          resolve();
        });
      });
      // RFC 6762 §11.
      socket.setMulticastTTL(255);
      // Other cores on this same computer want to hear it too.
      socket.setMulticastLoopback(true);
    } catch (error) {
      closeQuietly(socket);
      this.#openErrors.set(family, reasonOf(error));
      this.#deps.log.debug({ err: error, family }, 'multicast socket could not be opened');
      return;
    }
    if (this.#isDisposed) {
      closeQuietly(socket);
      return;
    }
    socket.on('error', (error) => {
      this.#deps.log.debug({ err: error, family }, 'multicast socket failed');
      if (this.#sockets.get(family) === socket) this.#sockets.delete(family);
      this.#openErrors.set(family, reasonOf(error));
      closeQuietly(socket);
    });
    socket.on('message', (message, remote) => this.#receive(message, remote, family));
    this.#openErrors.delete(family);
    this.#sockets.set(family, socket);
    this.#hasMended = true;
    for (const link of this.#links) this.#join(socket, family, link);
  }

  #join(socket: Socket, family: Family, link: Link): void {
    const on = interfaceAddress(link, family);
    if (on === undefined) return;
    // The kernel may or may not have kept the membership of an interface that went and came back.
    this.#leave(socket, family, link);
    try {
      socket.addMembership(GROUPS[family], on);
    } catch (error) {
      this.#deps.log.debug({ err: error, family, link: link.name }, 'multicast group could not be joined');
    }
  }

  #leave(socket: Socket, family: Family, link: Link): void {
    const on = interfaceAddress(link, family);
    if (on === undefined) return;
    try {
      socket.dropMembership(GROUPS[family], on);
    } catch {
      // It was not joined, or the interface took its memberships along.
    }
  }

  /** Sends in the order of the calls. False when it could not be sent; the reason is in `problem` when nothing else works either. */
  send(packet: OutgoingPacket, link: Link, family: Family): Promise<boolean> {
    if (this.#queued >= MAX_QUEUED) return Promise.resolve(false);
    this.#queued++;
    const sent = this.#sendTail.then(async () => {
      this.#queued--;
      return await this.#sendNow(packet, link, family);
    });
    this.#sendTail = sent;
    return sent;
  }

  async #sendNow(packet: OutgoingPacket, link: Link, family: Family): Promise<boolean> {
    const socket = this.#sockets.get(family);
    const on = interfaceAddress(link, family);
    if (!socket || on === undefined) return false;
    const key = `${link.name} ${family}`;
    try {
      // The queue makes these two calls one: no other packet leaves between them.
      if (family === 'ipv4') socket.setMulticastInterface(on);
      const target = family === 'ipv4' ? GROUPS.ipv4 : `${GROUPS.ipv6}%${link.zone}`;
      const message = encode(packet);
      await new Promise<void>((resolve, reject) => {
        socket.send(message, PORT, target, (error) => (error ? reject(error) : resolve()));
      });
      if (this.#sendErrors.delete(key)) {
        this.#hasMended = true;
        this.#judge();
      }
      return true;
    } catch (error) {
      const isNew = !this.#sendErrors.has(key);
      this.#sendErrors.set(key, reasonOf(error));
      if (isNew) {
        this.#deps.log.debug({ err: error, link: link.name, family }, 'multicast packet could not be sent');
        this.#judge();
      }
      return false;
    }
  }

  #receive(message: Buffer, remote: RemoteInfo, family: Family): void {
    if (message.length > MAX_PACKET_BYTES || !this.#deps.isOfInterest(message)) return;
    // Security: a flood is dropped before it is read.
    const now = performance.now();
    if (!this.#budget.take(now)) return;
    const link = linkOf(this.#links, remote.address, family);
    if (!link) return;
    const packet = readPacket(message);
    this.#budget.spend(performance.now() - now);
    if (packet === null) return;
    this.#noteBroken(packet.brokenCount, remote.address);
    // Security: an answer from another port is not from a responder (RFC 6762 §6).
    if (packet.type === 'response' && remote.port !== PORT) return;
    this.#deps.onPacket(packet, { link, family, address: remote.address });
  }

  /** Security: who sends the same nonsense all the time fills no log. */
  #noteBroken(count: number, from: string): void {
    if (count === 0) return;
    this.#brokenCount += count;
    if (!this.#brokenLog.take('')) return;
    this.#deps.log.debug(
      { from, records: count, inAll: this.#brokenCount },
      'multicast DNS records cannot be read; the others count',
    );
  }

  #judge(): void {
    const ways = this.#links.flatMap((link) =>
      families
        .filter((family) => link.addresses[family].length > 0)
        .map((family) => this.#openErrors.get(family) ?? this.#sendErrors.get(`${link.name} ${family}`) ?? null),
    );
    this.#problem.set(ways.length === 0 || ways.includes(null) ? null : (ways[0] ?? null));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sendTail;
    this.#isDisposed = true;
    for (const socket of this.#sockets.values()) await new Promise<void>((resolve) => socket.close(() => resolve()));
    this.#sockets.clear();
  }
}

/** What names the link to the kernel: its address in IPv4, its zone in IPv6. Undefined where it does not speak the family. */
function interfaceAddress(link: Link, family: Family): string | undefined {
  if (family === 'ipv4') return link.addresses.ipv4[0];
  // Multicast of the link's own scope needs an address of the link's own scope; loopback has none and needs none.
  return link.addresses.ipv6.some(isLinkLocal) || link.isLoopback ? `::%${link.zone}` : undefined;
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It was closed already.
  }
}
