// Tells when desktop entries or programs on disk change, so that the catalogue follows without being asked.
import { watch as watchFolder } from 'node:fs';
import { watch } from 'chokidar';
import type { Log } from '../../lib/log.ts';

/** Events of one save or one package come in bursts: wait for their end, but not longer than a person would. */
const QUIET_MS = 200;
const MAX_WAIT_MS = 800;
/** How often to look when the system cannot watch, for example because it has no more inotify watches. */
const POLL_MS = 10_000;

export interface WatcherOptions {
  /** Folders with everything below them; they may be missing and appear later. */
  readonly entryDirs: readonly string[];
  /** Folders of programs, without what is below them; those missing at the start are not watched. */
  readonly programDirs: readonly string[];
  readonly log: Log;
  readonly onChange: () => void;
}

/**
 * Calls `onChange` some 200 ms after the last change of a burst, at most 800 ms after its first, and once when all is
 * being watched (for what changed before). Never throws: what cannot be watched is looked at every ten seconds.
 */
export function startWatcher({ entryDirs, programDirs, log, onChange }: WatcherOptions): AsyncDisposable {
  const stack = new AsyncDisposableStack();
  let timer: NodeJS.Timeout | undefined;
  let firstAt: number | null = null;
  stack.defer(() => clearTimeout(timer));
  const trigger = (): void => {
    if (stack.disposed) return;
    firstAt ??= Date.now();
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        firstAt = null;
        onChange();
      },
      Math.max(0, Math.min(QUIET_MS, firstAt + MAX_WAIT_MS - Date.now())),
    );
  };

  let poll: NodeJS.Timeout | undefined;
  stack.defer(() => clearInterval(poll));
  const onError = (error: unknown): void => {
    if (stack.disposed || poll) return;
    log.warn({ reason: String(error) }, 'cannot watch for changes of applications, looking every ten seconds');
    poll = setInterval(onChange, POLL_MS);
  };

  const watcher = watch([...entryDirs], {
    ignoreInitial: true,
    depth: 8,
    ignorePermissionErrors: true,
    ignored: (path, stats) => stats?.isFile() === true && !path.endsWith('.desktop'),
  });
  stack.defer(() => watcher.close());
  watcher.on('all', trigger).on('ready', trigger).on('error', onError);

  for (const folder of programDirs) {
    try {
      const programs = watchFolder(folder, trigger);
      stack.defer(() => programs.close());
      programs.on('error', (error) => log.debug({ folder, reason: String(error) }, 'cannot watch a program folder'));
    } catch (error) {
      // Best effort: the entry itself mostly changes together with its program.
      log.debug({ folder, reason: String(error) }, 'cannot watch a program folder');
    }
  }
  return stack;
}
