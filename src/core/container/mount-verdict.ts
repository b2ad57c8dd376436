// The one verdict on a folder that the owner wants containers to see: refused, with a warning, or well. Looked at when it is set and at each start.
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, opendir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mount, MountNote, MountVerdict } from '../../contract/containers.ts';
import type { SandboxMount } from './engine.ts';
import { type Guard, type GuardedPlace, keysOf } from './guarded-places.ts';
import { isWithin, type MountEntry, readMountTable, type Spot, spotOf } from './mount-table.ts';

/** Linux's O_PATH, which Node does not name: a handle on the folder itself, for which it need not be readable. */
const O_PATH = 0o10000000;

/** Places that a container has itself, which a folder of the owner would cover. */
const OF_A_CONTAINER = ['/home/ebp'];

/** File systems that are windows into the kernel, wherever they are mounted. */
const KERNEL_TYPES = new Set(
  'proc sysfs devtmpfs devpts cgroup cgroup2 debugfs tracefs securityfs configfs efivarfs bpf mqueue selinuxfs binfmt_misc pstore'.split(
    ' ',
  ),
);

/** A folder that takes longer to look at cannot be mounted. */
const LOOK_TIMEOUT_MS = 3000;

/** How far is looked for what is worth a warning. */
const LOOK = { depth: 4, entries: 4000, ms: 300 };

/** A folder that may be mounted, held so that it stays the one that was looked at. */
export interface PinnedMount extends SandboxMount {
  /** As the owner named it. */
  readonly path: string;
}

export interface Judged {
  readonly verdict: MountVerdict;
  /** Null when it is refused. Whoever asked closes the handle when the folder is mounted or not needed. */
  readonly pinned: (PinnedMount & { readonly handle: FileHandle }) | null;
}

/** The form in which a path is kept: no slash at the end, none twice. Dots are left, for a link may stand before them. */
export function tidyPath(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

/**
 * Opens the folder and judges what was opened. `others` are the folders that are mounted besides it.
 * Security: the kernel says where the opened folder lies (proc(5), /proc/self/fd), so nothing that is exchanged on the way there is missed.
 */
export async function judgeMount(mount: Mount, guard: Guard, others: readonly Mount[]): Promise<Judged> {
  const judged = look(mount, guard, others);
  const late = new AbortController();
  const limit = sleep(LOOK_TIMEOUT_MS, null, { signal: late.signal }).catch(() => null);
  const inTime = await Promise.race([judged, limit]).finally(() => late.abort());
  if (inTime !== null) return inTime;
  // A disk of the network that does not answer must not hold up every session.
  void judged.then(({ pinned }) => pinned?.handle.close()).catch(() => {});
  return refuse('unreachable', mount.path);
}

function refuse(reason: MountNote['reason'], place: string): Judged {
  return { verdict: { level: 'refused', notes: [{ reason, place }], source: null }, pinned: null };
}

async function look(mount: Mount, guard: Guard, others: readonly Mount[]): Promise<Judged> {
  let handle: FileHandle;
  try {
    handle = await open(mount.path, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return refuse(code === 'ENOTDIR' ? 'not-a-folder' : code === 'ENOENT' ? 'missing' : 'unreachable', mount.path);
  }
  let isKept = false;
  try {
    const source = await readlink(`/proc/self/fd/${handle.fd}`);
    const info = await handle.stat({ bigint: true });
    // For a deleted or unreachable folder the kernel adds a note to the path, and no folder of that name is this one.
    const there = await lstat(source, { bigint: true }).catch(() => null);
    if (there === null || !isSame(there, info)) return refuse('missing', mount.path);
    const path = tidyPath(mount.path);
    // A path with dots may lead elsewhere in a container, where the links on the way are missing.
    const target = path === normalize(path) ? path : source;
    const refusal = await findRefusal({ path, target }, source, guard, others);
    if (refusal !== null) return refuse(refusal.reason, refusal.place);
    isKept = true;
    const identity = { device: info.dev, inode: info.ino };
    const pinned = { path: mount.path, mode: mount.mode, source, target, identity, handle };
    return { verdict: { level: 'ok', notes: [], source }, pinned };
  } finally {
    if (!isKept) await handle.close();
  }
}

/** What a person is warned of in a folder that is not refused. Takes 300 ms at the most. */
export async function findWarnings(source: string, guard: Guard): Promise<readonly MountNote[]> {
  const notes: MountNote[] = [];
  const home = guard.homes.find((one) => isWithin(source, one));
  const isHidden = home !== undefined && source.slice(home.length).includes('/.');
  if (guard.homes.some((one) => isWithin(one, source))) notes.push({ reason: 'home', place: source });
  else if (isHidden) notes.push({ reason: 'hidden', place: source });
  else if (home !== undefined) notes.push({ reason: 'in-home', place: home });
  return [...notes, ...(await lookInto(source))];
}

async function findRefusal(
  { path, target }: Target,
  source: string,
  guard: Guard,
  others: readonly Mount[],
): Promise<MountNote | null> {
  if (source === '/') return { reason: 'root', place: '/' };
  for (const place of OF_A_CONTAINER)
    if (isWithin(target, place) || isWithin(place, target)) return { reason: 'container', place };
  const profile = await findProfileAround(source);
  if (profile !== null) return { reason: 'profile', place: profile };
  const table = await readMountTable();
  const below = table.map(({ point }) => point).filter((point) => isWithin(point, source));
  const seen = new Ids();
  // What is mounted below it comes along.
  const shown = await Promise.all([...new Set([source, ...below])].map((at) => faceOf(at, table, seen)));
  const ofKernel = shown.find(({ spot }) => spot !== null && KERNEL_TYPES.has(spot.type));
  if (ofKernel !== undefined) return { reason: 'kernel', place: ofKernel.path };

  /** The name under which the person knows what is met; null when nothing is. */
  async function meets(place: GuardedPlace): Promise<string | null> {
    // Where programs find it counts as well: nothing is put over what is closed.
    if (place.isClosedWithin && isWithin(target, place.path)) return place.path;
    const real = await realpath(place.path).catch(() => null);
    if (real === null) return null;
    if (isWithin(place.path, target) || isWithin(place.path, source)) return place.path;
    const guarded = await faceOf(real, table, seen);
    const face = shown.find((one) => isMet(one, guarded, place.isClosedWithin));
    // What is mounted below the folder may come from where nobody would look for it.
    if (face === undefined) return null;
    return face.path === source ? place.path : face.path;
  }
  const homes = await Promise.all(
    guard.homes.map(async (home) => {
      const face = await faceOf(home, table, seen);
      return shown.some((one) => isMet(one, face, true)) ? keysOf(home) : [];
    }),
  );
  const places = [...guard.places, ...homes.flat()];
  const met = await Promise.all(
    places.map(async (place) => ({ reason: place.reason, own: place.path, place: await meets(place) })),
  );
  const found = met.filter((one): one is typeof one & { place: string } => one.place !== null);
  // The folder itself comes first, then what it lies in, then what is in it: all others are further from what was asked.
  const isNear = [
    ({ own }: { own: string }) => own === source,
    ({ own }: { own: string }) => isWithin(source, own) || isWithin(target, own),
    ({ own }: { own: string }) => isWithin(own, source) || isWithin(own, target),
    () => true,
  ];
  const first = isNear.flatMap((fits) => found.filter(fits))[0];
  if (first !== undefined) return { reason: first.reason, place: first.place };
  return (await isExchangeable(path, source, others)) ? { reason: 'exchanged', place: path } : null;
}

/** Another profile of eBrainPool: an account may have several, and `--profile` puts them anywhere. */
async function findProfileAround(source: string): Promise<string | null> {
  for (let at = source; at !== '/'; at = dirname(at)) {
    for (const name of ['id_ed25519', 'id_ed25519.sealed'])
      if (await lstat(join(at, 'identity', name)).catch(() => null)) return at;
  }
  return null;
}

/** Security: in a folder that programs may write, a program could have put the link there, and would choose what the next one sees. */
async function isExchangeable(path: string, source: string, others: readonly Mount[]): Promise<boolean> {
  const around = others.filter(
    (other) => other.mode === 'rw' && other.path !== path && isWithin(path, tidyPath(other.path)),
  );
  const plain = await Promise.all(
    around.map(async (other) => {
      const real = await realpath(other.path).catch(() => null);
      return real === null || source === `${real}${path.slice(tidyPath(other.path).length)}`;
    }),
  );
  return plain.includes(false);
}

interface Target {
  readonly path: string;
  /** Where programs find it. */
  readonly target: string;
}

/** The ways in which a folder is recognised: its path, its number, and its spot in its file system. */
interface Face {
  readonly path: string;
  /** Numbers of itself and of all that it lies in. */
  readonly ids: readonly string[];
  readonly spot: Spot | null;
}

async function faceOf(path: string, table: readonly MountEntry[], seen: Ids): Promise<Face> {
  return { path, ids: await seen.upFrom(path), spot: spotOf(path, table) };
}

/** Whether the shown folder is or contains the guarded one or, where that is closed within, lies in it. */
function isMet(shown: Face, guarded: Face, isClosedWithin: boolean): boolean {
  const [shownId, guardedId] = [shown.ids[0], guarded.ids[0]];
  const contains =
    isWithin(guarded.path, shown.path) ||
    (shownId !== undefined && guarded.ids.includes(shownId)) ||
    (shown.spot !== null && shown.spot.device === guarded.spot?.device && isWithin(guarded.spot.path, shown.spot.path));
  if (contains || !isClosedWithin) return contains;
  return (
    isWithin(shown.path, guarded.path) ||
    (guardedId !== undefined && shown.ids.includes(guardedId)) ||
    (shown.spot !== null && shown.spot.device === guarded.spot?.device && isWithin(shown.spot.path, guarded.spot.path))
  );
}

/** Numbers of folders: a folder has one number, even where names differ in case or it is mounted twice. */
class Ids {
  readonly #known = new Map<string, Promise<string>>();

  async upFrom(path: string): Promise<readonly string[]> {
    const paths: string[] = [];
    for (let at = path; at !== '/'; at = dirname(at)) paths.push(at);
    paths.push('/');
    return await Promise.all(paths.map((at) => this.#idOf(at)));
  }

  #idOf(path: string): Promise<string> {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const id = stat(path, { bigint: true }).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      () => `? ${path}`,
    );
    this.#known.set(path, id);
    return id;
  }
}

const isSame = (one: BigIntStats, other: BigIntStats) => one.dev === other.dev && one.ino === other.ino;

/** Finds things with which a program could do more than read and write them: the first of each kind. */
async function lookInto(folder: string): Promise<readonly MountNote[]> {
  const found = new Map<MountNote['reason'], string>();
  const endsAt = performance.now() + LOOK.ms;
  let entries = 0;
  // The nearest first, so that what a person may mean is looked at before a deep tree has used up the time.
  let level = [folder];
  for (let depth = 0; depth < LOOK.depth && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const path of level) {
      const directory = await opendir(path).catch(() => null);
      if (directory === null) continue;
      for await (const item of directory) {
        entries += 1;
        if (entries > LOOK.entries || performance.now() > endsAt) return notesOf(found);
        const at = join(path, item.name);
        if (item.isDirectory()) next.push(at);
        else if (item.isSocket()) keepFirst(found, 'socket', at);
        else if (item.isBlockDevice() || item.isCharacterDevice()) keepFirst(found, 'device', at);
        else if (item.isFile() && (((await lstat(at).catch(() => null))?.mode ?? 0) & 0o6000) !== 0)
          keepFirst(found, 'setuid', at);
      }
    }
    level = next;
  }
  return notesOf(found);
}

function keepFirst(found: Map<MountNote['reason'], string>, reason: MountNote['reason'], place: string): void {
  if (!found.has(reason)) found.set(reason, place);
}

const notesOf = (found: ReadonlyMap<MountNote['reason'], string>) =>
  [...found].map(([reason, place]) => ({ reason, place }));
