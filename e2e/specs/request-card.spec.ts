// The card on which a person agrees: what they agree to is in sight at every size, and the card covers nothing that they may need.
import type { Locator, Page } from '@playwright/test';
import type { OfferId } from '../../src/contract/ids.ts';
import type { Powers } from '../../src/contract/powers.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { checkAccess } from '../computers/axe.ts';
import type { Computer } from '../computers/computer.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { whatHides } from '../computers/in-sight.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';
import { Popup } from '../pages/popup.ts';

const entry = (name: string) =>
  `[Desktop Entry]\nType=Application\nName=${name}\nComment=${'A very long comment '.repeat(20)}\nExec=xcalc\nCategories=Utility;\n`;
const lan = useLan({
  alice: { apps: { xcalc: 'xcalc' } },
  bob: {
    apps: {
      xcalc: 'xcalc',
      wide: entry('﷽W'.repeat(100)),
      hebrew: entry('מחשבון הגון ומאוד שימושי עם שם ארוך מאוד שלא נגמר אף פעם באמת'),
    },
    settings: { answerTimeoutS: 600 },
  },
  carol: { settings: { name: 'WM'.repeat(50) } },
});

const everything: Powers = { ...noPowers, clipboardIn: true, clipboardOut: true, network: 'internet', files: true };
/** Sizes of windows, and those of 1280×720 at 200 % and 400 % zoom, for which the page has a half and a quarter of the pixels. */
const sizes = [
  ['1280×720', 1280, 720],
  ['1024×600', 1024, 600],
  ['700×500', 700, 500],
  ['200 % of 1280×720', 640, 360],
  ['400 % of 1280×720', 320, 180],
] as const;
/** The pop-up has a size of its own. */
const popupSizes = [...sizes, ['pop-up', 420, 520], ['200 % of the pop-up', 210, 260]] as const;

test.beforeAll(async () => {
  await soon(async () => (await lan.bob.core()).read('peers')?.length).toBe(2);
});
test.afterEach(async () => {
  const core = await lan.bob.core();
  for (const { id } of core.read('rules') ?? []) await core.call('rules.remove', { ruleId: id });
  for (const { id } of core.read('requests') ?? [])
    await core.call('requests.answer', { requestId: id, answer: 'deny' });
  for (const { path } of core.read('settings')?.mounts ?? []) await core.call('mounts.set', { path, mode: null });
  for (const { id, isBlocked } of core.read('peers') ?? [])
    if (isBlocked) await core.call('peers.block', { peerId: id, isBlocked: false });
  await core.call('sessions.endAll', {});
  await (await lan.bob.shell.main()).setViewportSize({ width: 1280, height: 800 });
});

async function ask(visitor: Computer, app: 'xcalc' | 'wide' | 'hebrew', powers: Powers = everything): Promise<void> {
  const [core, bob] = await Promise.all([visitor.core(), lan.bob.core()]);
  const peerId = bob.read('self')?.id;
  if (peerId === undefined) throw new Error('Bob is not there');
  const before = bob.read('requests')?.length ?? 0;
  await core.call('asks.create', { peerId, offerId: `app:${app}` as OfferId, view: 'viewer', powers });
  await soon(() => bob.read('requests')?.length).toBe(before + 1);
}

/** Who, what, what it gets, for how long, the owner's files, and both answers. */
function agreedTo(card: Locator): Readonly<Record<string, Locator>> {
  return {
    title: card.locator('.request-title'),
    who: card.locator('.request-title .request-name').first(),
    what: card.locator('.request-title .request-name').last(),
    'powers and end': card.getByTestId('request-gets'),
    files: card.getByTestId('request-files'),
    Deny: card.getByRole('button', { name: 'Deny', exact: true }),
    'Allow once': card.getByRole('button', { name: 'Allow once' }),
  };
}

async function expectInSight(page: Page, card: Locator, at: string): Promise<void> {
  await page.bringToFront();
  await expect(card.getByRole('button', { name: 'Allow once' })).toBeEnabled();
  for (const [what, element] of Object.entries(agreedTo(card)))
    expect.soft(await whatHides(element), `${what}, ${at}`).toEqual([]);
  expect.soft(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), at).toBeLessThanOrEqual(0);
}

async function expectAtEverySize(page: Page, what: string, all: readonly (readonly [string, number, number])[]) {
  const { card } = new Popup(page, lan.bob);
  for (const [name, width, height] of all) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expectInSight(page, card, `${what}, ${name}, ${colorScheme}`);
      const file = `${what}-${width}x${height}-${colorScheme}.png`.replaceAll(' ', '-');
      await page.screenshot({ path: test.info().outputPath(file) });
    }
  }
}

for (const [what, app, isLong] of [
  ['plain names', 'xcalc', false],
  ['names as wide as they can be', 'wide', true],
  ['a name from right to left', 'hebrew', false],
] as const)
  test(`what is agreed to is in sight at every size: ${what}`, async ({ shell }) => {
    test.setTimeout(120_000);
    await ask(isLong ? lan.carol : lan.alice, app);
    const main = await lan.bob.shell.main();
    const { card } = await lan.bob.popup();
    await expect(card.getByTestId('request-gets')).toHaveText('Gets: paste, copy, internet, files · no end');
    await expect(card.getByTestId('request-files')).toHaveText('Your own files are not in it.');
    // In Electron its pop-up is the window that asks.
    if (shell === 'electron') return expectAtEverySize(await lan.bob.shell.popup(), `pop-up ${app}`, popupSizes);
    await expectAtEverySize(main, `page ${app}`, sizes);
    const popup = await lan.bob.shell.context.newPage();
    await popup.goto(new URL('/?window=popup', main.url()).href);
    await expectAtEverySize(popup, `pop-up ${app}`, popupSizes);
    await popup.close();
  });

test('with folders, a queue and something in use it is in sight as well, and nothing that ends a session is covered', async ({
  shell,
}) => {
  test.skip(shell === 'electron', 'there the card has a window of its own');
  test.setTimeout(120_000);
  const core = await lan.bob.core();
  await ask(lan.alice, 'xcalc', noPowers);
  const [first] = core.read('requests') ?? [];
  if (first === undefined) throw new Error('nobody asked');
  await core.call('requests.answer', { requestId: first.id, answer: 'allow', powers: noPowers });
  await soon(() => core.read('sessions')?.some(({ state }) => state === 'running')).toBe(true);
  for (const [path, mode] of [
    ['/srv', 'ro'],
    ['/mnt', 'rw'],
  ] as const)
    await core.call('mounts.set', { path, mode });
  await ask(lan.alice, 'xcalc');
  await ask(lan.carol, 'wide');
  const bob = await lan.bob.mainPage();
  const { card } = await lan.bob.popup();
  await expect(card.getByTestId('request-files')).toHaveText(
    'It can read one of your folders. It can change one of your folders.',
  );
  for (const [name, width, height] of sizes) {
    await bob.page.setViewportSize({ width, height });
    const endAll = bob.page.getByRole('button', { name: 'End all' });
    if (!(await endAll.isVisible())) await bob.page.getByRole('button', { name: /^In use/ }).click();
    await expectInSight(bob.page, card, `in use, ${name}`);
    await bob.page.screenshot({ path: test.info().outputPath(`in-use-${width}x${height}.png`) });
    for (const button of [endAll, bob.page.getByRole('button', { name: 'Settings', exact: true })]) {
      await button.scrollIntoViewIfNeeded();
      expect.soft(await whatHides(button), `${await button.textContent()}, ${name}`).toEqual([]);
    }
    await card.scrollIntoViewIfNeeded();
  }
});

/** Notes in the page when the second step came, and when it could be taken: a call from here may take longer. */
const WATCH_CONFIRM = `{
  const seen = (window.seen = {});
  const look = () => {
    const button = [...document.querySelectorAll('.request-buttons button')].find((one) =>
      one.textContent.startsWith('Yes, '),
    );
    if (button === undefined) return;
    seen.shownAt ??= performance.now();
    if (!button.disabled) seen.armedAt ??= performance.now();
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}`;

test('other answers keep the terms in sight, and none of them acts on one click', async () => {
  await lan.bob.verify(lan.alice);
  await ask(lan.alice, 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  const core = await lan.bob.core();
  await popup.openOthers();
  for (const [width, height] of [
    [1280, 720],
    [700, 500],
    [420, 520],
  ] as const) {
    await popup.page.setViewportSize({ width, height });
    for (const [choice, says] of [
      ['Always', 'From now on Alice can open it without asking you.'],
      ['Allow for 1 hr', 'For 1 hr, Alice can open it again without asking you.'],
      ['Until I quit eBrainPool', 'Until you quit eBrainPool, Alice can open it again'],
      ['Deny and never ask again', 'Alice will not get xcalc, and you are not asked again.'],
      ['Block this computer', 'Alice can no longer reach this computer'],
    ] as const) {
      await popup.page.evaluate(WATCH_CONFIRM);
      await popup.other(choice).click();
      await expect(popup.terms).toContainText(says);
      await expect(popup.terms).toContainText('Gets: paste, copy, internet, files · ');
      // A second click that was meant for the first one meets a button that is not armed.
      await expect(popup.confirm).toBeEnabled();
      expect(await popup.page.evaluate<number>('window.seen.armedAt - window.seen.shownAt')).toBeGreaterThan(650);
      for (const element of [popup.terms, popup.confirm])
        expect.soft(await whatHides(element), `${choice}, ${width}×${height}`).toEqual([]);
      await test
        .info()
        .attach(`${choice} ${width}x${height}`, { body: await popup.page.screenshot(), contentType: 'image/png' });
      await popup.card.getByRole('button', { name: 'Back', exact: true }).click();
      await expect(popup.deny).toBeEnabled();
    }
  }
  expect(core.read('requests')).toHaveLength(1);
  expect(core.read('rules')).toEqual([]);
  expect(core.read('peers')?.some(({ isBlocked }) => isBlocked)).toBe(false);
  // For an hour means that it ends with the hour.
  await popup.other('Allow for 1 hr').click();
  await expect(popup.terms).toContainText('files · ends after 1 hr');
  await checkAccess(popup.page, 'an answer that is chosen');
});

test('F6 goes to the card and back, Escape makes it small, and the time goes on', async ({ shell }) => {
  test.skip(shell === 'electron', 'there the card has a window of its own');
  const bob = await lan.bob.mainPage();
  await ask(lan.alice, 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.once).toBeEnabled();
  const settings = bob.page.getByRole('button', { name: 'Settings', exact: true });
  const title = popup.card.locator('.request-title');
  await settings.focus();
  await bob.page.keyboard.press('F6');
  await expect(title).toBeFocused();
  await bob.page.keyboard.press('F6');
  await expect(settings).toBeFocused();
  await bob.page.keyboard.press('F6');
  await expect(title).toBeFocused();
  await bob.page.keyboard.press('Escape');
  await expect(popup.card).toBeHidden();
  await expect(settings).toBeFocused();
  await expect(popup.small).toHaveText(/^1 request · \d+ sec$/);
  const before = await popup.small.textContent();
  await expect(popup.small).not.toHaveText(before ?? '');
  await checkAccess(bob.page, 'a request that was made small');
  await bob.page.screenshot({ path: test.info().outputPath('small.png') });
  expect((await lan.bob.core()).read('requests')).toHaveLength(1);
  // Out of other answers Escape leads back first, and what comes later is shown as it is.
  await popup.small.click();
  await expect(title).toBeFocused();
  await popup.openOthers();
  await expect(popup.other('Block this computer')).toBeEnabled();
  await popup.other('Block this computer').click();
  await bob.page.keyboard.press('Escape');
  await expect(popup.confirm).toHaveCount(0);
  await bob.page.keyboard.press('Escape');
  await expect(popup.other('Block this computer')).toHaveCount(0);
  await expect(popup.once).toBeEnabled();
  await bob.page.keyboard.press('Escape');
  await expect(popup.card).toBeHidden();
  await ask(lan.carol, 'wide');
  await expect(popup.card).toBeVisible();
  await expect(popup.card).toContainText('1 of 2');
});

test('what was taken away stays so when the card is made small or the window gets another size', async ({ shell }) => {
  test.skip(shell === 'electron', 'there the card has a window of its own');
  await ask(lan.alice, 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.once).toBeEnabled();
  await popup.power('Internet').press('Space');
  await expect(popup.terms).toContainText('Gets: paste, copy, files · no end');
  await popup.page.keyboard.press('Escape');
  await expect(popup.card).toBeHidden();
  await popup.small.click();
  await popup.page.setViewportSize({ width: 700, height: 500 });
  await expect(popup.power('Internet')).not.toBeChecked();
  await expect(popup.terms).toContainText('Gets: paste, copy, files · no end');
});

test('a card that says something else is not answered by a click that was on its way', async () => {
  await ask(lan.carol, 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.once).toBeEnabled();
  const box = await popup.once.boundingBox();
  if (box === null) throw new Error('the button is not there');
  await popup.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await popup.page.mouse.down();
  const core = await lan.bob.core();
  const [request] = core.read('requests') ?? [];
  if (request === undefined) throw new Error('nobody asks');
  await core.call('peers.rename', { peerId: request.peerId, name: 'Carol' });
  await expect(popup.card).toContainText('Carol asks to use xcalc');
  await popup.page.mouse.up();
  await nothingHappens(300, () => core.read('requests')?.length, 1);
  await core.call('peers.rename', { peerId: request.peerId, name: null });
});

test('no notice covers what is agreed to, whoever makes it come', async ({ shell }) => {
  test.skip(shell === 'electron', 'there the card has a window of its own');
  const bob = await lan.bob.mainPage();
  // Bob uses something of Alice, who takes powers of it away: each is a notice on his screen.
  const [alice, core] = await Promise.all([lan.alice.core(), lan.bob.core()]);
  const peerId = alice.read('self')?.id;
  if (peerId === undefined) throw new Error('Alice is not there');
  await core.call('asks.create', { peerId, offerId: 'app:xcalc' as OfferId, view: 'viewer', powers: everything });
  await soon(() => alice.read('requests')?.length).toBe(1);
  for (const { id } of alice.read('requests') ?? [])
    await alice.call('requests.answer', { requestId: id, answer: 'allow' });
  await soon(() => alice.read('sessions')?.some(({ state }) => state === 'running')).toBe(true);
  await ask(lan.carol, 'wide');
  const { card } = await lan.bob.popup();
  const running = alice.read('sessions')?.find(({ state }) => state === 'running');
  if (running === undefined) throw new Error('nothing runs');
  for (const powers of [
    { ...everything, files: false },
    { ...everything, files: false, network: 'none' },
    noPowers,
  ] as const)
    await alice.call('sessions.narrow', { sessionId: running.id, powers });
  await expect(bob.page.getByText('took away').first()).toBeVisible();
  for (const [name, width, height] of sizes) {
    await bob.page.setViewportSize({ width, height });
    await expectInSight(bob.page, card, `with notices, ${name}`);
    await bob.page.screenshot({ path: test.info().outputPath(`notices-${width}x${height}.png`) });
  }
  expect(await bob.page.getByText('took away').count()).toBeGreaterThan(0);
  await alice.call('sessions.endAll', {});
});

test('in the pop-up Escape leaves the other answers, and is none', { tag: '@electron-too' }, async ({ shell }) => {
  test.skip(shell !== 'electron', 'in a page the card is made small');
  await ask(lan.alice, 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await popup.openOthers();
  await expect(popup.other('Block this computer')).toBeEnabled();
  await popup.other('Block this computer').click();
  await expect(popup.confirm).toBeEnabled();
  for (const left of [popup.confirm, popup.other('Block this computer')]) {
    await popup.page.keyboard.press('Escape');
    await expect(left).toHaveCount(0);
  }
  await expect(popup.once).toBeEnabled();
  await popup.page.keyboard.press('Escape');
  await expect(popup.card).toBeVisible();
  expect((await lan.bob.core()).read('requests')).toHaveLength(1);
});
