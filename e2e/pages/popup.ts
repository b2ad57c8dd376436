// The question to the host: who wants what, what it may touch, and the answers.
import { expect, type Locator, type Page } from '@playwright/test';
import type { Workplace } from '../computers/shell.ts';

export class Popup {
  readonly page: Page;
  readonly #computer: Workplace;

  constructor(page: Page, computer: Workplace) {
    this.page = page;
    this.#computer = computer;
  }

  get card(): Locator {
    return this.page.getByRole('alertdialog');
  }

  get deny(): Locator {
    return this.card.getByRole('button', { name: 'Deny', exact: true });
  }

  get once(): Locator {
    return this.card.getByRole('button', { name: 'Allow once' });
  }

  /** The button behind which the longer answers are. */
  get others(): Locator {
    return this.card.getByRole('button', { name: 'Other answers' });
  }

  /** One of the other answers; to be seen once `openOthers` was called. */
  other(
    name: 'Always' | 'Until I quit eBrainPool' | 'Allow for 1 hr' | 'Deny and never ask again' | 'Block this computer',
  ) {
    return this.card.getByRole('button', { name, exact: true });
  }

  async openOthers(): Promise<this> {
    await this.others.click();
    return this;
  }

  /** The button that gives what was chosen of the other answers. */
  get confirm(): Locator {
    return this.card.getByRole('button', { name: /^Yes, / });
  }

  /** Gives one of the other answers. */
  async answer(name: Parameters<Popup['other']>[0]): Promise<void> {
    await this.openOthers();
    await this.other(name).click();
    await this.confirm.click();
  }

  /** What a yes would give, as it stands above the answers. */
  get terms(): Locator {
    return this.card.locator('.request-terms');
  }

  /** What is left of the card when it was made small. */
  get small(): Locator {
    return this.page.getByRole('button', { name: /^\d+ requests? · / });
  }

  /** The switch of something that is asked for, or of a restriction. */
  power(name: 'Paste into it' | 'Copy out of it' | 'Internet' | 'Files' | 'Only watch'): Locator {
    return this.card.getByRole('switch', { name });
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
