// The main window: computers, their applications, what is in use, settings.
import type { Locator, Page } from '@playwright/test';
import type { Workplace } from '../computers/shell.ts';
import { Viewer } from './viewer.ts';

export class MainPage {
  readonly page: Page;
  readonly #computer: Workplace;

  constructor(page: Page, computer: Workplace) {
    this.page = page;
    this.#computer = computer;
  }

  get peers(): Locator {
    return this.page.getByRole('list', { name: 'Computers' }).getByTestId('peer-row');
  }

  peer(name: string): Locator {
    return this.peers.filter({ has: this.page.getByText(name, { exact: true }) });
  }

  get home(): Locator {
    return this.page.getByRole('button', { name: 'eBrainPool, start page' });
  }

  async openPeer(name: string): Promise<void> {
    await this.peer(name).getByRole('button').click();
    await this.page.getByRole('heading', { level: 1, name }).waitFor();
  }

  /** The button of one of the applications that are shown. */
  app(name: string): Locator {
    return this.page.getByTestId('offer-tile').getByRole('button', { name, exact: true });
  }

  get apps(): Locator {
    return this.page.getByTestId('offer-tile');
  }

  /** Clicks an application of a computer and gives the window that opens. */
  async launch(peer: string, app: string): Promise<Viewer> {
    await this.openPeer(peer);
    return this.openViewer(() => this.app(app).click());
  }

  /** The viewer that an action opens. */
  async openViewer(action: () => Promise<void>): Promise<Viewer> {
    const opened = this.page.context().waitForEvent('page');
    await action();
    const page = await opened;
    await page.waitForURL(/window=viewer/);
    return new Viewer(page, this.#computer);
  }

  async launchNative(peer: string, app: string): Promise<void> {
    await this.#choose(peer, app, /^Open as native window/);
    await this.page.getByRole('dialog').getByRole('button', { name: 'Open as native window' }).click();
  }

  async launchSshCommand(peer: string, app: string): Promise<void> {
    await this.#choose(peer, app, /^Get an SSH command/);
  }

  async #choose(peer: string, app: string, item: RegExp): Promise<void> {
    await this.openPeer(peer);
    await this.page.getByRole('button', { name: `More ways to open ${app}` }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Asks for an application with more, or less, than the program alone. */
  async launchWith(peer: string, app: string, wishes: readonly string[]): Promise<Viewer> {
    await this.#choose(peer, app, /^Ask for more/);
    const dialog = this.page.getByRole('dialog');
    for (const wish of wishes) await dialog.getByRole('checkbox', { name: wish }).press('Space');
    return this.openViewer(() => dialog.getByRole('button', { name: 'Ask', exact: true }).click());
  }

  /** The menu of the computer that is open. */
  async choosePeerMenu(peer: string, item: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name: `More about ${peer}` }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  get doNotDisturb(): Locator {
    return this.page.getByRole('button', { name: 'Do not disturb' });
  }

  get inUse(): Locator {
    return this.page.getByRole('complementary', { name: 'In use' });
  }

  /** What this computer uses of others, and what others use of it. */
  sessions(role: 'visitor' | 'host', state?: 'running' | 'ended'): Locator {
    const stateFilter = state === undefined ? '' : `[data-state="${state}"]`;
    return this.inUse.locator(`[data-testid="session-row"][data-role="${role}"]${stateFilter}`);
  }

  asks(): Locator {
    return this.inUse.getByTestId('ask-row');
  }

  async goToSettings(section: 'General' | 'Sharing' | 'People' | 'Rules' | 'Network' | 'This computer' | 'Logs') {
    await this.page.getByRole('button', { name: 'Settings', exact: true }).click();
    await this.page.getByRole('tab', { name: section, exact: true }).click();
  }

  async goToOwn(): Promise<void> {
    await this.page.getByRole('button', { name: /^This computer/ }).click();
    await this.page.getByRole('heading', { level: 1, name: 'This computer' }).waitFor();
  }

  async goToHistory(): Promise<void> {
    await this.page.getByRole('button', { name: 'History', exact: true }).click();
    await this.page.getByRole('heading', { level: 1, name: 'History' }).waitFor();
  }

  /** The lines of the history that are shown, the newest first. */
  history(kind?: string): Locator {
    return this.page.locator(`[data-testid="history-row"]${kind === undefined ? '' : `[data-kind="${kind}"]`}`);
  }

  get pause(): Locator {
    return this.page.getByRole('switch', { name: 'Pause sharing' }).first();
  }
}
