// Whose the processes of sandboxes are where the core runs as root.
import type { HealthItem } from '../../contract/health.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The health item `root`: nothing where an ordinary user runs it. */
export function describeRoot(isRoot: boolean): readonly HealthItem[] {
  return isRoot ? [{ id: 'root', level: 'warning', params: {}, command: null }] : [];
}
