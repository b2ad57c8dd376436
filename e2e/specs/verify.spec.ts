// Two people make sure that they have each other's computers, and nobody's in between.

import { checkAccess } from '../computers/axe.ts';
import type { Computer } from '../computers/computer.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { askedOn, openKeys, openVerify } from '../pages/verify-dialog.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });

async function isMarked(computer: Computer, peer: string): Promise<boolean> {
  const row = (await computer.mainPage()).peer(peer);
  return (await row.getByRole('img', { name: /^Verified/ }).count()) === 1;
}

test.afterEach(async () => {
  for (const computer of [lan.alice, lan.bob]) {
    const core = await computer.core();
    for (const { peerId } of core.read('comparisons') ?? []) await core.call('comparisons.cancel', { peerId });
    for (const { id, isVerified } of core.read('peers') ?? [])
      if (isVerified) await core.call('peers.unverify', { peerId: id });
  }
  for (const page of [lan.alice, lan.bob]) await (await page.shell.main()).keyboard.press('Escape');
});

test('both see one code, say so, and each has the mark of the other', async ({ shell }) => {
  const alice = await openVerify(lan.alice, 'Bob');
  await expect(alice.says('This computer calls itself “Bob”.')).toBeVisible();
  await checkAccess(alice.page, 'verify, before it begins');
  await alice.showCode();
  const bob = await askedOn(lan.bob);
  await expect(bob.code).toBeVisible();
  await expect(bob.says('A computer that calls itself “Alice” wants to compare a code with you.')).toBeVisible();
  if (shell === 'electron') await expect.poll(() => lan.bob.shell.isPopupShown()).toBe(true);
  const code = await alice.code.textContent();
  expect(code).toMatch(/^\d{3} \d{3}$/);
  await expect(bob.code).toHaveText(code ?? '');
  await expect(bob.words).toHaveText((await alice.words.textContent()) ?? '');
  await checkAccess(alice.page, 'verify, the code');

  await alice.same.click();
  await expect(alice.says('Waiting for Bob to say the same…')).toBeVisible();
  // One is not enough.
  expect([await isMarked(lan.alice, 'Bob'), await isMarked(lan.bob, 'Alice')]).toEqual([false, false]);
  await bob.same.click();
  for (const dialog of [alice, bob]) await expect(dialog.says('You both saw the same code')).toBeVisible();
  await soon(() => isMarked(lan.alice, 'Bob')).toBe(true);
  await soon(() => isMarked(lan.bob, 'Alice')).toBe(true);
  await checkAccess(alice.page, 'verify, verified');
  await alice.close();
  await bob.close();
  await expect(alice.page.getByRole('button', { name: 'Verify Bob' })).toBeHidden();
});

test('different: it says what that may mean, and nobody is verified', async () => {
  const alice = await openVerify(lan.alice, 'Bob');
  await alice.showCode();
  const bob = await askedOn(lan.bob);
  await bob.code.waitFor();
  // What was pressed for something else is no answer.
  await bob.page.keyboard.press('Enter');
  await bob.page.keyboard.press('Space');
  await bob.same.click({ force: true, timeout: 200 }).catch(() => {});
  await bob.same.evaluate((button) => (button as unknown as { click(): void }).click());
  expect((await lan.bob.core()).read('comparisons')?.[0]?.state).toBe('comparing');
  await bob.different.click();
  for (const dialog of [alice, bob]) {
    await expect(dialog.says('The codes are different')).toBeVisible();
    await expect(dialog.dialog.getByRole('alert')).toContainText('Somebody may be between you and');
  }
  await checkAccess(alice.page, 'verify, different');
  expect([await isMarked(lan.alice, 'Bob'), await isMarked(lan.bob, 'Alice')]).toEqual([false, false]);
  for (const [computer, other] of [
    [lan.alice, 'Bob'],
    [lan.bob, 'Alice'],
  ] as const)
    await soon(async () => (await computer.cli('activity')).out).toContain(
      `The code that you compared with ${other} was not the same on both screens.`,
    );
  await alice.close();
  await bob.close();
});

test('cancel: the other is told, and nobody is verified', async () => {
  const alice = await openVerify(lan.alice, 'Bob');
  await alice.showCode();
  const bob = await askedOn(lan.bob);
  await bob.code.waitFor();
  await alice.same.click();
  await alice.cancel.click();
  await expect(alice.dialog).toBeHidden();
  await expect(bob.says('Alice broke the comparison off.')).toBeVisible();
  await bob.close();
  expect([await isMarked(lan.alice, 'Bob'), await isMarked(lan.bob, 'Alice')]).toEqual([false, false]);
});

test('the terminal shows the same code and words', async () => {
  const begun = await lan.bob.cli('verify', 'Alice');
  expect([begun.code, begun.error]).toEqual([0, '']);
  const alice = await askedOn(lan.alice);
  await alice.code.waitFor();
  expect(begun.out).toContain(`Code:   ${await alice.code.textContent()}\n`);
  expect(begun.out).toContain(`Words:  ${await alice.words.textContent()}\n`);
  const answered = lan.bob.cli('verify', 'Alice', '--same');
  await alice.same.click();
  const { code, out } = await answered;
  expect([code, out]).toEqual([0, expect.stringContaining('Verified: Alice.')]);
  await soon(() => isMarked(lan.alice, 'Bob')).toBe(true);
  await alice.close();
});

test('a key is pasted, or read from a picture of the other screen, and another key is refused', async () => {
  const bob = await openKeys(lan.bob, 'Alice');
  await bob.page.emulateMedia({ colorScheme: 'dark' });
  const photograph = await bob.dialog.screenshot();
  await checkAccess(bob.page, 'verify, keys');

  const alice = await openKeys(lan.alice, 'Bob');
  const field = alice.dialog.getByRole('textbox', { name: 'Key of Bob' });
  const verify = alice.dialog.getByRole('button', { name: 'Verify', exact: true });
  await field.fill(`ebrainpool:SHA256:${'x'.repeat(43)}`);
  await verify.click();
  await expect(alice.dialog.getByRole('alert')).toContainText('This is another key than the one of the computer');
  await field.fill('Bob');
  await verify.click();
  await expect(alice.says('This is not a key of eBrainPool.')).toBeVisible();
  expect(await isMarked(lan.alice, 'Bob')).toBe(false);

  await alice.dialog.locator('input[type=file]').setInputFiles({
    name: 'photograph.png',
    mimeType: 'image/png',
    buffer: photograph,
  });
  await expect(alice.says('The key is the one of Bob.')).toBeVisible();
  await soon(() => isMarked(lan.alice, 'Bob')).toBe(true);
  await alice.close();

  const { out } = await lan.alice.cli('key', '--json');
  await bob.dialog.getByRole('textbox', { name: 'Key of Alice' }).fill(JSON.parse(out).keyText);
  await bob.dialog.getByRole('button', { name: 'Verify', exact: true }).click();
  await soon(() => isMarked(lan.bob, 'Alice')).toBe(true);
  await bob.close();
});
