// Every screen is usable with a screen reader and by keyboard: axe allows no violation, light and dark.
import { checkAccess as check } from '../computers/axe.ts';
import { expect, test, useLan } from '../computers/fixtures.ts';

const lan = useLan({
  alice: {},
  bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' }, settings: { answerTimeoutS: 600 } },
  carol: { isFirstRun: true },
});

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
  await bob.page.getByPlaceholder('Find something to open, a computer or a page').waitFor();
  await check(bob.page, 'command palette');
  await bob.page.keyboard.press('Escape');
  await bob.home.click();
});

test('settings', async () => {
  const bob = await lan.bob.mainPage();
  for (const section of ['General', 'Sharing', 'People', 'Rules', 'Network', 'This computer', 'Logs'] as const) {
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
  await popup.openOthers();
  await expect(popup.other('Until I quit eBrainPool')).toBeEnabled();
  await check(popup.page, 'pop-up, other answers');
  await expect(viewer.says('Waiting for Bob…')).toBeVisible();
  await check(viewer.page, 'viewer, waiting');
  await check(alice.page, 'an ask under way');
  await lan.bob.verify(lan.alice);
  await popup.other('Always').click();
  await expect(popup.confirm).toBeEnabled();
  await check(popup.page, 'pop-up, another answer chosen');
  await popup.confirm.click();
  await viewer.running();
  await check(viewer.page, 'viewer, running');
  await check(alice.page, 'a session, visitor');
  const bob = await lan.bob.mainPage();
  await check(bob.page, 'a session, host');
  await bob.goToSettings('Rules');
  await check(bob.page, 'settings with a rule');
  await bob.goToSettings('People');
  await check(bob.page, 'settings with a known computer and a container');
  await viewer.disconnect.click();
  await expect(viewer.says('Disconnected')).toBeVisible();
  await check(viewer.page, 'viewer, ended');
  await check(alice.page, 'a session that ended');
});

test('hints are read by keyboard too, where they belong', async () => {
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  const shows = async (hint: RegExp) => {
    await expect(alice.page.getByRole('tooltip').filter({ hasText: hint })).toBeVisible();
    await check(alice.page, `hint ${hint}`);
  };
  await alice.page.getByRole('button', { name: 'Colours' }).focus();
  await alice.page.keyboard.press('Tab');
  await shows(/^History$/);
  await alice.app('xcalc').hover();
  await shows(/xcalc/);
  await alice.peer('Bob').locator('.verified-mark').hover();
  await shows(/verified/i);
  // Not the one that a rule answers.
  const viewer = await alice.openViewer(() => alice.app('xterm').click());
  await (await (await lan.bob.popup()).shown()).allow();
  await viewer.running();
  await viewer.page.getByRole('button', { name: 'Full screen' }).hover();
  await expect(viewer.page.getByRole('tooltip')).toBeVisible();
  await check(viewer.page, 'hint in the viewer');
  await viewer.page.screenshot({ path: test.info().outputPath('hint.png') });
  await viewer.disconnect.click();
  await viewer.page.close();
});

test('people: who sees what, a known computer and its dialogs, asking for more', async () => {
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await alice.page.getByRole('button', { name: 'More ways to open xcalc' }).click();
  await alice.page.getByRole('menuitem', { name: /^Ask for more/ }).click();
  await alice.page.getByRole('dialog').waitFor();
  await check(alice.page, 'asking for more');
  await alice.page.keyboard.press('Escape');

  const bob = await lan.bob.mainPage();
  const aliceId = (await lan.alice.core()).read('self')?.id;
  if (aliceId === undefined) throw new Error('Alice has no id');
  await lan.bob.verify(lan.alice);
  await lan.bob.set({ audience: { who: 'chosen', peerIds: [aliceId] } });
  await lan.bob.set({ quietHours: { isOn: true, from: '22:00', to: '07:00' }, isDoNotDisturb: true });
  await bob.goToSettings('Sharing');
  await check(bob.page, 'settings, quiet hours');
  await lan.bob.set({ quietHours: { isOn: false, from: '22:00', to: '07:00' }, isDoNotDisturb: false });
  await bob.goToOwn();
  await check(bob.page, 'this computer, chosen computers');
  await bob.page.getByRole('button', { name: /^Who sees xcalc/ }).click();
  await bob.page.getByRole('dialog').waitFor();
  await check(bob.page, 'who sees an offer');
  await bob.page.keyboard.press('Escape');

  await bob.openPeer('Alice');
  for (const [item, screen] of [
    ['Rename…', 'rename'],
    ['Take the verification back…', 'take a verification back'],
    ['Forget this computer…', 'forget'],
  ] as const) {
    await bob.choosePeerMenu('Alice', item);
    await bob.page.getByRole('dialog').waitFor();
    await check(bob.page, screen);
    await bob.page.keyboard.press('Escape');
    await expect(bob.page.getByRole('dialog')).toHaveCount(0);
  }
  await bob.choosePeerMenu('Alice', /^Block this computer/);
  await expect(bob.page.getByText('You have blocked Alice')).toBeVisible();
  await check(bob.page, 'a blocked computer');
  await bob.goToSettings('People');
  await check(bob.page, 'settings with a blocked computer');
});

test('history: empty, lines, a check, at any width', async () => {
  for (const isPaused of [true, false]) await lan.bob.set({ isPaused });
  const bob = await lan.bob.mainPage();
  await bob.goToHistory();
  await bob.page.getByRole('searchbox').fill('nothing like this');
  await expect(bob.page.getByText('Nothing fits')).toBeVisible();
  await check(bob.page, 'history, no match');
  await bob.page.getByRole('searchbox').fill('');
  await expect(bob.history('resumed').first()).toBeVisible();
  await check(bob.page, 'history');
  await bob.page.getByRole('button', { name: 'Check', exact: true }).click();
  await bob.page.getByTestId('history-check').waitFor();
  await check(bob.page, 'history, checked');
  for (const [name, width, height, colorScheme] of [
    ['wide', 1280, 800, 'light'],
    ['dark', 1280, 800, 'dark'],
    ['small', 420, 700, 'dark'],
  ] as const) {
    await bob.page.setViewportSize({ width, height });
    await bob.page.emulateMedia({ colorScheme });
    await check(bob.page, `history, ${name}`);
    await bob.page.emulateMedia({ colorScheme });
    await bob.page.screenshot({ path: test.info().outputPath(`history-${name}.png`) });
    expect(await bob.page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(width);
  }
  await bob.page.setViewportSize({ width: 1280, height: 800 });
});

test('nobody there', async () => {
  await lan.bob.stop();
  await lan.carol.stop();
  const alice = await lan.alice.mainPage();
  await alice.home.click();
  await expect(alice.page.getByText('No other computer found yet')).toBeVisible();
  await check(alice.page, 'nobody there');
});
