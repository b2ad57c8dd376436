// Every screen is usable with a screen reader and by keyboard: axe allows no violation, light and dark.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test, useLan } from '../lab/fixtures.ts';

const lan = useLan({
  alice: {},
  bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' }, settings: { answerTimeoutS: 600 } },
  carol: { isFirstRun: true },
});

async function check(page: Page, screen: string): Promise<void> {
  await page.bringToFront();
  // What lies under the pointer may show a tooltip, which is none of the screen's own parts.
  await page.mouse.move(0, 0);
  await expect(page.getByRole('tooltip')).toHaveCount(0);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
    const axe = new AxeBuilder({ page }).setLegacyMode(true);
    // In the dark only the colours are other ones.
    const { violations, passes } = await (colorScheme === 'light' ? axe : axe.withRules(['color-contrast'])).analyze();
    // A page that axe could not look into has no violation either.
    expect(passes.length, `${screen}, rules that looked at something`).toBeGreaterThan(colorScheme === 'light' ? 8 : 0);
    const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
    expect.soft(found, `${screen}, ${colorScheme}`).toEqual([]);
  }
}

test('first run', async () => {
  const page = await lan.carol.shell.main();
  await expect(page.getByRole('heading', { name: 'Welcome to eBrainPool' })).toBeVisible();
  await check(page, 'first run');
  await page.getByRole('textbox', { name: 'Name' }).fill('Carol');
  await page.getByRole('radio', { name: 'Nothing for now' }).check({ force: true });
  await page.getByRole('button', { name: 'Finish' }).click();
  await expect((await lan.carol.mainPage()).peer('Bob')).toBeVisible();
});

test('main window: start page, a computer, an empty one, this computer, dialogs', async () => {
  const alice = await lan.alice.mainPage();
  await expect(alice.peer('Bob')).toBeVisible();
  await check(alice.page, 'start page');
  await alice.openPeer('Bob');
  await expect(alice.app('xcalc')).toBeVisible();
  await check(alice.page, 'applications');
  await alice.page.getByRole('searchbox').fill('nothing like this');
  await expect(alice.page.getByText('Nothing fits')).toBeVisible();
  await check(alice.page, 'no match');
  await alice.page.getByRole('button', { name: 'Add by address' }).first().click();
  await alice.page.getByRole('dialog').waitFor();
  await check(alice.page, 'add by address');
  await alice.page.keyboard.press('Escape');
  await alice.openPeer('Carol');
  await expect(alice.page.getByText('Carol shares nothing at the moment')).toBeVisible();
  await check(alice.page, 'nothing shared');
  await alice.goToOwn();
  await check(alice.page, 'this computer, empty');
  const bob = await lan.bob.mainPage();
  await bob.goToOwn();
  await check(bob.page, 'this computer');
  await bob.page.keyboard.press('Control+K');
  await bob.page.getByPlaceholder('Find an application, a computer or a page').waitFor();
  await check(bob.page, 'command palette');
  await bob.page.keyboard.press('Escape');
  await bob.home.click();
});

test('settings', async () => {
  const bob = await lan.bob.mainPage();
  for (const section of ['General', 'Sharing', 'Permissions', 'Network', 'This computer', 'Logs'] as const) {
    await bob.goToSettings(section);
    await bob.page.getByRole('tabpanel').waitFor();
    await check(bob.page, `settings, ${section}`);
  }
});

test('pop-up, viewer and what is in use', async () => {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.once).toBeEnabled();
  await check(popup.page, 'pop-up');
  await expect(viewer.says('Waiting for Bob…')).toBeVisible();
  await check(viewer.page, 'viewer, waiting');
  await check(alice.page, 'an ask under way');
  await popup.always.click();
  await viewer.running();
  await check(viewer.page, 'viewer, running');
  await check(alice.page, 'a session, visitor');
  const bob = await lan.bob.mainPage();
  await check(bob.page, 'a session, host');
  await bob.goToSettings('Permissions');
  await check(bob.page, 'settings with a rule and a container');
  await viewer.disconnect.click();
  await expect(viewer.says('Disconnected')).toBeVisible();
  await check(viewer.page, 'viewer, ended');
  await check(alice.page, 'a session that ended');
});

test('nobody there', async () => {
  await lan.bob.stop();
  await lan.carol.stop();
  const alice = await lan.alice.mainPage();
  await alice.home.click();
  await expect(alice.page.getByText('No other computer found yet')).toBeVisible();
  await check(alice.page, 'nobody there');
});
