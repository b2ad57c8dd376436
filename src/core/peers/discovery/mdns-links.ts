// The network interfaces that discovery works on, and which of them a packet came in on.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

export type Family = 'ipv4' | 'ipv6';
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** One interface with its addresses: where one multicast reaches everybody. Immutable: another address makes another link. */
export interface Link {
  readonly name: string;
  /** What stands after the % of a link-local address here: the name, on Windows the number. */
  readonly zone: string;
  readonly isLoopback: boolean;
  readonly addresses: Readonly<Record<Family, readonly string[]>>;
  readonly subnets: BlockList;
  /** Equal for links that are equal in everything. */
  readonly signature: string;
}

/** One family on one link: where one multicast goes. */
export interface Way {
  readonly link: Link;
  readonly family: Family;
}

export const families: readonly Family[] = ['ipv4', 'ipv6'];

export function waysOf(links: readonly Link[]): readonly Way[] {
  return links.flatMap((link) =>
    families.filter((family) => link.addresses[family].length > 0).map((family) => ({ link, family })),
  );
}

export function keyOf({ link, family }: Way): string {
  return `${link.name} ${family}`;
}

/** Every interface that is up and leads somewhere; loopback alone when there is no other. */
export function readLinks(interfaces: Interfaces = networkInterfaces()): readonly Link[] {
  const links = Object.entries(interfaces).flatMap(([name, infos]) => toLink(name, infos ?? []));
  const outward = links.filter(({ isLoopback }) => !isLoopback);
  return outward.length > 0 ? outward : links;
}

function toLink(name: string, infos: readonly NetworkInterfaceInfo[]): Link[] {
  const first = infos[0];
  if (!first) return [];
  const subnets = new BlockList();
  const ipv4: string[] = [];
  const ipv6: string[] = [];
  let zone = name;
  for (const { address, family, cidr, ...rest } of infos) {
    const bits = Number(cidr?.split('/')[1] ?? (family === 'IPv4' ? 32 : 128));
    subnets.addSubnet(address, bits, family === 'IPv4' ? 'ipv4' : 'ipv6');
    (family === 'IPv4' ? ipv4 : ipv6).push(address);
    if (process.platform === 'win32' && 'scopeid' in rest && rest.scopeid) zone = String(rest.scopeid);
  }
  const signature = JSON.stringify([name, zone, ...infos.map(({ cidr, address }) => cidr ?? address).sort()]);
  return [{ name, zone, isLoopback: first.internal, addresses: { ipv4, ipv6 }, subnets, signature }];
}

/** The addresses of this very computer, of every interface that is up: none of them can be where somebody else is. */
export class OwnAddresses {
  /** Equal for equal addresses. */
  readonly signature: string;
  readonly #everywhere = new BlockList();
  /** A link-local address says something on its own link only; by zone. */
  readonly #onLink = new Map<string, BlockList>();

  constructor(interfaces: Interfaces = {}) {
    const all = Object.entries(interfaces).flatMap(([name, infos]) => (infos ?? []).map((info) => ({ name, ...info })));
    for (const { name, address, family } of all) {
      const list = isLinkLocal(address) ? (this.#onLink.get(name) ?? new BlockList()) : this.#everywhere;
      if (list !== this.#everywhere) this.#onLink.set(name, list);
      list.addAddress(address, family === 'IPv4' ? 'ipv4' : 'ipv6');
    }
    this.signature = JSON.stringify(all.map(({ name, address }) => [name, address]).sort());
  }

  /** With or without a zone. */
  has(address: string, link: Link): boolean {
    const [bare = ''] = address.split('%');
    if (!isIPv4(bare) && !isIPv6(bare)) return false;
    const list = isLinkLocal(bare) ? this.#onLink.get(link.name) : this.#everywhere;
    return list?.check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6') === true;
  }
}

/**
 * The link that a packet from this address came in on, or undefined.
 * Security: what is not from a neighbour is not multicast DNS (RFC 6762 §11).
 */
export function linkOf(links: readonly Link[], source: string, family: Family): Link | undefined {
  const [address = '', zone] = source.split('%');
  if (zone !== undefined) return links.find((link) => link.zone === zone || link.name === zone);
  return links.find((link) => link.subnets.check(address, family));
}

/** Where a claimed address stands in the order of trying (0 is best), or undefined when it can be of no use on this link. */
export function addressRank(address: string, link: Link): number | undefined {
  if (isIPv4(address)) {
    const first = Number(address.split('.')[0]);
    if (first === 0 || first >= 224 || (first === 127 && !link.isLoopback)) return undefined;
    return link.subnets.check(address, 'ipv4') ? 0 : 3;
  }
  if (!isIPv6(address) || address.includes('%') || /^::(ffff:|$)/i.test(address) || /^ff/i.test(address))
    return undefined;
  if (address === '::1') return link.isLoopback ? 1 : undefined;
  return isLinkLocal(address) ? 2 : 1;
}

export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}
