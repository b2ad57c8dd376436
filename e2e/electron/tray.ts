// The panel of a desktop, played by a test on a real session bus: it takes status icons, reads their menus and clicks in them.
// https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem, and com.canonical.dbusmenu.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineInterface } from 'dbus-native';
import type { Bus, Destination } from './bus.ts';

export interface TrayMenuItem {
  readonly id: number;
  readonly label: string;
  readonly type: string;
  readonly isEnabled: boolean;
  readonly isChecked: boolean;
  readonly items: readonly TrayMenuItem[];
}

export interface Tray {
  readonly toolTip: string;
  /** The largest picture of it, a PNG. */
  readonly icon: Buffer;
  readonly menu: readonly TrayMenuItem[];
}

type Layout = [number, Record<string, unknown>, Layout[]];

export class Panel implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #stack: AsyncDisposableStack;
  readonly #items: string[];

  private constructor(bus: Bus, items: string[], stack: AsyncDisposableStack) {
    this.#bus = bus;
    this.#items = items;
    this.#stack = stack;
  }

  static async start(bus: Bus): Promise<Panel> {
    await using stack = new AsyncDisposableStack();
    const items: string[] = [];
    const watcher = defineInterface({
      name: 'org.kde.StatusNotifierWatcher',
      methods: {
        RegisterStatusNotifierItem: {
          in: { service: 's' },
          // An item gives its name on the bus, or a path of the connection that calls.
          handler: ({ service }: { service: string }, { sender }) =>
            void items.push(service.startsWith('/') ? (sender ?? '') : service),
        },
        RegisterStatusNotifierHost: { in: { service: 's' }, handler: () => {} },
      },
      properties: {
        RegisteredStatusNotifierItems: { type: 'as', access: 'read', get: () => items },
        IsStatusNotifierHostRegistered: { type: 'b', access: 'read', get: () => true },
        ProtocolVersion: { type: 'i', access: 'read', get: () => 0 },
      },
      signals: { StatusNotifierHostRegistered: {} },
    });
    stack.use(await bus.client.export('/StatusNotifierWatcher', watcher));
    stack.use(await bus.client.ownName('org.kde.StatusNotifierWatcher'));
    return new Panel(bus, items, stack.move());
  }

  /** The icon of the program that came last; null while none has. */
  async read(): Promise<Tray | null> {
    const item = await this.#item();
    if (item === null) return null;
    const properties = (await this.#bus.call(
      { ...item, interface: 'org.freedesktop.DBus.Properties' },
      'GetAll',
      's',
      item.interface,
    )) as Record<string, unknown>;
    const [, , toolTip] = properties['ToolTip'] as [string, unknown, string, string];
    const { menu } = await this.#readMenu(item, String(properties['Menu']));
    return { toolTip, icon: readIcon(String(properties['IconThemePath']), String(properties['IconName'])), menu };
  }

  /** A click on the icon itself. */
  async click(): Promise<void> {
    const item = await this.#item();
    if (item !== null) await this.#bus.call(item, 'Activate', 'ii', 10, 10);
  }

  /** Clicks a menu item by the labels that lead to it. */
  async clickMenu(...labels: string[]): Promise<void> {
    const item = await this.#item();
    if (item === null) throw new Error('there is no status icon');
    const { to, menu } = await this.#readMenu(item, '/com/canonical/dbusmenu');
    let found: TrayMenuItem | undefined;
    let items = menu;
    for (const label of labels) {
      found = items.find((candidate) => candidate.label === label);
      if (found === undefined) throw new Error(`the menu has no "${label}" in ${JSON.stringify(items)}`);
      items = found.items;
    }
    await this.#bus.call(to, 'Event', 'isvu', found?.id ?? 0, 'clicked', ['i', 0], 0).catch((error: Error) => {
      // Whoever quits does not answer any more.
      if (!error.message.includes('disconnected from message bus')) throw error;
    });
  }

  async #item(): Promise<Destination | null> {
    const name = this.#items.at(-1);
    if (name === undefined || !(await this.#bus.hasOwner(name))) return null;
    return { name, path: '/StatusNotifierItem', interface: 'org.kde.StatusNotifierItem' };
  }

  async #readMenu(item: Destination, path: string): Promise<{ to: Destination; menu: readonly TrayMenuItem[] }> {
    const to = { name: item.name, path, interface: 'com.canonical.dbusmenu' };
    const [, root] = (await this.#bus.call(to, 'GetLayout', 'iias', 0, -1, [])) as [number, Layout];
    return { to, menu: root[2].map(toItem) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

function toItem([id, properties, children]: Layout): TrayMenuItem {
  return {
    id,
    // An underscore marks the access key; two of them stand for one.
    label: String(properties['label'] ?? '').replace(/_(_?)/g, '$1'),
    type: String(properties['type'] ?? 'standard'),
    isEnabled: properties['enabled'] !== false,
    isChecked: properties['toggle-state'] === 1,
    items: children.map(toItem),
  };
}

/** On GNOME's kind of desktop Chromium puts the picture into an icon theme of its own. */
function readIcon(themeFolder: string, name: string): Buffer {
  const files = readdirSync(themeFolder, { recursive: true, encoding: 'utf8' });
  const pictures = files
    .filter((file) => basename(file) === `${name}.png`)
    .map((file) => readFileSync(join(themeFolder, file)));
  return pictures.toSorted((one, other) => other.length - one.length)[0] ?? Buffer.alloc(0);
}
