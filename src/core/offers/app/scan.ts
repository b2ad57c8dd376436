// One look at the disk: which applications this computer has, and which entries cannot be understood.
import { createHash } from 'node:crypto';
import { lstat, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { IconHash, OfferId } from '../../../contract/ids.ts';
import type { BrokenEntry, Obstacle } from '../../../contract/offers.ts';
import { mapLimited } from '../../lib/concurrency.ts';
import { findProgram } from '../../lib/find-program.ts';
import type { Log } from '../../lib/log.ts';
import { MAX_ICON_BYTES, readSmallFile } from '../icons/icon-file.ts';
import type { IconStore } from '../icons/icon-store.ts';
import { createIconFinder } from '../icons/icon-theme.ts';
import { toOfferId } from '../offer-id.ts';
import { type DesktopEntry, parseDesktopEntry } from './desktop-entry.ts';
import { parseExec } from './exec.ts';
import { EntryFault } from './fault.ts';
import { entryLimits, localeSuffixes } from './key-file.ts';
import { createFitnessReader, type Fitness } from './obstacle.ts';
import {
  type EntryFile,
  type Environment,
  findDataDirs,
  findEntryFiles,
  findLocales,
  findProgramDirs,
  isForMenu,
} from './xdg.ts';

/** An application that can be started. */
export interface App {
  readonly id: OfferId;
  readonly entry: DesktopEntry;
  readonly source: string;
  /** The program's absolute path, then its arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly workingDirectory: string | null;
  /** SHA-256 over the arguments and the entry's contents. */
  readonly digest: string;
  /** Why it cannot be offered, or null. */
  readonly obstacle: Obstacle | null;
  /** It is run inside a compositor. */
  readonly isWaylandOnly: boolean;
}

export interface Scan {
  readonly apps: readonly App[];
  readonly broken: readonly BrokenEntry[];
  /** Applications beyond the limit. */
  readonly leftOut: number;
  /** Whether an entry looks as if it were still being written: look again soon. */
  readonly isUnsettled: boolean;
}

export interface Scanner {
  scan(): Promise<Scan>;
  /** Puts the icons of the apps into the store; by icon name; null where no icon can be shown. */
  findIcons(apps: readonly App[], store: IconStore): Promise<ReadonlyMap<string, IconHash | null>>;
}

/** How long a faulty entry may stay as it was before: an editor or a package manager may be writing it. */
export const SETTLE_MS = 500;
/** File systems tell times in ticks: a file changed twice within one would look unchanged. */
const RACY_MS = 2000;
const MAX_APPS = 5000;
const MAX_BROKEN = 1000;
const PARALLEL = 16;

type Parsed = { readonly entry: DesktopEntry; readonly contentHash: string } | { readonly fault: EntryFault };

export function createScanner(environment: Environment, log: Log): Scanner {
  const dataDirs = findDataDirs(environment);
  const suffixes = findLocales(environment).flatMap((locale) => localeSuffixes(locale));
  let parsedByPath = new Map<string, { readonly version: string; readonly parsed: Parsed }>();
  let iconsByPath = new Map<string, { readonly version: string; readonly hash: IconHash | null }>();
  let lastByPath = new Map<string, App>();
  const fitness = createFitnessReader((program) => findProgram(program, findProgramDirs(environment)));

  const parse = async (path: string, version: string): Promise<Parsed> => {
    const known = parsedByPath.get(path);
    if (known?.version === version) return known.parsed;
    try {
      const bytes = await readSmallFile(path, entryLimits.maxBytes);
      if (typeof bytes === 'string') return { fault: new EntryFault(bytes, path) };
      const contentHash = createHash('sha256').update(bytes).digest('hex');
      return { entry: parseDesktopEntry(bytes, suffixes), contentHash };
    } catch (error) {
      return { fault: toFault(error) };
    }
  };

  return {
    scan: async () => {
      const programs = new Map<string, Promise<string | null>>();
      const lookUp = (program: string): Promise<string | null> => {
        const known = programs.get(program) ?? findProgram(program, findProgramDirs(environment));
        programs.set(program, known);
        return known;
      };
      const parsedNow: typeof parsedByPath = new Map();
      const apps: App[] = [];
      const broken: BrokenEntry[] = [];
      let isUnsettled = false;

      await mapLimited(await findEntryFiles(dataDirs), PARALLEL, async (file) => {
        const info = await stat(file.path).catch((error: NodeJS.ErrnoException) => error);
        if (info instanceof Error) {
          // Gone since the folder was listed, unless it is a link whose target is missing.
          if (await lstat(file.path).catch(() => null)) broken.push(toBroken(file.path, toFault(info)));
          // Its name is no UTF-8, so that it cannot be opened by it.
          else if (file.path.includes('\ufffd')) broken.push(toBroken(file.path, new EntryFault('bad-id', file.id)));
          return;
        }
        const changedAt = Math.max(info.mtimeMs, info.ctimeMs);
        const ageMs = Date.now() - changedAt;
        const version = `${info.mtimeMs} ${info.ctimeMs} ${info.size} ${info.ino}`;
        const parsed = await parse(file.path, version);
        if (ageMs > RACY_MS) parsedNow.set(file.path, { version, parsed });
        try {
          if ('fault' in parsed) throw parsed.fault;
          const app = await toApp(file, parsed.entry, parsed.contentHash, environment, lookUp, fitness.read);
          if (app) apps.push(app);
        } catch (error) {
          if (!(error instanceof EntryFault)) throw error;
          if (ageMs >= 0 && ageMs < SETTLE_MS) {
            isUnsettled = true;
            const last = lastByPath.get(file.path);
            if (last) apps.push(last);
          } else {
            broken.push(toBroken(file.path, error));
          }
        }
      });

      parsedByPath = parsedNow;
      if (apps.length > MAX_APPS || broken.length > MAX_BROKEN) {
        log.warn({ apps: apps.length, broken: broken.length }, 'too many desktop entries, some are left out');
      }
      const byPath = (a: { source: string }, b: { source: string }) => (a.source < b.source ? -1 : 1);
      const kept = apps.sort(byPath).slice(0, MAX_APPS);
      lastByPath = new Map(kept.map((app) => [app.source, app]));
      const leftOut = apps.length - kept.length;
      return { leftOut, apps: kept, broken: broken.sort(byPath).slice(0, MAX_BROKEN), isUnsettled };
    },

    findIcons: async (apps, store) => {
      const finder = createIconFinder(environment, dataDirs);
      const hashes = new Map<string, IconHash | null>();
      const iconsNow: typeof iconsByPath = new Map();
      const hashOfFile = async (path: string): Promise<IconHash | null> => {
        const info = await stat(path).catch(() => null);
        if (!info) return null;
        const version = `${info.mtimeMs} ${info.ctimeMs} ${info.size} ${info.ino}`;
        const known = iconsByPath.get(path) ?? iconsNow.get(path);
        const isKnown = known?.version === version && (known.hash === null || store.has(known.hash));
        const hash = isKnown ? known.hash : await putFile(path, store, log);
        iconsNow.set(path, { version, hash });
        return hash;
      };
      const names = new Set(apps.flatMap(({ entry }) => (entry.icon === null ? [] : [entry.icon])));
      await mapLimited([...names], PARALLEL, async (name) => {
        let hash: IconHash | null = null;
        for (const path of await finder.find(name)) hash ??= await hashOfFile(path);
        hashes.set(name, hash);
      });
      iconsByPath = iconsNow;
      return hashes;
    },
  };
}

/** null for an entry that is not for this desktop or whose TryExec is missing. @throws EntryFault */
async function toApp(
  file: EntryFile,
  entry: DesktopEntry,
  contentHash: string,
  environment: Environment,
  lookUp: (program: string) => Promise<string | null>,
  readFitness: (argv: readonly [string, ...string[]]) => Promise<Fitness>,
): Promise<App | null> {
  if (!isForMenu(entry, environment) || !entry.exec) return null;
  if (entry.tryExec !== null && (await lookUp(entry.tryExec)) === null) return null;
  const { icon, name } = entry;
  const [program, ...rest] = parseExec(entry.exec.value, { icon, name, path: file.path, line: entry.exec.line });
  const path = await lookUp(program);
  if (path === null) throw new EntryFault('missing-program', program, entry.exec.line);
  const argv = [path, ...rest] as const;
  return {
    ...(await readFitness(argv)),
    id: toOfferId('app', file.id),
    entry,
    source: file.path,
    argv,
    workingDirectory:
      entry.workingDirectory !== null && isAbsolute(entry.workingDirectory) ? entry.workingDirectory : null,
    digest: createHash('sha256')
      .update(JSON.stringify([argv, contentHash]))
      .digest('hex'),
  };
}

async function putFile(path: string, store: IconStore, log: Log): Promise<IconHash | null> {
  try {
    const bytes = await readSmallFile(path, MAX_ICON_BYTES);
    return typeof bytes === 'string' ? null : await store.put(bytes);
  } catch (error) {
    // The application is offered without its icon.
    log.debug({ path, reason: String(error) }, 'icon cannot be used');
    return null;
  }
}

function toFault(error: unknown): EntryFault {
  if (error instanceof EntryFault) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return new EntryFault('unreadable', code);
}

export function toBroken(path: string, fault: EntryFault): BrokenEntry {
  return { source: path.slice(0, 4096), reason: fault.reason, detail: fault.detail, line: fault.line };
}
