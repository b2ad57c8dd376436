// The folders of the owner that every container sees: what was chosen, what becomes of each, and the hold on them while one is mounted.

import type { JudgedMount, Mount, MountVerdict } from '../../contract/containers.ts';
import { AppError } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import type { Guard } from './guarded-places.ts';
import { findWarnings, type Judged, judgeMount, type PinnedMount, tidyPath } from './mount-verdict.ts';

/** Held until it is disposed, so that no other folder takes the number of one of them. */
export interface HeldMounts extends AsyncDisposable {
  readonly list: readonly PinnedMount[];
}

export interface Mounts extends AsyncDisposable {
  readonly state: Followable<readonly JudgedMount[]>;
  /** What would become of a folder. */
  check(path: string): Promise<MountVerdict>;
  /**
   * Chooses a folder, or no longer.
   * @throws AppError `mount-refused`, and what the settings throw
   */
  set(path: string, mode: Mount['mode'] | null): Promise<void>;
  /** Looks again at all of them. */
  refresh(): Promise<void>;
  /** Those that may be mounted now. Refused ones are left out, and said in `state`. */
  hold(): Promise<HeldMounts>;
}

/** The part of the settings that it needs. */
export interface MountSettings {
  readonly state: Followable<Settings>;
  update(change: (current: Settings) => { readonly mounts: Mount[] }): Promise<void>;
}

export async function startMounts(options: {
  readonly settings: MountSettings;
  readonly findGuard: () => Promise<Guard>;
  readonly log: Log;
}): Promise<Mounts> {
  const { settings, findGuard, log } = options;
  const state = new State<readonly JudgedMount[]>([]);
  const chosen = () => settings.state.value.mounts;

  async function judgeFully(mount: Mount, guard: Guard): Promise<MountVerdict> {
    const { verdict, pinned } = await judgeMount(mount, guard, chosen());
    if (pinned === null) return verdict;
    await pinned.handle.close();
    const notes = [...(await findWarnings(pinned.source, guard))];
    return { ...verdict, level: notes.length > 0 ? 'warning' : 'ok', notes };
  }

  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<void> | undefined;
  /** One look after the other, so that an older result never comes last. All who ask while a look waits its turn share it. */
  function refresh(): Promise<void> {
    if (next !== undefined) return next;
    const look = last.then(async () => {
      next = undefined;
      const guard = await findGuard();
      state.set(await Promise.all(chosen().map(async (mount) => ({ ...mount, ...(await judgeFully(mount, guard)) }))));
    });
    next = look;
    last = look.catch((error) => log.error({ error: String(error) }, 'folders not looked at'));
    return look;
  }

  let seen = chosen();
  const stopFollowing = settings.state.follow(({ mounts }) => {
    if (mounts === seen) return;
    seen = mounts;
    void refresh();
  });
  await refresh();

  return {
    state,
    refresh,
    check: async (path) => judgeFully({ path, mode: 'ro' }, await findGuard()),
    set: async (path, mode) => {
      const tidy = tidyPath(path);
      let kept = tidy;
      if (mode !== null) {
        const { verdict, pinned } = await judgeMount({ path: tidy, mode }, await findGuard(), chosen());
        await pinned?.handle.close();
        const [note] = verdict.notes;
        if (pinned === null) {
          log.info({ path: tidy, ...note }, 'a folder was refused');
          throw new AppError('mount-refused', {
            path: tidy,
            reason: note?.reason ?? 'missing',
            place: note?.place ?? tidy,
          });
        }
        // A path with dots may not exist in a container.
        kept = pinned.target;
      }
      // `path` as the settings have it counts too, so that any entry can be taken out, however it came there.
      await settings.update(({ mounts }) => {
        const others = mounts.filter((mount) => mount.path !== path && mount.path !== kept);
        return { mounts: mode === null ? others : [...others, { path: kept, mode }] };
      });
      await refresh();
    },
    hold: async () => {
      await using held = new AsyncDisposableStack();
      const guard = await findGuard();
      const list: PinnedMount[] = [];
      let isAsShown = true;
      for (const mount of chosen()) {
        const { verdict, pinned }: Judged = await judgeMount(mount, guard, chosen());
        if (pinned !== null) {
          held.defer(() => pinned.handle.close());
          list.push(pinned);
        } else log.warn({ path: mount.path, ...verdict.notes[0] }, 'a folder is refused and not mounted');
        const shown = state.value.find(({ path }) => path === mount.path);
        isAsShown &&= (shown?.level === 'refused') === (pinned === null);
      }
      // A person must see at once that a program goes without a folder that they chose.
      if (!isAsShown) void refresh();
      const kept = held.move();
      return { list, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    },
    [Symbol.asyncDispose]: async () => {
      stopFollowing();
      await last;
    },
  };
}
