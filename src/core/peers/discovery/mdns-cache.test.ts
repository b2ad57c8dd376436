import { describe, expect, it } from 'vitest';
import type { Advert } from './advert.ts';
import { MdnsCache } from './mdns-cache.ts';
import { type Link, linkOf, OwnAddresses, readLinks } from './mdns-links.ts';
import type { ServiceInstance } from './mdns-records.ts';
import { testPeerId } from './test-lan.test-support.ts';

const info = (family: 'IPv4' | 'IPv6', cidr: string, internal = false) => ({
  address: cidr.split('/')[0] ?? '',
  netmask: '',
  mac: '02:00:00:00:00:01',
  internal,
  cidr,
  ...(family === 'IPv4' ? { family } : { family, scopeid: 2 }),
});
const interfaces = {
  lo: [info('IPv4', '127.0.0.1/8', true)],
  eth0: [info('IPv4', '10.7.0.1/24'), info('IPv6', 'fe80::1/64')],
  wlan0: [info('IPv4', '192.168.1.9/24'), info('IPv6', 'fd00::9/64')],
};
const links = readLinks(interfaces);
const [eth0, wlan0] = links as [Link, Link];
const peerId = testPeerId('bob');
const claim = { peerId, name: 'Bob', protocol: 1, catalogueDigest: 'd' };
const sighting = (change: Partial<ServiceInstance> = {}): ServiceInstance => ({
  instance: 'Bob (x)',
  host: 'bob.local',
  port: 4300,
  txt: [],
  ttlS: 16,
  addresses: [
    'fe80::2',
    '10.7.0.2',
    '2001:db8::2',
    '172.17.0.1',
    '127.0.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '::1',
    'ff02::1',
    'x',
  ],
  ...change,
});
const from = (address: string, link = eth0) =>
  ({ link, address, family: address.includes(':') ? 'ipv6' : 'ipv4' }) as const;

function table() {
  const seen: Advert[] = [];
  const gone: string[] = [];
  return {
    seen,
    gone,
    table: new MdnsCache(
      (advert) => seen.push(advert),
      (id) => gone.push(id),
    ),
  };
}

describe('links', () => {
  it('leave loopback out, unless there is nothing else', () => {
    expect(links.map(({ name }) => name)).toEqual(['eth0', 'wlan0']);
    expect(readLinks({ lo: [info('IPv4', '127.0.0.1/8', true)] }).map(({ name }) => name)).toEqual(['lo']);
  });

  it('are told by the source of a packet; strangers from elsewhere belong to none', () => {
    expect(linkOf(links, '192.168.1.77', 'ipv4')?.name).toBe('wlan0');
    expect(linkOf(links, 'fe80::5%eth0', 'ipv6')?.name).toBe('eth0');
    expect(linkOf(links, 'fd00::5', 'ipv6')?.name).toBe('wlan0');
    expect(linkOf(links, '8.8.8.8', 'ipv4')).toBeUndefined();
    expect(linkOf(links, '2001:db8::1', 'ipv6')).toBeUndefined();
  });
});

describe('sightings', () => {
  it('of one packet become one advert, the best address first and the useless left out', () => {
    const { table: each, seen } = table();
    each.add(sighting(), claim, from('10.7.0.2'), 0);
    expect(seen).toEqual([
      {
        ...claim,
        port: 4300,
        instance: 'Bob (x)',
        host: 'bob.local',
        addresses: ['10.7.0.2', '2001:db8::2', 'fe80::2%eth0', '172.17.0.1'],
      },
    ]);
  });

  it('have no address of this computer, whichever of its interfaces has it, and are told again when those change', () => {
    const { table: each, seen } = table();
    const own = new OwnAddresses({ ...interfaces, docker0: [info('IPv4', '172.17.0.1/16')] });
    each.setOwnAddresses(own);
    const addresses = ['10.7.0.2', '172.17.0.1', '192.168.1.9', 'fd00:0:0::9', 'fe80::1', 'fe80::2', '10.7.0.1'];
    each.add(sighting({ addresses }), claim, from('10.7.0.2'), 0);
    expect(seen.at(-1)?.addresses).toEqual(['10.7.0.2', 'fe80::2%eth0']);
    // On another link the same link-local address is another computer's.
    each.add(sighting({ addresses: ['fe80::1'] }), claim, from('fe80::1', wlan0), 0);
    expect(seen.at(-1)?.addresses).toEqual(['10.7.0.2', 'fe80::2%eth0', 'fe80::1%wlan0']);
    each.setOwnAddresses(new OwnAddresses(interfaces));
    expect(seen.at(-1)?.addresses).toContain('172.17.0.1');
    const before = seen.length;
    each.setOwnAddresses(new OwnAddresses(interfaces));
    expect(seen).toHaveLength(before);
  });

  it('with nothing but addresses of this computer are looked for where they came from', () => {
    const { table: each, seen } = table();
    each.setOwnAddresses(new OwnAddresses(interfaces));
    each.add(sighting({ addresses: ['10.7.0.1', '192.168.1.9'] }), claim, from('10.7.0.2'), 0);
    expect(seen.at(-1)?.addresses).toEqual(['10.7.0.2']);
  });

  it('that came from this computer are of another person on it, who has its addresses', () => {
    const { table: each, seen } = table();
    each.setOwnAddresses(new OwnAddresses(interfaces));
    each.add(sighting({ addresses: ['10.7.0.1', 'fe80::1'] }), claim, from('10.7.0.1'), 0);
    expect(seen.at(-1)?.addresses).toEqual(['10.7.0.1', 'fe80::1%eth0']);
    const { table: other, seen: seenOther } = table();
    other.setOwnAddresses(new OwnAddresses(interfaces));
    other.add(sighting({ addresses: ['10.7.0.1'] }), claim, from('fe80::1%eth0'), 0);
    expect(seenOther.at(-1)?.addresses).toEqual(['10.7.0.1']);
  });

  it('of several links and families are one peer, told again only when something changed, gone when gone everywhere', () => {
    const { table: each, seen, gone } = table();
    each.add(sighting(), claim, from('10.7.0.2'), 0);
    each.add(sighting(), claim, from('fe80::2%eth0'), 0);
    each.add(sighting(), claim, from('10.7.0.2'), 100);
    expect(seen).toHaveLength(1);
    each.add(sighting({ addresses: ['192.168.1.2'] }), claim, from('192.168.1.2', wlan0), 0);
    expect(seen.at(-1)?.addresses).toContain('192.168.1.2');
    each.goodbye('BOB (x)', from('10.7.0.2'));
    expect(gone).toEqual([]);
    expect(seen.at(-1)?.addresses).toEqual(['192.168.1.2']);
    each.goodbye('bob (x)', from('192.168.1.2', wlan0));
    expect(gone).toEqual([peerId]);
  });

  it('from another source that claim the same key are candidates and push nothing aside', () => {
    const { table: each, seen, gone } = table();
    each.add(sighting({ addresses: ['10.7.0.2'] }), claim, from('10.7.0.2'), 0);
    each.add(
      sighting({ addresses: ['10.7.0.66'], port: 666, host: 'evil.local' }),
      { ...claim, name: 'Eve' },
      from('10.7.0.66'),
      1,
    );
    expect(seen.at(-1)).toMatchObject({ name: 'Bob', port: 4300, addresses: ['10.7.0.2', '10.7.0.66:666'] });
    each.goodbye('Bob (x)', from('10.7.0.66'));
    expect(gone).toEqual([]);
    expect(seen.at(-1)?.addresses).toEqual(['10.7.0.2']);
  });

  it('are asked again in time, all together, then by name, and expire', () => {
    const { table: each, gone } = table();
    each.add(sighting(), claim, from('10.7.0.2'), 0);
    each.add(sighting(), claim, from('fe80::2%eth0'), 0);
    expect(each.sweep(9000).browse.size).toBe(0);
    expect([...each.sweep(12_000).browse.keys()]).toEqual(['eth0 ipv4']);
    expect([...(each.sweep(13_500).direct.get('eth0')?.instances ?? [])]).toEqual(['Bob (x)']);
    each.noteAsked('Bob (x)', 14_500);
    expect(each.sweep(15_000).direct.size).toBe(0);
    expect(gone).toEqual([]);
    each.sweep(16_000);
    expect(gone).toEqual([peerId]);
    expect(each.peerCount).toBe(0);
  });

  it('live neither forever nor for an instant, whatever they say', () => {
    const { table: each, gone } = table();
    each.add(sighting({ ttlS: 4_000_000_000 }), claim, from('10.7.0.2'), 0);
    each.add(sighting({ ttlS: 1 }), { ...claim, peerId: testPeerId('eve') }, from('10.7.0.3'), 0);
    each.sweep(9999);
    expect(gone).toEqual([]);
    each.sweep(20_000);
    expect(gone).toHaveLength(2);
  });

  it('of one address are bounded, and leave room for those of others', () => {
    const { table: each } = table();
    const add = (index: number, source: string) =>
      each.add(sighting({ instance: `i${index}` }), { ...claim, peerId: testPeerId(`p${index}`) }, from(source), 0);
    for (let index = 0; index < 5000; index++) add(index, '10.7.0.2');
    expect(each.peerCount).toBe(400);
    expect(add(5000, '10.7.0.3')).toBe(true);
    expect(add(5001, '10.7.0.2')).toBe(false);
    // Those that are gone make room.
    each.sweep(25_000);
    expect(each.peerCount).toBe(0);
    expect(add(5001, '10.7.0.2')).toBe(true);
  });

  it('are bounded: a flood costs little', () => {
    const { table: each, seen } = table();
    for (let index = 0; index < 5000; index++) {
      const source = from(`10.7.0.${index % 100}`);
      each.add(sighting({ instance: `i${index}` }), { ...claim, peerId: testPeerId(`p${index}`) }, source, 0);
    }
    expect(each.peerCount).toBe(2000);
    const { table: other } = table();
    for (let index = 0; index < 200; index++) {
      other.add(
        sighting({ addresses: Array.from({ length: 16 }, (_, n) => `10.7.${index}.${n}`) }),
        claim,
        from(`10.7.0.${index}`),
        index,
      );
    }
    expect(seen.every(({ addresses }) => addresses.length <= 32)).toBe(true);
  });
});
