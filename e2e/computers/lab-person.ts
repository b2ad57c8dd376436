// The ordinary user of a computer of the lab.
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderOf, spawnOn } from '../../lab/hosts.ts';
import type { Person } from '../electron/person.ts';
import { startRelay } from './relay.ts';

export function labPerson(host: string): Person {
  const folder = folderOf(host, 'tmp');
  return {
    spawn: (argv, options) => spawnOn(host, argv, options),
    folder,
    // The loopback of that computer is not ours; a socket in a folder that both see leads to it.
    reach: async (port, stack) => {
      const path = join(folder, `port-${port}`);
      const bridge = spawnOn(host, ['socat', `UNIX-LISTEN:${path},fork`, `TCP:127.0.0.1:${port}`]);
      stack.defer(() => void bridge.kill());
      for (let tries = 0; tries < 500 && !existsSync(path); tries += 1) await sleep(10);
      const relay = await startRelay({ host: '127.0.0.1', port: 0 }, { path });
      stack.defer(() => void relay.close());
      return (relay.address() as AddressInfo).port;
    },
  };
}
