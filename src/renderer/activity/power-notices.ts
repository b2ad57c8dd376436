// Tells the visitor when the person there took something away while the program runs, in the main window and in the program's own.
import { notifications } from '@mantine/notifications';
import { useEffect, useRef } from 'react';
import type { SessionId } from '../../contract/ids.ts';
import type { Session } from '../../contract/sessions.ts';
import { messages, say } from '../../messages/messages.ts';
import { formatDuration, shorten } from '../lib/format.ts';
import { sayPeer } from '../lib/peers.ts';
import { isShortened, lostPowers } from '../lib/powers.ts';
import { useTopic } from '../use-core.tsx';

/** Of one session, or of all. Each change is told once in each window that shows it. */
export function usePowerNotices(of: SessionId | 'all' | null): void {
  const sessions = useTopic('sessions');
  const known = useRef(new Map<SessionId, Session>());
  useEffect(() => {
    for (const session of sessions) {
      if (session.role !== 'visitor' || (of !== 'all' && of !== session.id)) continue;
      const before = known.current.get(session.id);
      known.current.set(session.id, session);
      const message = before === undefined || session.state === 'ended' ? '' : sayChange(before, session);
      if (message === '') continue;
      notifications.show({
        title: say('ui.power.changedTitle', {
          peer: sayPeer(session),
          offer: shorten(session.offer.name, 60),
        }),
        message,
        autoClose: 12_000,
      });
    }
    for (const id of known.current.keys()) if (!sessions.some((session) => session.id === id)) known.current.delete(id);
  }, [sessions, of]);
}

function sayChange(before: Session, session: Session): string {
  const { powers, endsAt } = session;
  // The title above it says whether the name is verified.
  const peer = sayPeer(session, { isMarked: true });
  const lost = lostPowers(before.powers, powers);
  const list = new Intl.ListFormat(messages.language, { type: 'conjunction' });
  return [
    ...(lost.length === 0
      ? []
      : [say('ui.power.changed', { peer, what: list.format(lost.map((name) => say(`ui.power.${name}.lost`))) })]),
    ...(endsAt !== null && isShortened(before.endsAt, endsAt)
      ? [say('ui.power.shortened', { peer, time: formatDuration(Math.max(0, endsAt - Date.now())) })]
      : []),
  ].join(' ');
}
