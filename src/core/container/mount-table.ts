// Where a path really lies: which file system, and where in it, so that one folder seen at two places is known to be one.
import { readFile } from 'node:fs/promises';

export interface MountEntry {
  /** Where it is mounted. */
  readonly point: string;
  /** The number of the file system's device: `major:minor`. */
  readonly device: string;
  /** The folder of that file system that is shown there. */
  readonly root: string;
  readonly type: string;
}

export interface Spot {
  readonly device: string;
  readonly path: string;
  /** Of the file system, as `proc`. */
  readonly type: string;
}

/** Reads mountinfo, see proc(5). Empty where there is none. */
export async function readMountTable(): Promise<readonly MountEntry[]> {
  return parseMountTable(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
}

export function parseMountTable(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    // Columns: id, parent, device, root, mount point, options, optional fields up to a dash, type, source, more options.
    const [, , device, root, point, ...rest] = line.split(' ');
    const type = rest[rest.indexOf('-') + 1];
    if (device === undefined || root === undefined || point === undefined || type === undefined) return [];
    return [{ device, root: plain(root), point: plain(point), type }];
  });
}

/** proc(5): space, tab, line feed and backslash are written as octal numbers. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Where a path without links lies; null where the table does not say. Of mounts on the same place the last is seen. */
export function spotOf(path: string, table: readonly MountEntry[]): Spot | null {
  let found: MountEntry | undefined;
  for (const entry of table) {
    if (isWithin(path, entry.point) && entry.point.length >= (found?.point.length ?? 0)) found = entry;
  }
  if (found === undefined) return null;
  const rest = found.point === '/' ? path : path.slice(found.point.length);
  const inside = `${found.root === '/' ? '' : found.root}${rest}`.replace(/\/$/, '') || '/';
  return { device: found.device, path: inside, type: found.type };
}

/** Whether a path is a folder or lies in it; both without links and without a slash at the end. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}
