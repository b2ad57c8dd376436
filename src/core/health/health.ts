// The topic `health`: what the engine found, the peer port, multicast, the disk and the files that were damaged.
import { statfs } from 'node:fs/promises';
import type { JudgedMount } from '../../contract/containers.ts';
import { assertNever } from '../../contract/errors.ts';
import type { HealthItem } from '../../contract/health.ts';
import type { Engine } from '../container/engine.ts';
import type { KeyPlace } from '../identity/identity.ts';
import type { JsonFileProblem } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import type { SettingsPart } from '../settings/settings.ts';

export interface Health extends Disposable {
  readonly items: Followable<readonly HealthItem[]>;
  /** Looks again at everything. */
  check(): Promise<void>;
  /** Whether every part that sharing needs is there. */
  canShare(): boolean;
  /** Whether a program that is shared from here can be given the internet. */
  canGiveNetwork(): boolean;
  setPort(port: number, why: string | null): void;
  setMulticast(why: string | null): void;
  setNetwork(isThere: boolean): void;
  setKeyPlace(place: KeyPlace): void;
  /** Says that a file of decisions was not as it was left; null when it was. */
  setDamage(id: 'settings' | 'people' | 'rules', damage: JsonFileProblem | null): void;
  /** What becomes of the owner’s folders: one that is refused is said, for programs run without it. */
  setMounts(mounts: readonly JudgedMount[]): void;
  /** The folder of the activity log while it cannot be written. */
  setActivity(unwritablePath: string | null): void;
}

const SHARING_NEEDS = new Set<HealthItem['id']>(['bubblewrap', 'namespaces', 'sshd', 'socat', 'xvnc', 'port']);
/** A disk is running full while it has less than so many times what is wanted. */
const LOW_FACTOR = 8;
const DISK_CHECK_MS = 5000;

export function startHealth(options: {
  readonly engine: Engine;
  /** Where something is written, the most important first, with the space that must be left there. */
  readonly folders: readonly Folder[];
  readonly settings: SettingsPart;
  readonly isRoot: boolean;
  readonly log: Log;
}): Health {
  const { engine, folders, settings, isRoot, log } = options;
  const items = new State<readonly HealthItem[]>([]);

  let isOnNetwork = true;

  /** What is well in itself is no use yet to others while there is no network: the sentence says so. */
  function inView(item: HealthItem): HealthItem {
    if (item.level !== 'ok' || (item.id !== 'port' && item.id !== 'multicast')) return item;
    const { context: _, ...params } = item.params;
    return { ...item, params: isOnNetwork ? params : { ...params, context: 'offline' } };
  }

  function put(item: HealthItem): void {
    items.update((list) => [...list.filter((other) => other.id !== item.id), item].map(inView));
  }

  async function checkDisk(): Promise<void> {
    const disks = await Promise.all(folders.map(readDisk));
    const worst = (['error', 'warning', 'ok'] as const).flatMap((level) =>
      disks.filter((disk) => disk.level === level),
    )[0];
    const before = items.value.find(({ id }) => id === 'disk');
    if (worst === undefined || (before?.level === worst.level && before.params['path'] === worst.path)) return;
    if (before !== undefined || worst.level !== 'ok') log.warn({ ...worst }, 'space on the disk');
    put({ id: 'disk', level: worst.level, params: { path: worst.path, freeBytes: worst.freeBytes }, command: null });
  }

  function setDamage(id: 'settings' | 'people' | 'rules', damage: JsonFileProblem | null): void {
    if (damage === null) return;
    const params = { path: damage.path, keptAs: damage.keptAs ?? '', why: damage.why };
    put({ id, level: 'warning', params, command: null });
  }

  function checkFixed(): void {
    setDamage('settings', settings.damage);
    if (isRoot) put({ id: 'root', level: 'warning', params: {}, command: null });
  }

  checkFixed();
  // A disk fills up and is freed while nobody looks; whoever looks next is to see how it is.
  const timer = setInterval(() => {
    checkDisk().catch((error) => log.debug({ error: String(error) }, 'disk not checked'));
  }, DISK_CHECK_MS);
  return {
    [Symbol.dispose]: () => clearInterval(timer),
    items,
    setDamage,
    check: async () => {
      try {
        if (process.platform === 'linux') for (const item of await engine.check()) put(item);
        await checkDisk();
      } catch (error) {
        log.error({ error: String(error) }, 'health check failed');
      }
    },
    canShare: () =>
      process.platform === 'linux' && !items.value.some((item) => SHARING_NEEDS.has(item.id) && item.level === 'error'),
    canGiveNetwork: () => items.value.some((item) => item.id === 'internet' && item.level === 'ok'),
    setPort: (port, why) => {
      const asked = settings.state.value.peerPort;
      if (why !== null) put({ id: 'port', level: 'error', params: { port: asked, why }, command: null });
      else if (port !== asked) put({ id: 'port', level: 'warning', params: { port, asked }, command: null });
      else put({ id: 'port', level: 'ok', params: { port }, command: null });
    },
    setNetwork: (isThere) => {
      isOnNetwork = isThere;
      put({ id: 'network', level: isThere ? 'ok' : 'warning', params: {}, command: null });
    },
    setMounts: (mounts) => {
      const refused = mounts.find(({ level }) => level === 'refused');
      const [note] = refused?.notes ?? [];
      if (refused === undefined || note === undefined) put({ id: 'mounts', level: 'ok', params: {}, command: null });
      else put({ id: 'mounts', level: 'warning', params: { path: refused.path, ...note }, command: null });
    },
    setActivity: (path) => {
      put({
        id: 'activity',
        level: path === null ? 'ok' : 'error',
        params: path === null ? {} : { path },
        command: null,
      });
    },
    setMulticast: (why) => {
      put({
        id: 'multicast',
        level: why === null ? 'ok' : 'warning',
        params: why === null ? {} : { why },
        command: null,
      });
    },
    setKeyPlace: (place) => put(describeKeyPlace(place)),
  };
}

interface Folder {
  readonly path: string;
  readonly wantedBytes: number;
}

interface Disk {
  readonly path: string;
  readonly level: HealthItem['level'];
  readonly freeBytes: number;
}

async function readDisk({ path, wantedBytes }: Folder): Promise<Disk> {
  const { bavail, bsize, files, ffree } = await statfs(path);
  const freeBytes = bavail * bsize;
  // Some file systems have a number of files as well as a size, others say 0 for it.
  const isFull = freeBytes < wantedBytes || (files > 0 && ffree === 0);
  return { path, level: isFull ? 'error' : freeBytes < LOW_FACTOR * wantedBytes ? 'warning' : 'ok', freeBytes };
}

/** A warning only where a person can do something about it. */
export function describeKeyPlace(place: KeyPlace): HealthItem {
  const item = { id: 'secrets', command: null } as const;
  if (place.kind === 'store') return { ...item, level: 'ok', params: { store: place.store } };
  switch (place.why) {
    case 'no-store':
      return { ...item, level: 'ok', params: { context: 'browser' } };
    case 'chosen':
    case 'linked':
      return { ...item, level: 'ok', params: { context: place.why } };
    case 'no-system-store':
      return { ...item, level: 'warning', params: {} };
    case 'failed':
      return { ...item, level: 'warning', params: { context: 'failed' } };
    default:
      return assertNever(place.why);
  }
}
