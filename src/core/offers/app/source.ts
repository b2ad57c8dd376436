// Finds this computer's applications, and follows what changes on its disk.
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { IconHash, OfferId } from '../../../contract/ids.ts';
import type { BrokenEntry } from '../../../contract/offers.ts';
import type { Source, SourceTools } from '../kind.ts';
import { type AppDefinition, defineApp } from './definition.ts';
import { EntryFault } from './fault.ts';
import { type App, createScanner, type Scan, SETTLE_MS, toBroken } from './scan.ts';
import { startWatcher } from './watch.ts';
import { type Environment, findDataDirs, findProgramDirs } from './xdg.ts';

/** How long the start waits for icons before it shows the applications without them. */
const ICONS_AT_START_MS = 500;
/** There may be thousands of applications: the rest of the core waits for no more than these at once. */
const DEFINED_AT_ONCE = 32;
const MAX_KEPT = 12_000;

export async function startAppSource(
  environment: Environment,
  { icons: store, log, onFound }: SourceTools,
): Promise<Source> {
  const stack = new AsyncDisposableStack();
  const scanner = createScanner(environment, log);
  const define = createDefiner();
  const firstShown = Promise.withResolvers<void>();
  let icons: ReadonlyMap<string, IconHash | null> = new Map();

  const iconOf = ({ entry }: App): IconHash | null => (entry.icon === null ? null : (icons.get(entry.icon) ?? null));

  const show = async (scan: Scan): Promise<void> => {
    const definitions: AppDefinition[] = [];
    const broken: BrokenEntry[] = [...scan.broken];
    for (const [index, app] of scan.apps.entries()) {
      const defined = define(app, iconOf(app));
      if (defined instanceof EntryFault) broken.push(toBroken(app.source, defined));
      else definitions.push(defined);
      if (index % DEFINED_AT_ONCE === DEFINED_AT_ONCE - 1) await nextTurn();
    }
    if (!stack.disposed) await onFound({ definitions, broken, leftOut: scan.leftOut });
  };

  let settleTimer: NodeJS.Timeout | undefined;
  const scanOnce = async (): Promise<void> => {
    const startedAt = performance.now();
    const scan = await scanner.scan();
    await show(scan);
    firstShown.resolve();
    if (stack.disposed) return;
    icons = await scanner.findIcons(scan.apps, store);
    await show(scan);
    if (stack.disposed) return;
    clearTimeout(settleTimer);
    if (scan.isUnsettled) settleTimer = setTimeout(() => void rescan(), SETTLE_MS);
    const tookMs = Math.round(performance.now() - startedAt);
    log.debug({ apps: scan.apps.length, broken: scan.broken.length, tookMs }, 'applications scanned');
  };

  let isDue = false;
  let running: Promise<void> | null = null;
  const rescan = (): Promise<void> => {
    isDue = true;
    running ??= (async () => {
      while (isDue && !stack.disposed) {
        isDue = false;
        await scanOnce().catch((error: Error) => log.error({ stack: error.stack }, 'scanning applications failed'));
      }
      running = null;
    })();
    return running;
  };
  stack.defer(async () => {
    clearTimeout(settleTimer);
    await running;
  });

  const whole = rescan();
  await Promise.race([whole, Promise.all([firstShown.promise, delay(ICONS_AT_START_MS, undefined, { ref: false })])]);
  stack.use(
    startWatcher({
      entryDirs: findDataDirs(environment).map((dir) => join(dir, 'applications')),
      programDirs: findProgramDirs(environment),
      log,
      onChange: () => void rescan(),
    }),
  );
  return { rescan, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Gives the same definition again as long as nothing of it has changed. */
function createDefiner(): (app: App, icon: IconHash | null) => AppDefinition | EntryFault {
  const kept = new Map<OfferId, { readonly key: string; readonly result: AppDefinition | EntryFault }>();
  return (app, icon) => {
    // The digest covers the entry and what runs.
    const key = JSON.stringify([app.digest, app.source, app.obstacle, app.isWaylandOnly, icon]);
    const before = kept.get(app.id);
    if (before?.key === key) return before.result;
    if (kept.size >= MAX_KEPT) kept.clear();
    const result = orFault(() => defineApp(app, icon));
    kept.set(app.id, { key, result });
    return result;
  };
}

function orFault<T>(make: () => T): T | EntryFault {
  try {
    return make();
  } catch (error) {
    if (error instanceof EntryFault) return error;
    throw error;
  }
}
