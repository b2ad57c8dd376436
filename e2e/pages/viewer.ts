// A viewer window: what it says while it waits and when it is over, and the picture of the program in between.
import { expect, type Locator, type Page } from '@playwright/test';
import type { Picture } from '../computers/picture.ts';
import type { Workplace } from '../computers/shell.ts';

/** Height of the bar above the picture. */
const BAR_HEIGHT_PX = 40;

/** The part of HTMLCanvasElement that is used here: this is not a world with a DOM. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): { getImageData(...area: number[]): { readonly data: Uint8ClampedArray } } | null;
}

export class Viewer {
  readonly page: Page;
  readonly #computer: Workplace;

  constructor(page: Page, computer: Workplace) {
    this.page = page;
    this.#computer = computer;
  }

  /** What is said in place of, or above, the picture. */
  says(title: string | RegExp): Locator {
    return this.page.getByRole('status').getByRole('heading', { name: title });
  }

  get cancel(): Locator {
    return this.page.getByRole('button', { name: 'Cancel' });
  }

  get disconnect(): Locator {
    return this.page.getByRole('button', { name: 'Disconnect' });
  }

  /** The button that lists the program's windows; there from the second one on. */
  get windows(): Locator {
    return this.page.getByRole('button', { name: /windows? of the program$/ });
  }

  get windowList(): Locator {
    return this.page.getByRole('list', { name: 'Windows of the program' });
  }

  /** What is said while the program is asked to close. */
  get closing(): Locator {
    return this.page.locator('.viewer-closing').getByRole('status');
  }

  get keepOpen(): Locator {
    return this.page.getByRole('button', { name: 'Keep it open' });
  }

  get closeAnyway(): Locator {
    return this.page.getByRole('button', { name: 'Close anyway' });
  }

  get screen(): Locator {
    return this.page.getByTestId('viewer-screen');
  }

  /** Waits for the program's first picture. */
  async running(): Promise<this> {
    await this.page.bringToFront();
    try {
      await expect(this.page.locator('html')).toHaveAttribute('data-viewer', 'running', { timeout: 15_000 });
    } catch (cause) {
      const said = await this.page.getByRole('status').allInnerTexts();
      throw new Error(`the program's picture did not come; the viewer says: ${said.join(' / ')}`, { cause });
    }
    return this;
  }

  /** The size that the program's screen is to have in this window. */
  async size(): Promise<{ width: number; height: number }> {
    const { width, height } = await this.page.evaluate(() => {
      const { innerWidth, innerHeight } = globalThis as unknown as { innerWidth: number; innerHeight: number };
      return { width: innerWidth, height: innerHeight };
    });
    return { width, height: height - BAR_HEIGHT_PX };
  }

  /** The pixels of noVNC's canvas, as the person sees them. */
  async picture(): Promise<Picture> {
    const { width, height, data } = await this.screen
      .locator('canvas')
      .first()
      .evaluate((element) => {
        const canvas = element as unknown as Canvas;
        const pixels =
          canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
        let text = '';
        for (let at = 0; at < pixels.length; at += 0x8000)
          text += String.fromCharCode(...pixels.subarray(at, at + 0x8000));
        return { width: canvas.width, height: canvas.height, data: btoa(text) };
      });
    const rgba = Buffer.from(data, 'base64');
    const rgb = Buffer.alloc(width * height * 3);
    for (let at = 0; at < width * height; at += 1) rgba.copy(rgb, at * 3, at * 4, at * 4 + 3);
    return { width, height, rgb };
  }

  /** Moves the mouse to a place of the program's screen: a button under it would look different. */
  async point({ x, y }: { x: number; y: number }): Promise<void> {
    await this.page.mouse.move(x, y + BAR_HEIGHT_PX);
  }

  /** Keys into the program; a click would press what lies under it. As a person does: when there is a window to type into. */
  async type(text: string): Promise<void> {
    await this.page.bringToFront();
    // The first picture may be the empty ground, and a key that comes before the window goes nowhere. Some hosts tell of no windows.
    const isThere = this.page.locator('.viewer-document').waitFor({ timeout: 3000 });
    await isThere.catch(() => undefined);
    await this.screen.locator('canvas').first().focus();
    await this.page.keyboard.type(text, { delay: 6 });
  }

  async close(): Promise<void> {
    await this.#computer.closeWindow(this.page);
  }
}
