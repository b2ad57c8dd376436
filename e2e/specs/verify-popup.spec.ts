// A comparison and a request in the one small window of the Electron shell: neither hides what the other needs.
import type { OfferId } from '../../src/contract/ids.ts';
import { checkAccess } from '../computers/axe.ts';
import { expect, test, useLan } from '../computers/fixtures.ts';
import { askedOn, openVerify, VerifyDialog } from '../pages/verify-dialog.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' }, settings: { answerTimeoutS: 600 } } });

test.beforeEach(({ shell }) => {
  test.skip(shell !== 'electron', 'the browser shell has no pop-up, and shows requests above everything else');
});

test('in the pop-up a request comes first: a comparison is a line above it, and covers no answer', async () => {
  const alice = await openVerify(lan.alice, 'Bob');
  await alice.showCode();
  const bob = await askedOn(lan.bob);
  await expect(bob.code).toBeVisible();
  const aliceCore = await lan.alice.core();
  const peerId = aliceCore.read('peers')?.find(({ name }) => name === 'Bob')?.id;
  if (peerId === undefined) throw new Error('Bob is not there');
  await aliceCore.call('asks.create', { peerId, offerId: 'app:xcalc' as OfferId, view: 'viewer' });
  const popup = await (await lan.bob.popup()).shown();
  await expect(bob.dialog).toBeHidden();
  const line = popup.page.getByRole('status').filter({ hasText: 'wants to compare a code with you' });
  await expect(line).toBeVisible();
  await expect(popup.once).toBeEnabled();
  await checkAccess(popup.page, 'pop-up, a comparison beside a request');

  // It goes on where it was, by keyboard too, and its end is told beside the request.
  await line.getByRole('button', { name: 'Show the code' }).press('Enter');
  await expect(bob.code).toHaveText((await alice.code.textContent()) ?? '');
  await expect(bob.different).toBeEnabled();
  await bob.different.click();
  await expect(bob.dialog).toBeHidden();
  const told = popup.page.getByRole('alert').filter({ hasText: 'The codes are different' });
  await expect(told).toBeVisible();
  await checkAccess(popup.page, 'pop-up, codes that differ beside a request');
  await expect(popup.once).toBeEnabled();
  await told.getByRole('button', { name: 'Close' }).click();
  await expect(told).toBeHidden();
  await expect(popup.deny).toBeEnabled();
  await popup.deny.click();
  await popup.gone();
  await alice.close();
});

test('a pop-up that is closed without an answer breaks the comparison off', async () => {
  const alice = await openVerify(lan.alice, 'Bob');
  await alice.showCode();
  const bob = await askedOn(lan.bob);
  await expect(bob.code).toBeVisible();
  await lan.bob.closeWindow(bob.page);
  await expect(alice.says('Bob broke the comparison off.')).toBeVisible();
  await expect.poll(() => lan.bob.shell.isPopupShown()).toBe(false);
  await alice.close();
});

/** Bob is asked for something, and begins a comparison out of the question. */
async function beginInPopup() {
  const aliceCore = await lan.alice.core();
  const peerId = aliceCore.read('peers')?.find(({ name }) => name === 'Bob')?.id;
  if (peerId === undefined) throw new Error('Bob is not there');
  await aliceCore.call('asks.create', { peerId, offerId: 'app:xcalc' as OfferId, view: 'viewer' });
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.once).toBeEnabled();
  await popup.card.getByRole('button', { name: 'Compare a code with Alice' }).click();
  const bob = await askedOn(lan.bob);
  await bob.showCode();
  await expect(bob.code).toBeVisible();
  const alice = await askedOn(lan.alice);
  await expect(alice.code).toHaveText((await bob.code.textContent()) ?? '');
  return { popup, bob, alice };
}

test('a comparison that was begun in the pop-up goes on in the main window, and ends with the last of the two', async () => {
  const main = await lan.bob.mainPage();
  const { alice, bob, popup } = await beginInPopup();
  await lan.bob.closeWindow(popup.page);
  await expect.poll(() => lan.bob.shell.isPopupShown()).toBe(false);
  const shown = new VerifyDialog(main.page);
  await expect(shown.code).toHaveText((await alice.code.textContent()) ?? '');
  await lan.bob.closeWindow(main.page);
  await expect(alice.says('Bob broke the comparison off.')).toBeVisible();
  expect((await lan.bob.core()).read('comparisons')).toEqual([]);
  await alice.close();
  // What was open in the pop-up does not lie above the question that still waits.
  await expect(bob.dialog).toBeHidden();
});

test('without a main window the pop-up stays for the comparison, and closing it breaks that off', async () => {
  // Bob's main window is closed since the last test, and its question is there still.
  const bobCore = await lan.bob.core();
  for (const { id } of bobCore.read('requests') ?? [])
    await bobCore.call('requests.answer', { requestId: id, answer: 'deny' });
  const { alice, bob, popup } = await beginInPopup();
  for (const { id } of bobCore.read('requests') ?? [])
    await bobCore.call('requests.answer', { requestId: id, answer: 'deny' });
  await expect(popup.card).toBeHidden();
  await expect(bob.code).toBeVisible();
  expect(await lan.bob.shell.isPopupShown()).toBe(true);
  await lan.bob.closeWindow(popup.page);
  await expect(alice.says('Bob broke the comparison off.')).toBeVisible();
  expect(bobCore.read('comparisons')).toEqual([]);
  await expect.poll(() => lan.bob.shell.isPopupShown()).toBe(false);
});
