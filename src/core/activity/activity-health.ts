// The health item `activity`: whether what happens here can be written down.
import type { HealthItem } from '../../contract/health.ts';

/** @param unwritablePath the folder, while it cannot be written */
export function describeActivity(unwritablePath: string | null): HealthItem {
  const level = unwritablePath === null ? 'ok' : 'error';
  return { id: 'activity', level, params: unwritablePath === null ? {} : { path: unwritablePath }, command: null };
}
