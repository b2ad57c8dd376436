// Which questions of this computer are listed.
import type { Ask } from '../../contract/asks.ts';

/** The newest first; an ask that became a session is listed as that session. */
export function visibleAsks(asks: readonly Ask[]): readonly Ask[] {
  return asks.filter((ask) => ask.state !== 'granted' || ask.sessionId === null).sort((a, b) => b.askedAt - a.askedAt);
}
