// Desktop notifications of requests in the browser shell; the Electron shell shows its own.
import { useEffect, useRef } from 'react';
import { say } from '../../messages/messages.ts';
import { useCore, useTopic } from '../use-core.tsx';

/** Shows one for each new request while the page is not being looked at, where the person has allowed it. */
export function useRequestNotifications(): void {
  const core = useCore();
  const requests = useTopic('requests');
  const { hasNotifications } = useTopic('settings');
  const shown = useRef(new Map<string, Notification | null>());
  useEffect(() => {
    if (core.carrier.shell === 'electron' || !('Notification' in window)) return;
    for (const request of requests) {
      if (shown.current.has(request.id)) continue;
      const isWanted = hasNotifications && Notification.permission === 'granted' && !document.hasFocus();
      const notification = isWanted
        ? new Notification(say('ui.request.title', { peer: request.peerName, offer: request.offer.name }), {
            body: say('ui.request.notification'),
            tag: request.id,
          })
        : null;
      notification?.addEventListener('click', () => {
        window.focus();
        notification.close();
      });
      shown.current.set(request.id, notification);
    }
    for (const [id, notification] of shown.current) {
      if (requests.some((request) => request.id === id)) continue;
      notification?.close();
      shown.current.delete(id);
    }
  }, [core, requests, hasNotifications]);
}
