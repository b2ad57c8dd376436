// Windows as the X server and its window manager know them, and not as the program says.
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import type { Desktop } from './desktop.ts';

export interface XWindow {
  readonly isVisible: boolean;
  /** Whether keys go to it. */
  readonly isFocused: boolean;
  readonly isAlwaysOnTop: boolean;
  readonly width: number;
  readonly height: number;
}

interface Titled {
  readonly document: { title: string };
}

/** The windows of the pages of one program. */
export class Windows {
  readonly #desktop: Desktop;
  readonly #ids = new WeakMap<Page, string>();

  constructor(desktop: Desktop) {
    this.#desktop = desktop;
  }

  async look(page: Page): Promise<XWindow> {
    const id = await this.#idOf(page);
    const [info = '', state = '', active = ''] = await Promise.all([
      this.#desktop.run(['xwininfo', '-id', id]),
      this.#desktop.run(['xprop', '-id', id, '_NET_WM_STATE']),
      this.#desktop.run(['xdotool', 'getactivewindow']),
    ]);
    return {
      isVisible: /Map State: IsViewable/.test(info),
      isFocused: active.trim() === id,
      isAlwaysOnTop: /_NET_WM_STATE_ABOVE/.test(state),
      width: Number(/Width: (\d+)/.exec(info)?.[1]),
      height: Number(/Height: (\d+)/.exec(info)?.[1]),
    };
  }

  async isVisible(page: Page): Promise<boolean> {
    const info = await this.#desktop.run(['xwininfo', '-id', await this.#idOf(page)]);
    return /Map State: IsViewable/.test(info ?? '');
  }

  /** As the cross in its frame does. */
  async close(page: Page): Promise<void> {
    await this.#desktop.run(['wmctrl', '-i', '-c', `0x${Number(await this.#idOf(page)).toString(16)}`]);
  }

  /** The page is given a name for a moment that no other window has. */
  async #idOf(page: Page): Promise<string> {
    const known = this.#ids.get(page);
    if (known !== undefined) return known;
    const setTitle = (given: string) =>
      page.evaluate((title) => {
        const { document } = globalThis as unknown as Titled;
        const before = document.title;
        document.title = title;
        return before;
      }, given);
    for (let tries = 0; tries < 40; tries += 1) {
      const name = randomUUID();
      const before = await setTitle(name);
      const found = await this.#desktop.run(['xdotool', 'search', '--name', `^${name}$`]);
      await setTitle(before);
      const id = found?.trim().split('\n').at(-1);
      if (id === undefined) continue;
      this.#ids.set(page, id);
      return id;
    }
    throw new Error(`no window shows ${page.url()}`);
  }
}
