// The topic `health`: what the engine found, the peer port, multicast, the disk and the files that were damaged.
import { statfs } from 'node:fs/promises';
import type { HealthItem } from '../contract/models.ts';
import type { Engine } from './container/engine.ts';
import type { Log } from './lib/log.ts';
import { type Followable, State } from './lib/state.ts';
import type { SettingsPart } from './settings/settings.ts';

export interface Health {
  readonly items: Followable<readonly HealthItem[]>;
  /** Looks again at everything. */
  check(): Promise<void>;
  /** Whether every part that sharing needs is there. */
  canShare(): boolean;
  setPort(port: number, why: string | null): void;
  setMulticast(why: string | null): void;
}

const SHARING_NEEDS = new Set<HealthItem['id']>(['bubblewrap', 'namespaces', 'sshd', 'socat', 'xvnc', 'port']);
const LOW_DISK_BYTES = 100 * 1024 * 1024;

export function startHealth(options: {
  readonly engine: Engine;
  readonly profileDir: string;
  readonly settings: SettingsPart;
  readonly isRoot: boolean;
  readonly log: Log;
}): Health {
  const { engine, profileDir, settings, isRoot, log } = options;
  const items = new State<readonly HealthItem[]>([]);

  function put(item: HealthItem): void {
    items.update((list) => [...list.filter((other) => other.id !== item.id), item]);
  }

  async function checkDisk(): Promise<HealthItem> {
    const { bavail, bsize } = await statfs(profileDir);
    const level = bavail * bsize < LOW_DISK_BYTES ? 'error' : 'ok';
    return { id: 'disk', level, params: { path: profileDir, freeBytes: bavail * bsize }, command: null };
  }

  function checkFixed(): void {
    const { damage } = settings;
    if (damage !== null) {
      const params = { path: damage.path, keptAs: damage.keptAs ?? '', why: damage.why };
      put({ id: 'settings', level: 'warning', params, command: null });
    }
    if (isRoot) put({ id: 'root', level: 'warning', params: {}, command: null });
  }

  checkFixed();
  return {
    items,
    check: async () => {
      try {
        if (process.platform === 'linux') for (const item of await engine.check()) put(item);
        put(await checkDisk());
      } catch (error) {
        log.error({ error: String(error) }, 'health check failed');
      }
    },
    canShare: () =>
      process.platform === 'linux' && !items.value.some((item) => SHARING_NEEDS.has(item.id) && item.level === 'error'),
    setPort: (port, why) => {
      const asked = settings.state.value.peerPort;
      if (why !== null) put({ id: 'port', level: 'error', params: { port: asked, why }, command: null });
      else if (port !== asked) put({ id: 'port', level: 'warning', params: { port, asked }, command: null });
      else put({ id: 'port', level: 'ok', params: { port }, command: null });
    },
    setMulticast: (why) => {
      put({
        id: 'multicast',
        level: why === null ? 'ok' : 'warning',
        params: why === null ? {} : { why },
        command: null,
      });
    },
  };
}
