// The UDP socket of one IP family: joined on links, sending on the link that it is told.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Family, isLinkLocal, type Link } from './mdns-links.ts';

export const MDNS_PORT = 5353;
const GROUPS: Readonly<Record<Family, string>> = { ipv4: '224.0.0.251', ipv6: 'ff02::fb' };
const MAX_QUEUED = 5000;

export interface SocketListeners {
  readonly onMessage: (message: Buffer, remote: RemoteInfo) => void;
  /** It is closed by then. */
  readonly onError: (error: Error) => void;
}

export class MdnsSocket implements AsyncDisposable {
  readonly #family: Family;
  readonly #socket: Socket;
  #sendTail: Promise<unknown> = Promise.resolve();
  #queued = 0;

  private constructor(family: Family, socket: Socket, { onMessage, onError }: SocketListeners) {
    this.#family = family;
    this.#socket = socket;
    socket.on('message', onMessage);
    socket.on('error', (error) => {
      closeQuietly(socket);
      onError(error);
    });
  }

  static async open(family: Family, listeners: SocketListeners): Promise<MdnsSocket> {
    const isIpv6 = family === 'ipv6';
    const socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', reuseAddr: true, ipv6Only: isIpv6 });
    try {
      // On Linux a socket bound to the group gets nothing but the group's packets: it takes no answer away from another responder.
      socket.bind(MDNS_PORT, isIpv6 ? '::' : process.platform === 'linux' ? GROUPS.ipv4 : '0.0.0.0');
      await once(socket, 'listening');
      // RFC 6762 §11.
      socket.setMulticastTTL(255);
      // Other cores on this same computer want to hear it too.
      socket.setMulticastLoopback(true);
    } catch (error) {
      closeQuietly(socket);
      throw error;
    }
    return new MdnsSocket(family, socket, listeners);
  }

  /** Nothing where the link does not speak the family. */
  join(link: Link): void {
    const on = interfaceAddress(link, this.#family);
    if (on === undefined) return;
    // The kernel may or may not have kept the membership of an interface that went and came back.
    this.leave(link);
    this.#socket.addMembership(GROUPS[this.#family], on);
  }

  leave(link: Link): void {
    const on = interfaceAddress(link, this.#family);
    if (on === undefined) return;
    try {
      this.#socket.dropMembership(GROUPS[this.#family], on);
    } catch {
      // It was not joined, or the interface took its memberships along.
    }
  }

  /** Sends in the order of the calls. False where it is not tried: the link does not speak the family, or too many packets wait. */
  async send(message: Buffer, link: Link): Promise<boolean> {
    const on = interfaceAddress(link, this.#family);
    if (on === undefined || this.#queued >= MAX_QUEUED) return false;
    this.#queued++;
    const sent = this.#sendTail.then(() => {
      this.#queued--;
      return this.#sendNow(message, link, on);
    });
    this.#sendTail = sent.catch(() => {});
    await sent;
    return true;
  }

  /** Its two calls belong together: the queue lets no other packet leave between them. */
  async #sendNow(message: Buffer, link: Link, on: string): Promise<void> {
    if (this.#family === 'ipv4') this.#socket.setMulticastInterface(on);
    const target = this.#family === 'ipv4' ? GROUPS.ipv4 : `${GROUPS.ipv6}%${link.zone}`;
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(message, MDNS_PORT, target, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends what waits first. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sendTail;
    closeQuietly(this.#socket);
  }
}

/** What names the link to the kernel: its address in IPv4, its zone in IPv6. Undefined where it does not speak the family. */
function interfaceAddress(link: Link, family: Family): string | undefined {
  if (family === 'ipv4') return link.addresses.ipv4[0];
  // Multicast of the link's own scope needs an address of the link's own scope; loopback has none and needs none.
  return link.addresses.ipv6.some(isLinkLocal) || link.isLoopback ? `::%${link.zone}` : undefined;
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It was closed already.
  }
}
