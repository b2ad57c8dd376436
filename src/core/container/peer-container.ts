// The container of one peer: its sandboxes, from the one that is warmed while a person reads a request to the end of the last.

import { AppError } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import type { Log } from '../lib/log.ts';
import { homeIn, keepText, makeContainer, measureHome } from './container-files.ts';
import type { Engine, Sandbox, SandboxMount } from './engine.ts';
import type { Mounts } from './mounts.ts';
import type { Owner } from './owner.ts';
import { gather, type SandboxPart } from './sandbox-part.ts';

/** What kind of sandbox is wanted. */
export interface SandboxWish {
  /** What is brought along besides what every sandbox has. */
  readonly parts: readonly SandboxPart[];
  /** Whether the internet was asked for: a sandbox is given it with the yes, and not before. */
  readonly hasNetwork: boolean;
  /** Whether its owner lets the program build a sandbox of its own. */
  readonly allowsOwnSandbox: boolean;
}

export interface PeerContainerOptions {
  readonly engine: Engine;
  readonly mounts: Pick<Mounts, 'state' | 'hold'>;
  /** What each sandbox has. */
  readonly desktop: SandboxPart;
  readonly log: Log;
  readonly owner: Owner | null;
  /** Runs what touches the container's own files, one after the other. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Something that is shown of it has changed. */
  readonly changed: () => void;
}

/** Threads of all programs of a sandbox together. */
const MAX_THREADS = 2048;

interface Started {
  readonly sandbox: Sandbox;
  /** Which folders of the owner it was given, so that it is known whether they are still the same. */
  readonly mounts: string;
}

interface Warm {
  readonly wish: SandboxWish;
  readonly started: Promise<Started>;
  readonly abort: AbortController;
  /** It is gone, or taken. */
  readonly release: () => void;
}

export class PeerContainer {
  readonly peerId: PeerId;
  readonly folder: string;
  peerName: string;
  homeSizeBytes = 0;
  /** Made for a request that nobody has granted yet. */
  isTentative: boolean;
  readonly #options: PeerContainerOptions;
  #warm: Warm | undefined;
  /** What is on its way; each settles. */
  readonly #starting = new Set<Promise<unknown>>();
  readonly #running = new Set<Sandbox>();
  /** Aborted when it is emptied: what is on its way comes to nothing, and whoever asks later gets a container of its own. */
  readonly #gone = new AbortController();

  constructor(
    made: Pick<PeerContainer, 'peerId' | 'peerName' | 'folder' | 'isTentative'>,
    options: PeerContainerOptions,
  ) {
    this.peerId = made.peerId;
    this.peerName = made.peerName;
    this.folder = made.folder;
    this.isTentative = made.isTentative;
    this.#options = options;
  }

  get state(): 'stopped' | 'warm' | 'running' {
    return this.#running.size > 0 ? 'running' : this.isWarm ? 'warm' : 'stopped';
  }

  get isWarm(): boolean {
    return this.#warm !== undefined;
  }

  /** @param released told once, when that sandbox is gone or taken */
  warm(peerName: string, wish: SandboxWish, released: () => void): void {
    const abort = new AbortController();
    const release = onceOnly(released);
    const started = this.#start(peerName, wish, abort.signal);
    this.#warm = { wish, started, abort, release };
    started.catch((error) => {
      // The session's own start will say the same to the person; here it is only early.
      this.#options.log.info({ peerId: this.peerId, error: String(error) }, 'warm-up failed');
      if (this.#warm?.started === started) this.#warm = undefined;
    });
    started.then(({ sandbox }) => sandbox.ended).then(release, release);
    this.#options.changed();
  }

  /** Stops the warm sandbox, if there is one. Resolves when it is gone. */
  async cool(): Promise<void> {
    const warm = this.#warm;
    this.#warm = undefined;
    this.#options.changed();
    if (warm === undefined) return;
    warm.abort.abort();
    await this.#onItsWay(warm.started.then(({ sandbox }) => sandbox.stop()).catch(() => {}));
  }

  take(peerName: string, wish: SandboxWish, signal: AbortSignal): Promise<Sandbox> {
    this.isTentative = false;
    return this.#onItsWay(this.#take(peerName, wish, signal));
  }

  async #take(peerName: string, wish: SandboxWish, signal: AbortSignal): Promise<Sandbox> {
    const warm = this.#warm;
    let sandbox: Sandbox | undefined;
    if (warm !== undefined && !isFitFor(wish, warm.wish)) void this.cool();
    else if (warm !== undefined) {
      this.#warm = undefined;
      warm.release();
      sandbox = await warm.started
        .then((started) => ifStillFitting(started, this.#options.mounts))
        .catch(() => undefined);
    }
    await this.#stopIfGone(sandbox, signal);
    const taken = sandbox ?? (await this.#start(peerName, wish, signal)).sandbox;
    await this.#stopIfGone(taken, signal);
    this.#running.add(taken);
    this.#options.changed();
    void taken.ended.then(async () => {
      this.#running.delete(taken);
      this.#options.changed();
      await this.measure();
    });
    return taken;
  }

  /** Takes its turn within this call, so that it is wholly before or wholly after a reset. */
  #start(peerName: string, wish: SandboxWish, signal: AbortSignal): Promise<Started> {
    const { desktop, log, owner } = this.#options;
    const { peerId, folder } = this;
    const both = AbortSignal.any([signal, this.#gone.signal]);
    const parts = [desktop, ...wish.parts];
    const gathered = this.#options.inTurn(async () => {
      if (both.aborted) throw new AppError('cancelled');
      await makeContainer(folder, { peerId, peerName }, owner, log);
      this.peerName = peerName;
      return gather(parts, (name, make) => keepText(folder, name, make));
    });
    const started = startWith(this.#options, { peerId, folder, parts, wish, gathered }, both).then(async (one) => {
      await this.#stopIfGone(one.sandbox);
      return one;
    });
    return this.#onItsWay(started);
  }

  async #stopIfGone(sandbox: Sandbox | undefined, signal?: AbortSignal): Promise<void> {
    if (!this.#gone.signal.aborted && signal?.aborted !== true) return;
    await sandbox?.stop();
    throw new AppError('cancelled');
  }

  /** What empties or ends the container waits for it. */
  #onItsWay<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = work.then(
      () => this.#starting.delete(settled),
      () => this.#starting.delete(settled),
    );
    this.#starting.add(settled);
    return work;
  }

  /** From now on nothing is started any more. */
  close(): void {
    this.#gone.abort();
  }

  /** Ends everything of it, what is only on its way included. */
  async endAll(): Promise<void> {
    this.close();
    void this.cool();
    await Promise.all([...this.#running].map((sandbox) => sandbox.stop()));
    await Promise.all(this.#starting);
    await Promise.all([...this.#running].map((sandbox) => sandbox.stop()));
  }

  async measure(): Promise<void> {
    this.homeSizeBytes = await measureHome(this.folder);
    this.#options.changed();
  }
}

async function startWith(
  { engine, mounts, log }: PeerContainerOptions,
  made: {
    readonly peerId: PeerId;
    readonly folder: string;
    readonly parts: readonly SandboxPart[];
    readonly wish: SandboxWish;
    readonly gathered: ReturnType<typeof gather>;
  },
  signal: AbortSignal,
): Promise<Started> {
  const later = Promise.all(made.parts.map((part) => part.filesLater?.()));
  later.catch(() => {});
  const brought = await made.gathered;
  const startedAt = performance.now();
  // Security: looked at now, and held until what was mounted is known to be what was looked at.
  await using held = await mounts.hold();
  const { hasNetwork: canHaveNetwork, allowsOwnSandbox } = made.wish;
  const limits = { threads: MAX_THREADS };
  const homePath = homeIn(made.folder);
  const sandbox = await engine.startSandbox(
    { homePath, mounts: held.list, canHaveNetwork, allowsOwnSandbox, limits, ...brought },
    signal,
  );
  try {
    for (const file of (await later).flatMap((files) => files ?? [])) await sandbox.provide(file);
  } catch (error) {
    log.debug({ error: String(error) }, 'files that come later did not');
  }
  log.info({ peerId: made.peerId, ms: Math.round(performance.now() - startedAt) }, 'sandbox started');
  return { sandbox, mounts: fingerprintOf(held.list) };
}

/** Security: the warm sandbox is not used when a folder was taken away or replaced meanwhile, for it would still have the old one. */
async function ifStillFitting(
  { sandbox, mounts: given }: Started,
  mounts: PeerContainerOptions['mounts'],
): Promise<Sandbox | undefined> {
  await using held = await mounts.hold();
  if (sandbox.state !== 'ended' && fingerprintOf(held.list) === given) return sandbox;
  void sandbox.stop();
  return undefined;
}

function isFitFor(wish: SandboxWish, warm: SandboxWish): boolean {
  const namesOf = ({ parts }: SandboxWish) => parts.map(({ name }) => name).join('\n');
  // The viewer's size may differ: the display follows the viewer (RFB SetDesktopSize).
  return (
    namesOf(warm) === namesOf(wish) &&
    (warm.hasNetwork || !wish.hasNetwork) &&
    warm.allowsOwnSandbox === wish.allowsOwnSandbox
  );
}

function fingerprintOf(mounts: readonly SandboxMount[]): string {
  return mounts
    .map(({ source, target, mode, identity }) => [source, target, mode, identity.device, identity.inode].join('\0'))
    .join('\n');
}

function onceOnly(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}
