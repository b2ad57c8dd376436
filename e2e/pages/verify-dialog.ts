// The dialog in which two people compare a code or exchange their keys.
import { expect, type Locator, type Page } from '@playwright/test';
import type { Computer } from '../computers/computer.ts';

export class VerifyDialog {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog', { name: 'Is this the computer that you mean?' });
  }

  get code(): Locator {
    return this.dialog.getByTestId('verify-code');
  }

  get words(): Locator {
    return this.dialog.locator('.verify-words');
  }

  get same(): Locator {
    return this.dialog.getByRole('button', { name: 'They are the same' });
  }

  get different(): Locator {
    return this.dialog.getByRole('button', { name: 'They are different' });
  }

  get cancel(): Locator {
    return this.dialog.getByRole('button', { name: 'Cancel' });
  }

  get useCamera(): Locator {
    return this.dialog.getByRole('button', { name: 'Use the camera' });
  }

  get stopCamera(): Locator {
    return this.dialog.getByRole('button', { name: 'Stop the camera' });
  }

  /** Waits until the camera shows something. */
  async seesPicture(): Promise<void> {
    await expect(this.dialog.locator('video:not([data-picture="none"])')).toBeVisible();
  }

  says(text: string): Locator {
    return this.dialog.getByText(text);
  }

  async showCode(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Show the code' }).click();
  }

  async close(): Promise<void> {
    // The one at the bottom: the cross in the corner has the same name.
    await this.dialog.getByRole('button', { name: 'Close' }).last().click();
    await expect(this.dialog).toBeHidden();
  }
}

/** Where a comparison appears that somebody else began. */
export async function askedOn(computer: Computer): Promise<VerifyDialog> {
  return new VerifyDialog((await computer.popup()).page);
}

export async function openVerify(computer: Computer, peer: string): Promise<VerifyDialog> {
  const main = await computer.mainPage();
  await main.openPeer(peer);
  await main.page.getByRole('button', { name: `Verify ${peer}` }).click();
  const dialog = new VerifyDialog(main.page);
  await dialog.dialog.waitFor();
  return dialog;
}

/** At the page on which keys are exchanged. */
export async function openKeys(computer: Computer, peer: string): Promise<VerifyDialog> {
  const verify = await openVerify(computer, peer);
  await verify.dialog.getByRole('tab', { name: 'Scan or paste' }).click();
  return verify;
}
