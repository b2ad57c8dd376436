// The notifications of a desktop, played by a test on a real session bus (Desktop Notifications Specification 1.2).
import { defineInterface } from 'dbus-native';
import type { Bus } from './bus.ts';

export interface ShownNotification {
  readonly id: number;
  readonly title: string;
  readonly body: string;
  /** Key and label of each. `default` is what a click on the notification itself does. */
  readonly actions: Readonly<Record<string, string>>;
  readonly isShown: boolean;
}

interface Notify {
  readonly replaces: number;
  readonly summary: string;
  readonly body: string;
  readonly actions: readonly string[];
}

export class Notifications implements AsyncDisposable {
  /** All that were ever shown. */
  readonly all: ShownNotification[] = [];
  readonly #stack = new AsyncDisposableStack();
  #emit: Readonly<Record<string, (...args: unknown[]) => void>> = {};

  static async start(bus: Bus): Promise<Notifications> {
    const notifications = new Notifications();
    await notifications.#serve(bus);
    return notifications;
  }

  async #serve(bus: Bus): Promise<void> {
    const definition = defineInterface({
      name: 'org.freedesktop.Notifications',
      methods: {
        GetCapabilities: { out: { capabilities: 'as' }, handler: () => ['actions', 'body', 'persistence'] },
        GetServerInformation: {
          out: { name: 's', vendor: 's', version: 's', spec: 's' },
          handler: () => ({ name: 'test', vendor: 'eBrainPool', version: '1', spec: '1.2' }),
        },
        Notify: {
          in: {
            app: 's',
            replaces: 'u',
            icon: 's',
            summary: 's',
            body: 's',
            actions: 'as',
            hints: 'a{sv}',
            timeout: 'i',
          },
          out: { id: 'u' },
          handler: ({ replaces, summary, body, actions }: Notify) => {
            const id = replaces > 0 ? replaces : this.all.length + 1;
            const pairs = actions.flatMap((key, at) => (at % 2 === 0 ? [[key, actions[at + 1] ?? '']] : []));
            this.all[id - 1] = { id, title: summary, body, actions: Object.fromEntries(pairs), isShown: true };
            return id;
          },
        },
        CloseNotification: { in: { id: 'u' }, handler: ({ id }: { id: number }) => this.#close(id, 3) },
      },
      signals: {
        ActionInvoked: { args: { id: 'u', key: 's' } },
        NotificationClosed: { args: { id: 'u', reason: 'u' } },
      },
    });
    this.#emit = definition.emit;
    this.#stack.use(await bus.client.export('/org/freedesktop/Notifications', definition));
    this.#stack.use(await bus.client.ownName('org.freedesktop.Notifications'));
  }

  /** A click on the notification itself, which takes it away. */
  click(id: number): void {
    this.press(id, 'default');
    this.#close(id, 2);
  }

  /** A button with this key, be it one that the notification has or not. */
  press(id: number, key: string): void {
    this.#emit['ActionInvoked']?.(id, key);
  }

  #close(id: number, reason: number): void {
    const notification = this.all[id - 1];
    if (notification === undefined || !notification.isShown) return;
    this.all[id - 1] = { ...notification, isShown: false };
    this.#emit['NotificationClosed']?.(id, reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
