// The health item `mounts`: warns of a refused folder of the owner's, because programs run without it.
import type { JudgedMount } from '../../contract/containers.ts';
import type { HealthItem } from '../../contract/health.ts';

export function describeMounts(mounts: readonly JudgedMount[]): HealthItem {
  const refused = mounts.find(({ level }) => level === 'refused');
  const [note] = refused?.notes ?? [];
  if (refused === undefined || note === undefined) return { id: 'mounts', level: 'ok', params: {}, command: null };
  return { id: 'mounts', level: 'warning', params: { path: refused.path, ...note }, command: null };
}
