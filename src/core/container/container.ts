// The containers of this computer: one for each peer, with a home that lasts, and a warm sandbox while a person reads its request.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, JudgedMount } from '../../contract/containers.ts';
import { AppError } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import type { Log } from '../lib/log.ts';
import { removeTree } from '../lib/remove-tree.ts';
import { type Followable, State } from '../lib/state.ts';
import { homeIn, keepText, readOwnerOf } from './container-files.ts';
import { createDefaultApplications, systemDefaultsSource } from './desktop/default-applications.ts';
import { createDesktop } from './desktop/desktop.ts';
import type { Engine, Sandbox, SandboxMount } from './engine.ts';
import type { Mounts } from './mounts.ts';
import type { Owner } from './owner.ts';
import { PeerContainer, type SandboxWish } from './peer-container.ts';

export interface Containers extends AsyncDisposable {
  readonly state: Followable<readonly Container[]>;
  /** Starts a sandbox in advance. One for each peer and few in all: a flood of requests must not cost this computer anything. */
  warm(peerId: PeerId, peerName: string, wish: SandboxWish): void;
  /** Stops the peer's warm sandbox, if it has one that was not taken. */
  cool(peerId: PeerId): void;
  /**
   * A sandbox for a session that was granted: the warm one if it fits, else a new one.
   * @throws AppError `container-failed`, `missing-program`, `namespaces-forbidden`, `disk-full`, `cancelled`
   */
  take(peerId: PeerId, peerName: string, wish: SandboxWish, signal: AbortSignal): Promise<Sandbox>;
  /** The container's small private text of this name, made where it is not there yet. @throws AppError `not-found`, `disk-full` */
  keep(peerId: PeerId, name: string, make: () => string): Promise<string>;
  /** Empties the peer's home; the caller has ended its sessions. */
  reset(peerId: PeerId): Promise<void>;
}

const MAX_WARM = 3;

export async function startContainers(options: {
  /** Where the homes are. */
  readonly folder: string;
  readonly engine: Engine;
  readonly mounts: Pick<Mounts, 'state' | 'hold'>;
  readonly log: Log;
  readonly owner: Owner | null;
}): Promise<Containers> {
  const { engine, mounts, log, owner } = options;
  const containers = new Map<PeerId, PeerContainer>();
  const state = new State<readonly Container[]>([]);
  const desktop = createDesktop(createDefaultApplications(systemDefaultsSource()));
  const turns = createTurns();
  let warmCount = 0;

  const made = (peerId: PeerId, peerName: string, folder: string, isTentative = false) =>
    new PeerContainer(
      { peerId, peerName, folder, isTentative },
      { engine, mounts, desktop, log, owner, inTurn: (work) => turns.take(peerId, work), changed: show },
    );

  function show(): void {
    state.set(
      [...containers.values()].map((container) => ({
        peerId: container.peerId,
        peerName: container.peerName,
        state: container.state,
        homePath: homeIn(container.folder),
        homeSizeBytes: container.homeSizeBytes,
        mounts: [...engine.describeMounts(homeIn(container.folder), visibleOf(mounts.state.value))],
      })),
    );
  }

  function containerFor(peerId: PeerId, peerName: string): PeerContainer {
    const known = containers.get(peerId);
    if (known !== undefined) return known;
    // The fingerprint has characters that a folder name may not have.
    const name = createHash('sha256').update(peerId).digest('hex').slice(0, 24);
    const container = made(peerId, peerName, join(options.folder, name), true);
    containers.set(peerId, container);
    return container;
  }

  function find(peerId: PeerId): PeerContainer {
    const container = containers.get(peerId);
    if (container === undefined) throw new AppError('not-found', { what: 'This container' });
    return container;
  }

  /** A stranger that was refused leaves nothing behind, however many keys it makes. */
  async function forgetTentative(container: PeerContainer): Promise<void> {
    await turns.take(container.peerId, async () => {
      if (!container.isTentative || container.isWarm || containers.get(container.peerId) !== container) return;
      containers.delete(container.peerId);
      show();
      await removeTree(container.folder);
    });
  }

  await mkdir(options.folder, { recursive: true, mode: owner === null ? 0o700 : 0o711 });
  for (const { peerId, peerName, folder } of await findContainers(options.folder, log))
    containers.set(peerId, made(peerId, peerName, folder));
  for (const container of containers.values()) void container.measure();
  const stopFollowing = mounts.state.follow(show);
  return {
    state,
    warm: (peerId, peerName, wish) => {
      const container = containerFor(peerId, peerName);
      if (container.isWarm || warmCount >= MAX_WARM) {
        void forgetTentative(container).catch(() => {});
        return;
      }
      // It counts until it is gone or taken. Giving it up is not enough: a flood of requests could then have many at a time.
      warmCount += 1;
      container.warm(peerName, wish, () => {
        warmCount -= 1;
      });
    },
    cool: (peerId) => {
      const container = containers.get(peerId);
      if (!container?.isWarm) return;
      void container
        .cool()
        .then(() => forgetTentative(container))
        .catch((error) => log.warn({ peerId, error: String(error) }, 'container not removed'));
    },
    take: (peerId, peerName, wish, signal) => containerFor(peerId, peerName).take(peerName, wish, signal),
    keep: async (peerId, name, make) => {
      const { folder } = find(peerId);
      return turns.take(peerId, () => keepText(folder, name, make));
    },
    reset: async (peerId) => {
      const container = find(peerId);
      containers.delete(peerId);
      show();
      // Moved aside first: after a crash on the way, no half-emptied home is in use.
      const aside = `${container.folder}.removed-${randomUUID()}`;
      container.close();
      // Whoever asks from here on gets a new one, which is made when this turn is over.
      await turns.take(peerId, async () => {
        await container.endAll();
        await rename(container.folder, aside).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return;
          if (!containers.has(peerId)) containers.set(peerId, made(peerId, container.peerName, container.folder));
          show();
          throw error;
        });
      });
      await removeTree(aside);
    },
    [Symbol.asyncDispose]: async () => {
      stopFollowing();
      await Promise.all([...containers.values()].map((container) => container.endAll()));
      await turns.allOver();
    },
  };
}

/** Those that are there, after what a crash has left was removed. */
async function findContainers(parent: string, log: Log) {
  const found = [];
  for (const name of await readdir(parent)) {
    const folder = join(parent, name);
    // Left by a reset that was interrupted.
    if (name.includes('.removed-')) {
      void removeTree(folder).catch((error) => log.warn({ error: String(error) }, 'old container not removed'));
      continue;
    }
    // Left by a sandbox that a crash ended.
    for (const left of await readdir(folder).catch(() => [])) {
      if (left.startsWith('sandbox-')) await removeTree(join(folder, left)).catch(() => {});
    }
    const whose = await readOwnerOf(folder);
    if (whose !== undefined) found.push({ ...whose, folder });
  }
  return found;
}

/** What touches a container's own files happens one after the other, also when its entry was made anew meanwhile. */
function createTurns() {
  const turns = new Map<PeerId, Promise<unknown>>();
  return {
    take: <T>(peerId: PeerId, work: () => Promise<T>): Promise<T> => {
      const done = (turns.get(peerId) ?? Promise.resolve()).then(work);
      const settled: Promise<unknown> = done
        .catch(() => {})
        .then(() => {
          if (turns.get(peerId) === settled) turns.delete(peerId);
        });
      turns.set(peerId, settled);
      return done;
    },
    allOver: async () => {
      await Promise.all(turns.values());
    },
  };
}

/** What programs see of it, as far as it is known without looking again. */
function visibleOf(mounts: readonly JudgedMount[]): readonly Pick<SandboxMount, 'source' | 'target' | 'mode'>[] {
  return mounts.flatMap(({ path, mode, source }) => (source === null ? [] : [{ source, target: path, mode }]));
}
