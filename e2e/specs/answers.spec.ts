// Every way in which a question can end, who can give the answer, and what is shared in the first place.
import { writeFileSync } from 'node:fs';
import { sandboxProcesses } from '../../lab/processes.ts';
import { expect, soon, test, timed, toggle, useLan } from '../computers/fixtures.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' } } });

test.afterEach(async () => {
  const core = await lan.bob.core();
  await core.call('sessions.endAll', {});
  for (const { id } of core.read('requests') ?? [])
    await core.call('requests.answer', { requestId: id, answer: 'deny' });
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  await soon(() => sandboxProcesses('bob')).toEqual([]);
});

test('no: the visitor is told, and nothing is left', async () => {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await popup.deny.click();
  await popup.gone();
  await expect(viewer.says('Bob said no')).toBeVisible();
  await expect((await lan.alice.mainPage()).asks().first()).toContainText('Bob said no.');
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
});

test('no answer in time is a no', async () => {
  await lan.bob.set({ answerTimeoutS: 2 });
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card.getByRole('timer')).toBeVisible();
  await expect(viewer.says('Bob did not answer')).toBeVisible();
  await popup.gone();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  await lan.bob.set({ answerTimeoutS: 60 });
});

test('the visitor takes the question back: the pop-up goes away', async () => {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await viewer.cancel.click();
  await expect(viewer.says('Cancelled')).toBeVisible();
  await timed('cancelled until the pop-up is gone', 3000, () => popup.gone());
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
});

test('closing the window that waits takes the question back too', async () => {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await viewer.close();
  await popup.gone();
});

test('several questions queue, the oldest first', async () => {
  const alice = await lan.alice.mainPage();
  const first = await alice.launch('Bob', 'xcalc');
  await (await lan.bob.popup()).shown();
  const second = await alice.openViewer(() => alice.app('xterm').click());
  const popup = await lan.bob.popup();
  await expect(popup.card).toContainText('1 of 2');
  await expect(popup.card).toContainText('Alice (not verified) asks to use xcalc');
  await popup.deny.click();
  await expect(popup.card).toContainText('Alice (not verified) asks to use xterm');
  await expect(first.says('Bob said no')).toBeVisible();
  await popup.deny.click();
  await expect(second.says('Bob said no')).toBeVisible();
  await popup.gone();
});

test('Enter right after the pop-up appears is no answer', async () => {
  await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  const popup = await lan.bob.popup();
  await popup.card.waitFor();
  // Held down, pressed, and pressed on each button while the buttons cannot be meant yet.
  for (const key of ['Enter', 'Space', 'Enter']) await popup.page.keyboard.press(key);
  await popup.page.keyboard.press('Tab');
  await popup.page.keyboard.press('Enter');
  for (const button of [popup.once, popup.others]) await button.click({ force: true, timeout: 200 }).catch(() => {});
  await expect(popup.card).toBeVisible();
  expect((await lan.bob.core()).read('requests')).toHaveLength(1);
  expect((await lan.bob.core()).read('sessions')?.filter(({ state }) => state !== 'ended')).toEqual([]);
  // And Enter alone never answers: no button has the focus unless a person gave it.
  await expect(popup.once).toBeEnabled();
  await popup.page.evaluate('document.activeElement?.blur()');
  await popup.page.keyboard.press('Enter');
  const core = await lan.bob.core();
  await nothingHappens(300, () => core.read('requests')?.length, 1);
});

test('launch and accept with the keyboard alone', async () => {
  const alice = await lan.alice.mainPage();
  await alice.home.focus();
  const focused = (page: typeof alice.page) => page.locator('*:focus');
  const tabTo = async (page: typeof alice.page, name: RegExp) => {
    for (let presses = 0; presses < 60; presses += 1) {
      const element = focused(page);
      const label =
        (await element.count()) === 0
          ? ''
          : await element.evaluate((one) => {
              const { textContent } = one;
              return one.getAttribute('aria-label') ?? textContent ?? '';
            });
      if (name.test(label)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`the focus never came to ${name}`);
  };
  await tabTo(alice.page, /^Bob/);
  await alice.page.keyboard.press('Enter');
  await expect(alice.app('xcalc')).toBeVisible();
  await tabTo(alice.page, /^xcalc/);
  const viewer = await alice.openViewer(() => alice.page.keyboard.press('Enter'));
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.once).toBeEnabled();
  await tabTo(popup.page, /^Allow once/);
  await popup.page.keyboard.press('Enter');
  await viewer.running();
});

test('“always” is for verified peers; it makes a rule, and without it the question comes again', async () => {
  const alice = await lan.alice.mainPage();
  const first = await alice.launch('Bob', 'xcalc');
  const unverified = await (await (await lan.bob.popup()).shown()).openOthers();
  await expect(unverified.other('Until I quit eBrainPool')).toBeEnabled();
  await expect(unverified.other('Always')).toBeDisabled();
  await expect(unverified.card).toContainText('“Always” is for verified computers.');
  await unverified.deny.click();
  await expect(first.says('Bob said no')).toBeVisible();
  await lan.bob.verify(lan.alice);
  const viewer = await alice.launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await popup.answer('Always');
  await viewer.running();
  await viewer.disconnect.click();
  await expect(viewer.says('Disconnected')).toBeVisible();

  const again = await alice.openViewer(() => alice.app('xcalc').click());
  await again.running();
  await expect(popup.card).toBeHidden();
  await again.disconnect.click();

  const bob = await lan.bob.mainPage();
  await bob.goToSettings('Rules');
  await expect(bob.page.getByText('xcalc is always allowed for Alice')).toBeVisible();
  await bob.page.getByRole('button', { name: /^Remove: xcalc is always allowed/ }).click();
  await expect(bob.page.getByText('No rules. You are asked each time.')).toBeVisible();
  await alice.openViewer(() => alice.app('xcalc').click());
  await (await lan.bob.popup()).shown();
});

test('what is no longer shared vanishes from the visitor’s screen', async () => {
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await expect(alice.app('xterm')).toBeVisible();
  const bob = await lan.bob.mainPage();
  await bob.goToOwn();
  const shared = bob.page.getByRole('switch', { name: 'Share xterm' });
  await timed('unshared until gone', 4000, async () => {
    await toggle(shared);
    await expect(alice.app('xterm')).toHaveCount(0);
  });
  await expect(alice.app('xcalc')).toBeVisible();
  await toggle(shared);
  await expect(alice.app('xterm')).toBeVisible();
});

test('an application installed on the host is on the visitor’s screen within seconds', async () => {
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await expect(alice.app('xterm')).toBeVisible();
  await timed('installed until seen', 6000, async () => {
    lan.bob.addApp('xclock', 'xclock');
    await expect(alice.app('xclock')).toBeVisible();
  });
  writeFileSync(lan.bob.appPath('broken'), '[Desktop Entry]\nType=Application\nName=Broken\n');
  const bob = await lan.bob.mainPage();
  await bob.goToOwn();
  await expect(bob.page.getByText('1 entry could not be read')).toBeVisible();
  lan.bob.removeApp('xclock');
  lan.bob.removeApp('broken');
  await expect(alice.app('xclock')).toHaveCount(0);
});

test('while sharing is paused nobody sees or gets anything', async () => {
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  const viewer = await alice.openViewer(() => alice.app('xcalc').click());
  await (await (await lan.bob.popup()).shown()).allow();
  await viewer.running();
  const bob = await lan.bob.mainPage();
  await toggle(bob.pause);
  await expect(viewer.says('Bob ended it')).toBeVisible();
  await expect(alice.page.getByText('Bob shares nothing at the moment')).toBeVisible();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  const refused = await lan.alice.cli('launch', 'Bob', 'xcalc', '--wait', '5');
  expect(refused.code).not.toBe(0);
  await toggle(bob.pause);
  await expect(alice.app('xcalc')).toBeVisible();
});
