import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { BrowserServerFixture } from './browser-server.test-support.ts';
import { findOwner } from './gate.ts';

const shell = new BrowserServerFixture();

describe('the owner of a connection', () => {
  const header = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const row = (local: string, remote: string, uid: number) =>
    `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000  ${uid}        0 12345 1\n`;
  const there = '0100007F:9C40';
  const here = '0100007F:BAB8';

  test.each([
    ['an IPv4 socket', row(here, there, 0) + row(there, here, 1001), '', 1001],
    [
      'an IPv6 socket that reaches an IPv4 address',
      row(here, there, 0),
      row(`0000000000000000FFFF0000${there}`, `0000000000000000FFFF0000${here}`, 1002),
      1002,
    ],
    ['a socket that is gone', row(here, there, 0), '', 'nobody'],
    ['a kernel that shows nothing', '', '', 'unknown'],
  ])('is found for %s', (_what, tcp, tcp6, owner) => {
    const tables: Record<string, string> = { tcp: header + tcp, tcp6: header + tcp6 };
    expect(findOwner(0x9c40, 0xbab8, (name) => tables[name] ?? '')).toBe(owner);
  });

  test('is unknown where the table cannot be read', () => {
    const owner = findOwner(1, 2, () => {
      throw new Error('no such file');
    });
    expect(owner).toBe('unknown');
  });

  test('is nobody where the table says no number', () => {
    expect(findOwner(0xd431, 0xbab8, () => '0: 0100007F:D431 0100007F:BAB8 01 0 0 0 x')).toBe('nobody');
  });

  test('is this user for a real connection', async () => {
    const socket = connect(shell.server.port, '127.0.0.1');
    await new Promise((resolve) => socket.on('connect', resolve));
    expect(findOwner(socket.localPort ?? 0, shell.server.port)).toBe(process.getuid?.());
    socket.destroy();
  });
});
