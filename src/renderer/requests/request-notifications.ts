// Desktop notifications of requests, and of codes to compare, in the browser shell; the Electron shell shows its own.
import { useEffect, useRef } from 'react';
import { say } from '../../messages/messages.ts';
import { peerLabel } from '../../messages/peer-label.ts';
import { useCore, useTopic } from '../use-core.tsx';

/** Shows one for each new request while the page is not being looked at, where the person has allowed it. */
export function useRequestNotifications(): void {
  const core = useCore();
  const requests = useTopic('requests');
  const comparisons = useTopic('comparisons');
  const { hasNotifications } = useTopic('settings');
  const shown = useRef(new Map<string, Notification | null>());
  useEffect(() => {
    if (core.carrier.shell === 'electron' || !('Notification' in window)) return;
    const items = [
      ...requests.map((request) => ({
        id: request.id as string,
        title: say('ui.request.title', { peer: peerLabel(request), offer: request.offer.name }),
        body: say('ui.request.notification'),
      })),
      ...comparisons
        .filter(({ role, code }) => role === 'asked' && code !== null)
        .map((comparison) => ({
          id: comparison.peerId as string,
          title: say('ui.verify.askedBy', { peer: peerLabel(comparison) }),
          body: say('ui.verify.notification'),
        })),
    ];
    for (const { id, title, body } of items) {
      if (shown.current.has(id)) continue;
      const isWanted = hasNotifications && Notification.permission === 'granted' && !document.hasFocus();
      const notification = isWanted ? new Notification(title, { body, tag: id }) : null;
      notification?.addEventListener('click', () => {
        window.focus();
        notification.close();
      });
      shown.current.set(id, notification);
    }
    for (const [id, notification] of shown.current) {
      if (items.some((item) => item.id === id)) continue;
      notification?.close();
      shown.current.delete(id);
    }
  }, [core, requests, comparisons, hasNotifications]);
}
