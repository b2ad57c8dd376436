// The question to the host: who wants what, and the three answers.
import { expect, type Locator, type Page } from '@playwright/test';
import type { Computer } from '../lab/computer.ts';

export class Popup {
  readonly page: Page;
  readonly #computer: Computer;

  constructor(page: Page, computer: Computer) {
    this.page = page;
    this.#computer = computer;
  }

  get card(): Locator {
    return this.page.getByRole('alertdialog');
  }

  get deny(): Locator {
    return this.card.getByRole('button', { name: 'Deny' });
  }

  get once(): Locator {
    return this.card.getByRole('button', { name: 'Allow once' });
  }

  get always(): Locator {
    return this.card.getByRole('button', { name: /^Always allow this for / });
  }

  /** Waits until a person sees a question. */
  async shown(): Promise<this> {
    await expect(this.card).toBeVisible();
    await expect.poll(() => this.#computer.shell.isPopupShown()).toBe(true);
    return this;
  }

  async gone(): Promise<void> {
    await expect(this.card).toBeHidden();
    await expect.poll(() => this.#computer.shell.isPopupShown()).toBe(false);
  }

  async allow(): Promise<void> {
    await this.once.click();
    await expect(this.card).toBeHidden();
  }
}
