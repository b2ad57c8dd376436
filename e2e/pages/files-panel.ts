// The panel of a viewer window in which files are exchanged with the program.
import type { Locator, Page } from '@playwright/test';
import type { RunningShell, Saved } from '../computers/shell.ts';

/** The part of a page's world that is used here: this is not a world with a DOM. */
interface DropWorld {
  DataTransfer: new () => { readonly items: { add(file: unknown): void } };
  File: new (parts: readonly unknown[], name: string) => unknown;
  DragEvent: new (kind: string, options: object) => never;
  dispatchEvent(event: never): boolean;
}

export class FilesPanel {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get button(): Locator {
    return this.page.getByRole('button', { name: 'Files', exact: true });
  }

  get panel(): Locator {
    return this.page.getByRole('complementary', { name: 'Exchange files' });
  }

  async open(): Promise<this> {
    await this.page.bringToFront();
    await this.button.click();
    await this.panel.waitFor();
    return this;
  }

  entry(name: string): Locator {
    return this.panel.getByRole('button', { name: `Save: ${name}` });
  }

  progress(name: string): Locator {
    return this.panel.getByRole('progressbar', { name: `Sending ${name}`, exact: true });
  }

  /** By the button and the system's dialog. */
  async choose(path: string): Promise<void> {
    const choosing = this.page.waitForEvent('filechooser');
    await this.panel.getByRole('button', { name: 'Send files…' }).click();
    await (await choosing).setFiles(path);
  }

  /** The same for a file that Playwright finds too large to hand over. */
  async chooseLarge(path: string): Promise<void> {
    const tools = await this.page.context().newCDPSession(this.page);
    const expression = 'document.querySelector("input[type=file]")';
    const { result } = await tools.send('Runtime.evaluate', { expression });
    await tools.send('DOM.setFileInputFiles', { files: [path], objectId: result.objectId ?? '' });
    await tools.detach();
  }

  /** Drops a small file of zeros on the window. */
  async drop(name: string, sizeBytes: number): Promise<void> {
    await this.page.evaluate(
      ({ name, sizeBytes }) => {
        const world = globalThis as unknown as DropWorld;
        const dataTransfer = new world.DataTransfer();
        dataTransfer.items.add(new world.File([new Uint8Array(sizeBytes)], name));
        for (const kind of ['dragover', 'drop'])
          world.dispatchEvent(new world.DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
      },
      { name, sizeBytes },
    );
  }

  /** What is saved after a click on a file, and the name that is proposed for it. */
  save(name: string, shell: RunningShell): Promise<Saved> {
    // The click begins like a navigation, which in Electron becomes a download and never ends as one.
    return shell.save(this.page, () => this.entry(name).click({ noWaitAfter: true }));
  }

  async remove(name: string): Promise<void> {
    await this.panel.getByRole('button', { name: `Delete ${name}`, exact: true }).click();
    await this.panel.getByRole('button', { name: `Delete ${name}. Delete for good?` }).click();
  }
}
