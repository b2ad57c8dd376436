import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LinkSchedule } from './link-schedule.ts';
import { readLinks } from './mdns-links.ts';

const info = {
  address: '10.7.0.1',
  netmask: '',
  mac: '',
  internal: false,
  cidr: '10.7.0.1/24',
  family: 'IPv4',
} as const;
const ipv6 = { ...info, address: 'fe80::1', cidr: 'fe80::1/64', family: 'IPv6', scopeid: 2 } as const;
const both = readLinks({ eth0: [info, ipv6], wlan0: [{ ...info, address: '10.8.0.1', cidr: '10.8.0.1/24' }] });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('acts at once and at the other times, in each family that the link speaks, until it is gone or all is cancelled', () => {
  let links = both;
  const acts: string[] = [];
  const schedule = new LinkSchedule(
    [0, 100, 300],
    () => links,
    ({ link, family }, round) => acts.push(`${round} ${link.name} ${family}`),
  );
  const taken = () => acts.splice(0);
  schedule.start(both);
  expect(taken()).toEqual(['0 eth0 ipv4', '0 eth0 ipv6', '0 wlan0 ipv4']);
  links = both.slice(0, 1);
  vi.advanceTimersByTime(150);
  expect(taken()).toEqual(['1 eth0 ipv4', '1 eth0 ipv6']);
  schedule.cancel();
  vi.advanceTimersByTime(1000);
  expect(taken()).toEqual([]);
  links = both;
  schedule.start(both.slice(1));
  vi.advanceTimersByTime(1000);
  expect(taken()).toEqual(['0 wlan0 ipv4', '1 wlan0 ipv4', '2 wlan0 ipv4']);
  schedule.start([]);
  expect(taken()).toEqual([]);
});
