// The containers of this computer: one for each peer, with a home that lasts, and a warm sandbox while a person reads its request.
import { createHash, randomUUID } from 'node:crypto';
import { chown, mkdir, opendir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { z } from 'zod';
import type { Container, JudgedMount } from '../../contract/containers.ts';
import { AppError } from '../../contract/errors.ts';
import { type PeerId, peerIdSchema } from '../../contract/ids.ts';
import type { Size } from '../../contract/sessions.ts';
import { orDiskFull } from '../lib/disk-full.ts';
import { JsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { removeTree } from '../lib/remove-tree.ts';
import { replaceFile } from '../lib/replace-file.ts';
import { generateKey } from '../lib/ssh-key.ts';
import { type Followable, State } from '../lib/state.ts';
import type { Engine, Sandbox, SandboxMount } from './engine.ts';
import type { Mounts } from './mounts.ts';
import type { Owner } from './owner.ts';

/** What kind of sandbox is wanted. */
export interface SandboxWish {
  readonly display: { readonly size: Size } | null;
  /** Whether the internet was asked for: a sandbox is given it with the yes, and not before. */
  readonly hasNetwork: boolean;
  /** Whether its owner lets the program build a sandbox of its own. */
  readonly allowsOwnSandbox: boolean;
}

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
  /** The public host key line of the container's sshd. */
  hostKeyOf(peerId: PeerId): Promise<string>;
  /** Empties the peer's home; the caller has ended its sessions. */
  reset(peerId: PeerId): Promise<void>;
}

const MAX_WARM = 3;
const fileSchema = z.object({ peerId: peerIdSchema, peerName: z.string().max(100) });

interface Entry {
  readonly peerId: PeerId;
  peerName: string;
  readonly folder: string;
  homeSizeBytes: number;
  /** Made for a request that nobody has granted yet. */
  isTentative: boolean;
  warm:
    | {
        readonly wish: SandboxWish;
        readonly started: Promise<Started>;
        readonly abort: AbortController;
        release?: () => void;
      }
    | undefined;
  /** What is on its way; each settles. */
  readonly starting: Set<Promise<unknown>>;
  readonly running: Set<Sandbox>;
  /** Aborted when it is emptied: what is on its way comes to nothing, and whoever asks later gets an entry of its own. */
  readonly gone: AbortController;
}

interface Started {
  readonly sandbox: Sandbox;
  /** Which folders of the owner it was given, so that it is known whether they are still the same. */
  readonly mounts: string;
}

export async function startContainers(options: {
  /** Where the homes are. */
  readonly folder: string;
  readonly engine: Engine;
  readonly mounts: Pick<Mounts, 'state' | 'hold'>;
  readonly log: Log;
  readonly owner: Owner | null;
}): Promise<Containers> {
  const { engine, mounts, log, owner } = options;
  const entries = new Map<PeerId, Entry>();
  const state = new State<readonly Container[]>([]);
  let warmCount = 0;
  await mkdir(options.folder, { recursive: true, mode: owner === null ? 0o700 : 0o711 });
  for (const name of await readdir(options.folder)) {
    const folder = join(options.folder, name);
    // Left by a reset that was interrupted.
    if (name.includes('.removed-')) {
      void removeTree(folder).catch((error) => log.warn({ error: String(error) }, 'old container not removed'));
      continue;
    }
    // Left by a sandbox that a crash ended.
    for (const left of await readdir(folder).catch(() => [])) {
      if (left.startsWith('sandbox-')) await removeTree(join(folder, left)).catch(() => {});
    }
    const known = await readFile(join(folder, 'container.json'), 'utf8')
      .then(
        (text) => fileSchema.safeParse(JSON.parse(text)),
        () => undefined,
      )
      .catch(() => undefined);
    if (known?.success) entries.set(known.data.peerId, entryOf(known.data.peerId, known.data.peerName, folder));
  }

  function show(): void {
    state.set(
      [...entries.values()].map((entry) => ({
        peerId: entry.peerId,
        peerName: entry.peerName,
        state: entry.running.size > 0 ? 'running' : entry.warm !== undefined ? 'warm' : 'stopped',
        homePath: join(entry.folder, 'home'),
        homeSizeBytes: entry.homeSizeBytes,
        mounts: [...engine.describeMounts(join(entry.folder, 'home'), visibleOf(mounts.state.value))],
      })),
    );
  }

  function entryFor(peerId: PeerId, peerName: string): Entry {
    const known = entries.get(peerId);
    if (known !== undefined) return known;
    // The fingerprint has characters that a folder name may not have.
    const name = createHash('sha256').update(peerId).digest('hex').slice(0, 24);
    const entry = { ...entryOf(peerId, peerName, join(options.folder, name)), isTentative: true };
    entries.set(peerId, entry);
    return entry;
  }

  /** What touches a container's own files happens one after the other, also when its entry was made anew meanwhile. */
  const turns = new Map<PeerId, Promise<unknown>>();
  function inTurn<T>(peerId: PeerId, work: () => Promise<T>): Promise<T> {
    const done = (turns.get(peerId) ?? Promise.resolve()).then(work);
    const settled: Promise<unknown> = done
      .catch(() => {})
      .then(() => {
        if (turns.get(peerId) === settled) turns.delete(peerId);
      });
    turns.set(peerId, settled);
    return done;
  }

  /** Makes the container's files where they are not there. Resolves to its SSH host key. */
  async function makeFiles(entry: Entry, peerName: string): Promise<string> {
    const { peerId } = entry;
    const home = join(entry.folder, 'home');
    try {
      await mkdir(entry.folder, { recursive: true, mode: owner === null ? 0o700 : 0o711 });
      await mkdir(home, { recursive: true, mode: 0o700 });
      if (owner !== null) await chown(home, owner.uid, owner.gid);
      const file = await JsonFile.open({
        path: join(entry.folder, 'container.json'),
        schema: fileSchema,
        initial: { peerId, peerName },
        log,
      });
      // On a full disk a container that is there already still works.
      const isThere = await stat(file.path).catch(() => undefined);
      if (!isThere || file.value.peerName !== peerName) await file.update(() => ({ peerId, peerName }));
    } catch (error) {
      throw orDiskFull(error, home);
    }
    entry.peerName = peerName;
    return hostKey(entry.folder);
  }

  async function hostKey(folder: string): Promise<string> {
    const path = join(folder, 'host_key');
    try {
      return await readFile(path, 'utf8');
    } catch {
      const key = generateKey('ebp-container');
      await replaceFile(path, key);
      return key;
    }
  }

  /** Its turn is taken within this call, so that it is before or after a reset and never half of each. */
  function start(entry: Entry, peerName: string, wish: SandboxWish, signal: AbortSignal): Promise<Started> {
    const { peerId } = entry;
    const both = AbortSignal.any([signal, entry.gone.signal]);
    const files = inTurn(peerId, () => {
      if (both.aborted) throw new AppError('cancelled');
      return makeFiles(entry, peerName);
    });
    const started = (async () => {
      const hostKey = await files;
      const startedAt = performance.now();
      // Security: looked at now, and held until what was mounted is known to be what was looked at.
      await using held = await mounts.hold();
      const { display, hasNetwork: canHaveNetwork, allowsOwnSandbox } = wish;
      const homePath = join(entry.folder, 'home');
      const spec = { homePath, mounts: held.list, display, canHaveNetwork, allowsOwnSandbox, hostKey };
      const sandbox = await engine.startSandbox(spec, both);
      await stopIfGone(entry, sandbox);
      log.info({ peerId, ms: Math.round(performance.now() - startedAt) }, 'sandbox started');
      return { sandbox, mounts: fingerprintOf(held.list) };
    })();
    return onItsWay(entry, started);
  }

  /** What empties or ends the container waits for it. */
  function onItsWay<T>(entry: Entry, work: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = work.then(
      () => entry.starting.delete(settled),
      () => entry.starting.delete(settled),
    );
    entry.starting.add(settled);
    return work;
  }

  async function stopIfGone(entry: Entry, sandbox: Sandbox | undefined, signal?: AbortSignal): Promise<void> {
    if (!entry.gone.signal.aborted && signal?.aborted !== true) return;
    await sandbox?.stop();
    throw new AppError('cancelled');
  }

  function cool(entry: Entry): void {
    const { warm } = entry;
    entry.warm = undefined;
    warm?.abort.abort();
    if (warm !== undefined) {
      const stopped = warm.started.then(({ sandbox }) => sandbox.stop()).catch(() => {});
      void onItsWay(entry, stopped)
        .then(() => forgetTentative(entry))
        .catch((error) => log.warn({ peerId: entry.peerId, error: String(error) }, 'container not removed'));
    }
    show();
  }

  /** Ends everything of it, what is only on its way included. */
  async function endAllOf(entry: Entry): Promise<void> {
    entry.gone.abort();
    cool(entry);
    await Promise.all([...entry.running].map((sandbox) => sandbox.stop()));
    await Promise.all(entry.starting);
    await Promise.all([...entry.running].map((sandbox) => sandbox.stop()));
  }

  async function takeOf(entry: Entry, peerName: string, wish: SandboxWish, signal: AbortSignal): Promise<Sandbox> {
    const { warm } = entry;
    let sandbox: Sandbox | undefined;
    if (warm !== undefined && !isFitFor(wish, warm.wish)) cool(entry);
    else if (warm !== undefined) {
      entry.warm = undefined;
      warm.release?.();
      sandbox = await warm.started.then(stillFitting).catch(() => undefined);
    }
    await stopIfGone(entry, sandbox, signal);
    sandbox ??= (await start(entry, peerName, wish, signal)).sandbox;
    await stopIfGone(entry, sandbox, signal);
    const taken = sandbox;
    entry.running.add(taken);
    show();
    void taken.ended.then(async () => {
      entry.running.delete(taken);
      show();
      await measure(entry);
      show();
    });
    return taken;
  }

  /** A stranger that was refused leaves nothing behind, however many keys it makes. */
  async function forgetTentative(entry: Entry): Promise<void> {
    await inTurn(entry.peerId, async () => {
      if (!entry.isTentative || entry.warm !== undefined || entries.get(entry.peerId) !== entry) return;
      entries.delete(entry.peerId);
      show();
      await removeTree(entry.folder);
    });
  }

  for (const entry of entries.values()) void measure(entry).then(show);
  const stopFollowing = mounts.state.follow(show);
  return {
    state,
    warm: (peerId, peerName, wish) => {
      const entry = entryFor(peerId, peerName);
      if (entry.warm !== undefined || warmCount >= MAX_WARM) {
        void forgetTentative(entry).catch(() => {});
        return;
      }
      const abort = new AbortController();
      const started = start(entry, peerName, wish, abort.signal);
      started.catch((error) => {
        // The session's own start will say the same to the person; here it is only early.
        log.info({ peerId, error: String(error) }, 'warm-up failed');
        if (entry.warm?.started === started) entry.warm = undefined;
      });
      entry.warm = { wish, started, abort };
      // It counts until it is gone or taken, not only until it is given up: else a flood of requests has many at a time.
      warmCount += 1;
      entry.warm.release = onceOnly(() => {
        warmCount -= 1;
      });
      started.then(({ sandbox }) => sandbox.ended).then(entry.warm.release, entry.warm.release);
      show();
    },
    cool: (peerId) => {
      const entry = entries.get(peerId);
      if (entry?.warm !== undefined) cool(entry);
    },
    take: (peerId, peerName, wish, signal) => {
      const entry = entryFor(peerId, peerName);
      entry.isTentative = false;
      return onItsWay(entry, takeOf(entry, peerName, wish, signal));
    },
    hostKeyOf: async (peerId) => {
      const entry = entries.get(peerId);
      if (entry === undefined) throw new AppError('not-found', { what: 'This container' });
      const key = ssh2.utils.parseKey(await inTurn(peerId, () => hostKey(entry.folder)));
      if (key instanceof Error)
        throw new AppError('container-failed', { why: 'its SSH host key is damaged; reset the container' });
      return `ssh-ed25519 ${key.getPublicSSH().toString('base64')}`;
    },
    reset: async (peerId) => {
      const entry = entries.get(peerId);
      if (entry === undefined) throw new AppError('not-found', { what: 'This container' });
      entries.delete(peerId);
      show();
      // Moved first, so that a crash on the way leaves an old home aside and never half of one in use.
      const aside = `${entry.folder}.removed-${randomUUID()}`;
      entry.gone.abort();
      // Whoever asks from here on gets a new one, which is made when this turn is over.
      await inTurn(peerId, async () => {
        await endAllOf(entry);
        await rename(entry.folder, aside).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return;
          if (!entries.has(peerId)) entries.set(peerId, entryOf(peerId, entry.peerName, entry.folder));
          show();
          throw error;
        });
      });
      await removeTree(aside);
    },
    [Symbol.asyncDispose]: async () => {
      stopFollowing();
      await Promise.all([...entries.values()].map(endAllOf));
      await Promise.all(turns.values());
    },
  };

  /** Security: a folder that was taken away meanwhile, or is another one now, cannot be taken from a sandbox: it is not used. */
  async function stillFitting({ sandbox, mounts: given }: Started): Promise<Sandbox | undefined> {
    await using held = await mounts.hold();
    if (sandbox.state === 'warm' && fingerprintOf(held.list) === given) return sandbox;
    void sandbox.stop();
    return undefined;
  }
}

function entryOf(peerId: PeerId, peerName: string, folder: string): Entry {
  return {
    peerId,
    peerName,
    folder,
    homeSizeBytes: 0,
    isTentative: false,
    warm: undefined,
    starting: new Set(),
    running: new Set(),
    gone: new AbortController(),
  };
}

function isFitFor(wish: SandboxWish, warm: SandboxWish): boolean {
  // The viewer's size may differ: the display follows the viewer (RFB SetDesktopSize).
  return (
    (warm.display === null) === (wish.display === null) &&
    (warm.hasNetwork || !wish.hasNetwork) &&
    warm.allowsOwnSandbox === wish.allowsOwnSandbox
  );
}

function fingerprintOf(mounts: readonly SandboxMount[]): string {
  return mounts
    .map(({ source, target, mode, identity }) => [source, target, mode, identity.device, identity.inode].join('\0'))
    .join('\n');
}

/** What programs see of it, as far as it is known without looking again. */
function visibleOf(mounts: readonly JudgedMount[]): readonly Pick<SandboxMount, 'source' | 'target' | 'mode'>[] {
  return mounts.flatMap(({ path, mode, source }) => (source === null ? [] : [{ source, target: path, mode }]));
}

/** Adds up the home; symbolic links are not followed, and what a peer filled it with can cost only so much. */
async function measure(entry: Entry): Promise<void> {
  const MAX_FILES = 20_000;
  let total = 0;
  let files = 0;
  const folders = [join(entry.folder, 'home')];
  while (folders.length > 0 && files < MAX_FILES) {
    const folder = await opendir(folders.pop() as string).catch(() => undefined);
    if (folder === undefined) continue;
    for await (const item of folder) {
      files += 1;
      if (files > MAX_FILES) break;
      const path = join(item.parentPath, item.name);
      if (item.isDirectory()) folders.push(path);
      else if (item.isFile()) total += (await stat(path).catch(() => ({ size: 0 }))).size;
    }
  }
  entry.homeSizeBytes = total;
}

function onceOnly(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}
