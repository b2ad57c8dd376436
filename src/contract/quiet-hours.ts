// Whether this computer's person wants to be asked now.
import type { Settings } from './settings.ts';

/** Whether nobody is asked at this instant: do not disturb is on, or it is a quiet hour by the local clock. */
export function isQuietAt(settings: Pick<Settings, 'isDoNotDisturb' | 'quietHours'>, now: Date): boolean {
  if (settings.isDoNotDisturb) return true;
  const { isOn, from, to } = settings.quietHours;
  if (!isOn || from === to) return false;
  const time = `${pad(now.getHours())}:${pad(now.getMinutes())}`;
  return from < to ? from <= time && time < to : from <= time || time < to;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
