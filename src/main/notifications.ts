// Desktop notifications for what waits for this person: requests, with Allow and Deny where the system has buttons on them, and codes to compare.
import { Notification } from 'electron';
import { ARMING_MS } from '../contract/arming.ts';
import type { Client } from '../contract/client.ts';
import type { Comparison } from '../contract/comparisons.ts';
import type { Request } from '../contract/consent.ts';
import { say } from '../messages/messages.ts';
import { peerLabel } from '../messages/peer-label.ts';

export interface NotificationOptions {
  readonly client: Client;
  readonly iconPath: string;
  /** Shows the pop-up: what a click on the notification itself does. */
  readonly openPopup: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** One notification for each request, and for each code that another person wishes to compare; only when they are wanted. */
export function startNotifications({ client, iconPath, openPopup, onFailure }: NotificationOptions): Disposable {
  const common = { icon: iconPath, timeoutType: 'never' } as const;

  function ofRequest(request: Request): Notification {
    const notification = new Notification({
      ...common,
      title: say('shell.notification.requestTitle', { peer: peerLabel(request), offer: request.offer.name }),
      body: say('shell.notification.requestBody'),
      // Electron draws buttons on macOS and Windows; elsewhere a click opens the pop-up.
      actions:
        process.platform === 'linux'
          ? []
          : [
              { type: 'button', text: say('shell.tray.once') },
              { type: 'button', text: say('shell.tray.deny') },
            ],
    });
    const shownAt = performance.now();
    notification.on('action', ({ actionIndex }) => {
      // Security: a click that was meant for what was there before asks again, in the pop-up.
      if (performance.now() - shownAt < ARMING_MS) {
        openPopup();
        return;
      }
      const answer = actionIndex === 0 ? 'allow' : 'deny';
      client.call('requests.answer', { requestId: request.id, answer }).catch(onFailure);
    });
    return notification;
  }

  // Security: no buttons and no code: who answers must look at both screens.
  const ofComparison = (comparison: Comparison) =>
    new Notification({
      ...common,
      title: say('shell.notification.compareTitle', { peer: peerLabel(comparison) }),
      body: say('shell.notification.compareBody'),
    });

  /** Shows one for each item when it comes, and takes it away when the item goes. */
  function showEach<T>(idOf: (item: T) => string, make: (item: T) => Notification) {
    // Kept while it is shown: a notification that is garbage-collected hears no clicks.
    const shown = new Map<string, Notification | null>();
    return {
      update: (items: readonly T[]) => {
        const waiting = new Map(items.map((item) => [idOf(item), item]));
        for (const [id, notification] of shown) {
          if (waiting.has(id)) continue;
          notification?.close();
          shown.delete(id);
        }
        const isWanted = client.read('settings')?.hasNotifications === true && Notification.isSupported();
        for (const [id, item] of waiting) {
          if (shown.has(id)) continue;
          const notification = isWanted ? make(item) : null;
          shown.set(id, notification);
          notification?.on('click', openPopup);
          notification?.show();
        }
      },
      closeAll: () => {
        for (const notification of shown.values()) notification?.close();
      },
    };
  }

  const requests = showEach<Request>(({ id }) => id, ofRequest);
  const comparisons = showEach<Comparison>(({ peerId }) => peerId, ofComparison);
  const stops = [
    client.follow('requests', requests.update),
    client.follow('comparisons', (list) =>
      comparisons.update(list.filter(({ role, code }) => role === 'asked' && code !== null)),
    ),
  ];
  return {
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
      requests.closeAll();
      comparisons.closeAll();
    },
  };
}

/** Says once where the window went. */
export function tellThatItStays(iconPath: string): void {
  if (!Notification.isSupported()) return;
  const title = say('shell.notification.staysTitle');
  new Notification({ title, body: say('shell.notification.staysBody'), icon: iconPath }).show();
}
