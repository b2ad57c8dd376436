// Lists of what happened, day by day.
import { formatDay } from './format.ts';

export interface Day<T> {
  /** The day by this computer's clock, `2026-03-04`, and which part of the list, because a day comes twice when a clock is set back. */
  readonly key: string;
  readonly title: string;
  readonly entries: readonly T[];
}

/** Puts neighbours of one local day together and keeps their order. */
export function groupByDay<T extends { readonly at: number }>(entries: readonly T[], now = Date.now()): Day<T>[] {
  const days: { key: string; day: string; title: string; entries: T[] }[] = [];
  for (const entry of entries) {
    const day = new Intl.DateTimeFormat('sv-SE').format(entry.at);
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ key: `${day}-${days.length}`, day, title: formatDay(entry.at, now), entries: [entry] });
  }
  return days;
}
