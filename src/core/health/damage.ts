// Says that a file of a part was not as that part had left it.
import type { HealthItem } from '../../contract/health.ts';
import type { JsonFileProblem } from '../lib/json-file.ts';

/** Nothing where nothing was wrong. */
export function describeDamage(id: string, damage: JsonFileProblem | null): readonly HealthItem[] {
  if (damage === null) return [];
  const params = { path: damage.path, keptAs: damage.keptAs ?? '', why: damage.why };
  return [{ id, level: 'warning', params, command: null }];
}
