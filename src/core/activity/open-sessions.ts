// Which sessions the log says are open, so that a start knows which of them a crash has ended.
import { z } from 'zod';
import { type ActivityEvent, activityEntrySchema } from '../../contract/activity.ts';
import type { SessionId } from '../../contract/ids.ts';
import type { Unsealed } from './chain.ts';

const openSessionSchema = activityEntrySchema
  .pick({ role: true, peerId: true, peerName: true, isVerified: true, offerId: true, offerName: true })
  .extend({ sessionId: z.uuid() });
type OpenSession = z.infer<typeof openSessionSchema>;
const MAX_KEPT = 500;
const keptSchema = z.object({ openSessions: z.array(openSessionSchema).max(MAX_KEPT) });

export type OpenSessions = ReadonlyMap<string, OpenSession>;

/** What is kept with the head of the log. */
export function toKeep(sessions: OpenSessions): z.input<typeof keptSchema> {
  return { openSessions: [...sessions.values()].slice(-MAX_KEPT) };
}

/** Empty when nothing readable was kept. */
export function readKept(kept: unknown): OpenSessions {
  const { openSessions = [] } = keptSchema.safeParse(kept).data ?? {};
  return new Map(openSessions.map((session) => [session.sessionId, session]));
}

export function afterLines(before: OpenSessions, lines: readonly Unsealed[]): OpenSessions {
  const sessions = new Map(before);
  for (const { event, role, peerId, peerName, isVerified, offerId, offerName } of lines) {
    if (event.kind === 'started') {
      const party = { role, peerId, peerName, isVerified, offerId, offerName };
      sessions.set(event.sessionId, { ...party, sessionId: event.sessionId });
    }
    if (event.kind === 'ended') sessions.delete(event.sessionId);
  }
  return sessions;
}

/** The ends of sessions that a crash kept from being written. */
export function endsOf(sessions: OpenSessions): readonly (Omit<Unsealed, 'at'> & { readonly event: ActivityEvent })[] {
  const unknown = { durationMs: null, bytesToHost: null, bytesToVisitor: null, exitCode: null };
  return [...sessions.values()].map(({ sessionId, ...party }) => ({
    ...party,
    event: { kind: 'ended', sessionId: sessionId as SessionId, reason: 'lost', ...unknown },
  }));
}
