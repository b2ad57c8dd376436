// What channels need of this computer's programs, as items of health.
import type { HealthItem } from '../../contract/health.ts';
import { checkPrograms } from '../health/programs.ts';
import type { Channel } from './channel.ts';

/** Each program once, even when two channels need it. Empty where nothing can be shared at all. */
export async function checkNeededPrograms(
  channels: readonly Pick<Channel, 'programs'>[],
  platform = process.platform,
): Promise<readonly HealthItem[]> {
  if (platform !== 'linux') return [];
  const needed = channels.flatMap(({ programs }) => programs);
  return checkPrograms([...new Map(needed.map((one) => [one.id, one])).values()]);
}
