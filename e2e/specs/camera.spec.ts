// One computer's screen is held in front of the other one's camera.
import type { Page } from '@playwright/test';
import { checkAccess } from '../computers/axe.ts';
import { photograph } from '../computers/camera.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { openKeys, type VerifyDialog } from '../pages/verify-dialog.ts';

const lan = useLan({ alice: { hasCamera: true }, bob: {} });

test.beforeEach(async () => {
  await permit(await lan.alice.shell.main(), true);
  // Nobody is in front of it.
  lan.alice.camera.clear();
});

test.afterEach(async () => {
  for (const computer of [lan.alice, lan.bob]) {
    const core = await computer.core();
    for (const { id, isVerified } of core.read('peers') ?? [])
      if (isVerified) await core.call('peers.unverify', { peerId: id });
    await (await computer.shell.main()).keyboard.press('Escape');
  }
  await soon(() => lan.alice.camera.isInUse()).toBe(false);
});

/** As the person answers beside the address. In the Electron shell its main process answers. */
async function permit(page: Page, isPermitted: boolean): Promise<void> {
  if (test.info().project.name === 'electron') return;
  await page.context().clearPermissions();
  // What is not named is refused.
  await page.context().grantPermissions(isPermitted ? ['camera'] : ['notifications'], {
    origin: new URL(page.url()).origin,
  });
}

async function isMarked(): Promise<boolean> {
  const row = (await lan.alice.mainPage()).peer('Bob');
  return (await row.getByRole('img', { name: /^Verified/ }).count()) === 1;
}

async function switchOn(): Promise<VerifyDialog> {
  const alice = await openKeys(lan.alice, 'Bob');
  await alice.useCamera.click();
  await alice.seesPicture();
  expect(lan.alice.camera.isInUse()).toBe(true);
  return alice;
}

test('the camera sees the code on the other screen, and that computer is verified', async () => {
  // axe looks at the dialog four times.
  test.slow();
  const bob = await openKeys(lan.bob, 'Alice');
  await bob.page.emulateMedia({ colorScheme: 'dark' });
  const photo = await photograph(bob.page, await bob.dialog.screenshot());
  await bob.close();

  const alice = await openKeys(lan.alice, 'Bob');
  await checkAccess(alice.page, 'verify, a camera to use');
  expect(lan.alice.camera.isInUse()).toBe(false);
  await alice.useCamera.press('Enter');
  await alice.seesPicture();
  expect(lan.alice.camera.isInUse()).toBe(true);
  await expect(alice.stopCamera).toBeFocused();
  await expect(alice.says('Hold the screen of Bob in front of the camera')).toBeVisible();
  await checkAccess(alice.page, 'verify, the camera');
  expect(await isMarked()).toBe(false);

  lan.alice.camera.show(photo);
  await expect(alice.says('The key is the one of Bob.')).toBeVisible();
  await soon(() => lan.alice.camera.isInUse(), 2000).toBe(false);
  await soon(isMarked).toBe(true);
  await alice.close();
});

test('a code of another computer, and this one’s own, verify nobody', async () => {
  const carol = `ebrainpool:SHA256:${'x'.repeat(43)}`;
  const self = JSON.parse((await lan.alice.cli('key', '--json')).out).keyText;
  for (const { text, says } of [
    { text: carol, says: 'This is another key than the one of the computer' },
    { text: self, says: 'This is the key of this computer.' },
    { text: 'https://elsewhere.test/', says: 'This is not a key of eBrainPool.' },
  ]) {
    lan.alice.camera.clear();
    const alice = await switchOn();
    lan.alice.camera.showCode(text);
    await expect(alice.says(says)).toBeVisible();
    await soon(() => lan.alice.camera.isInUse(), 2000).toBe(false);
    const field = alice.dialog.getByRole('textbox', { name: 'Key of Bob' });
    await expect(field).toHaveValue(text);
    await expect(field).toBeFocused();
    expect(await isMarked()).toBe(false);
    await alice.page.keyboard.press('Escape');
    await expect(alice.dialog).toBeHidden();
  }
});

test('the camera is released by its button, with the dialog, with its page in it, and when the window is hidden', async () => {
  const ways: readonly ((alice: VerifyDialog) => Promise<unknown>)[] = [
    (alice) => alice.stopCamera.click(),
    (alice) => alice.page.keyboard.press('Escape'),
    (alice) => alice.dialog.getByRole('tab', { name: 'Compare a code' }).click(),
    (alice) => hide(alice.page),
    (alice) => alice.page.reload(),
  ];
  for (const way of ways) {
    const alice = await switchOn();
    await way(alice);
    await soon(() => lan.alice.camera.isInUse(), 2000).toBe(false);
    await expect(alice.dialog.locator('video')).toHaveCount(0);
    await alice.page.keyboard.press('Escape');
    await expect(alice.dialog).toBeHidden();
  }
});

test('a viewer and the pop-up get no camera, and nobody gets a microphone', async ({ shell }) => {
  const page = await lan.alice.shell.main();
  const ask = (of: Page, types: Record<string, boolean>) =>
    of.evaluate(async (constraints) => {
      const { navigator } = globalThis as unknown as {
        navigator: {
          mediaDevices: { getUserMedia(constraints: object): Promise<{ getTracks(): { stop(): void }[] }> };
        };
      };
      try {
        const stream = await navigator.mediaDevices.getUserMedia(constraints);
        for (const track of stream.getTracks()) track.stop();
        return 'given';
      } catch (error) {
        return (error as Error).name;
      }
    }, types);
  // In Electron the main process answers, whatever anybody was allowed before.
  if (shell === 'browser')
    await page.context().grantPermissions(['camera', 'microphone'], { origin: new URL(page.url()).origin });
  expect(await ask(page, { video: true })).toBe('given');
  expect(await ask(page, { audio: true })).toBe('NotAllowedError');
  expect(await ask(page, { audio: true, video: true })).toBe('NotAllowedError');
  const viewer = await openWindow(page, '?window=viewer&session=00000000-0000-4000-8000-000000000000');
  expect(await ask(viewer, { video: true }), 'a viewer').toBe('NotAllowedError');
  await lan.alice.closeWindow(viewer);
  // The browser shell makes none, but has the address.
  const popup = shell === 'electron' ? await lan.alice.shell.popup() : await openWindow(page, '?window=popup');
  expect(await ask(popup, { video: true }), 'the pop-up').toBe('NotAllowedError');
  if (shell === 'browser') await lan.alice.closeWindow(popup);
});

test('without leave, and without a camera, it says what to do, and the other ways stay', async ({ shell }) => {
  const bob = await openKeys(lan.bob, 'Alice');
  await expect(bob.says('No camera was found on this computer.')).toBeVisible();
  await expect(bob.useCamera).toBeHidden();
  await bob.close();

  const alice = await openKeys(lan.alice, 'Bob');
  if (shell === 'electron') {
    // Nobody refuses there but Electron's main process, and that only to a window in the tray, where nobody can click.
    await expect(alice.dialog.getByRole('button', { name: 'Picture of the code…' })).toBeEnabled();
    await lan.alice.closeWindow(alice.page);
    await soon(() => lan.alice.camera.isInUse()).toBe(false);
    return;
  }
  await permit(alice.page, false);
  await alice.useCamera.click();
  await expect(alice.dialog.getByRole('alert')).toContainText('Allow it beside the address');
  await expect(alice.dialog.getByRole('button', { name: 'Picture of the code…' })).toBeEnabled();
  expect(lan.alice.camera.isInUse()).toBe(false);
  await checkAccess(alice.page, 'verify, the camera refused');
  await permit(alice.page, true);
  await alice.useCamera.click();
  await alice.seesPicture();
  await expect(alice.dialog.getByRole('alert')).toBeHidden();
});

/** Opens it as the main window's page would. */
async function openWindow(page: Page, query: string): Promise<Page> {
  const opened = page.context().waitForEvent('page');
  await page.evaluate((address) => {
    (globalThis as unknown as { open(address: string): void }).open(address);
  }, `/${query}`);
  const other = await opened;
  await other.waitForURL(`**/${query}`);
  return other;
}

/** Playwright shows every page; what the page is told when it is not shown is said in its place. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { document, Event } = globalThis as unknown as {
      document: { dispatchEvent(event: object): void };
      Event: new (name: string) => object;
    };
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    Reflect.deleteProperty(document, 'visibilityState');
  });
}
