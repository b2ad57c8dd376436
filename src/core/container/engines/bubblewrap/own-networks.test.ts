import { expect, test } from 'vitest';
import { networkOf, parseRoutes, readOwnNetworks } from './own-networks.ts';

test('the network of an address', () => {
  expect(networkOf('192.168.0.7/24')).toBe('192.168.0.0/24');
  expect(networkOf('10.1.2.3/8')).toBe('10.0.0.0/8');
  expect(networkOf('203.0.113.130/25')).toBe('203.0.113.128/25');
  expect(networkOf('255.255.255.255/32')).toBe('255.255.255.255/32');
  expect(networkOf('172.31.255.1/12')).toBe('172.16.0.0/12');
});

test('of the routes, those that lead to a place of its own, and not those to everywhere', () => {
  const rows = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0',
    'tun0\t00000080\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'vpn0\t00000086\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'vpn0\t076433C6\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0',
    'broken',
    '',
  ];
  expect(parseRoutes(rows.join('\n'), true)).toEqual(['192.0.2.0/24', '134.0.0.0/16', '198.51.100.7/32']);
  expect(parseRoutes('\nx 86000000 0 0 0 0 0 FFFF0000', false)).toEqual(['134.0.0.0/16']);
  expect(parseRoutes('')).toEqual([]);
});

test('this computer’s own are networks, and loopback is none of them', async () => {
  for (const network of await readOwnNetworks()) expect(network).toMatch(/^(?!127\.)(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/);
});
