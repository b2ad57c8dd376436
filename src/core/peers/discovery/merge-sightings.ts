// One peer is heard in several places, by several names or by somebody who claims its key: what all of it says together.
import { isIPv6 } from 'node:net';
import type { Advert, TxtClaim } from './advert.ts';
import { addressRank, isLinkLocal, type Link, type OwnAddresses } from './mdns-links.ts';
import type { ServiceInstance } from './mdns-records.ts';

const MAX_ADDRESSES = 32;

/** One peer as heard from one source address on one link. */
export interface Sighting {
  readonly link: Link;
  readonly source: string;
  readonly firstAt: number;
  readonly service: ServiceInstance;
  readonly claim: TxtClaim;
}

/**
 * One advert out of several sightings. The name and the port are those of the sighting that has lasted longest, so a latecomer who claims the same key
 * cannot push the first one aside; its addresses are candidates all the same, and the SSH host key tells which of them is true.
 * An address of this computer (a bridge has the same one on many) is left out, unless the advert itself came from this computer: then the peer
 * belongs to another person on it.
 */
export function mergeSightings(sightings: readonly Sighting[], own: OwnAddresses): Advert {
  const [first, ...rest] = [...sightings].sort((a, b) => a.firstAt - b.firstAt);
  if (!first) throw new Error('a peer without sightings');
  const ranks = new Map<string, number>();
  for (const { service, link, source } of [first, ...rest]) {
    const claimed = own.has(source, link)
      ? service.addresses
      : service.addresses.filter((address) => !own.has(address, link));
    const hosts = claimed.length > 0 ? claimed : [source.split('%')[0] ?? source];
    for (const host of hosts) {
      const rank = addressRank(host, link);
      if (rank === undefined) continue;
      const zoned = isLinkLocal(host) ? `${host}%${link.zone}` : host;
      const bracketed = isIPv6(zoned) ? `[${zoned}]` : zoned;
      const address = service.port === first.service.port ? zoned : `${bracketed}:${service.port}`;
      const order = rank + (service.port === first.service.port ? 0 : 10);
      if ((ranks.get(address) ?? Number.POSITIVE_INFINITY) > order) ranks.set(address, order);
    }
  }
  return {
    ...first.claim,
    port: first.service.port,
    addresses: [...ranks]
      .sort(([, a], [, b]) => a - b)
      .slice(0, MAX_ADDRESSES)
      .map(([address]) => address),
    instance: first.service.instance,
    host: first.service.host,
  };
}
