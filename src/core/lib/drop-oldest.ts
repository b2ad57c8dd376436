// Keeps lists of what has ended short.

const MAX_ENDED = 30;

/** Removes the oldest entries that have ended, as far as there are more than thirty of them. */
export function dropOldest<K, V>(map: Map<K, V>, isEnded: (value: V) => boolean): void {
  const ended = [...map].filter(([, value]) => isEnded(value));
  for (const [key] of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) map.delete(key);
}
