// Desktop notifications for requests, with Allow and Deny where the system has buttons on them.
import { Notification } from 'electron';
import type { Client } from '../contract/client.ts';
import type { Request, RequestId } from '../contract/models.ts';
import { say } from '../messages/messages.ts';
import { peerLabel } from './tray-menu.ts';

export interface NotificationOptions {
  readonly client: Client;
  readonly iconPath: string;
  /** Shows the pop-up: what a click on the notification itself does. */
  readonly openPopup: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** One notification for each request, while it waits; only when the person wants them. */
export function startNotifications({ client, iconPath, openPopup, onFailure }: NotificationOptions): Disposable {
  const shown = new Map<RequestId, Notification>();
  const seen = new Set<RequestId>();

  function show(request: Request): void {
    const notification = new Notification({
      title: say('shell.notification.requestTitle', { peer: peerLabel(request), offer: request.offer.name }),
      body: say('shell.notification.requestBody'),
      icon: iconPath,
      timeoutType: 'never',
      // Electron draws buttons on macOS and Windows; elsewhere a click opens the pop-up.
      actions:
        process.platform === 'linux'
          ? []
          : [
              { type: 'button', text: say('shell.tray.once') },
              { type: 'button', text: say('shell.tray.deny') },
            ],
    });
    notification.on('click', openPopup);
    notification.on('action', ({ actionIndex }) => {
      const answer = actionIndex === 0 ? 'once' : 'deny';
      client.call('requests.answer', { requestId: request.id, answer }).catch(onFailure);
    });
    // Kept while it is shown: one that is collected hears no clicks any more.
    shown.set(request.id, notification);
    notification.show();
  }

  const stop = client.follow('requests', (requests) => {
    const waiting = new Set(requests.map(({ id }) => id));
    for (const [id, notification] of shown) {
      if (waiting.has(id)) continue;
      notification.close();
      shown.delete(id);
    }
    for (const id of seen) if (!waiting.has(id)) seen.delete(id);
    const isWanted = client.read('settings')?.hasNotifications === true && Notification.isSupported();
    for (const request of requests) {
      if (seen.has(request.id)) continue;
      seen.add(request.id);
      if (isWanted) show(request);
    }
  });
  return {
    [Symbol.dispose]: () => {
      stop();
      for (const notification of shown.values()) notification.close();
    },
  };
}

/** Says once where the window went. */
export function tellThatItStays(iconPath: string): void {
  if (!Notification.isSupported()) return;
  const title = say('shell.notification.staysTitle');
  new Notification({ title, body: say('shell.notification.staysBody'), icon: iconPath }).show();
}
