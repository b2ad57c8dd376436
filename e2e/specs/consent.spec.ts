// What a person's answer lasts for and takes away, as seen on both computers.

import { sandboxProcesses } from '../../lab/processes.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { expect, soon, test, toggle, useLan } from '../computers/fixtures.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' } } });

test.afterEach(async () => {
  const core = await lan.bob.core();
  for (const { id } of core.read('rules') ?? []) await core.call('rules.remove', { ruleId: id });
  for (const { id, isBlocked } of core.read('peers') ?? [])
    if (isBlocked) await core.call('peers.block', { peerId: id, isBlocked: false });
  for (const { id } of core.read('requests') ?? [])
    await core.call('requests.answer', { requestId: id, answer: 'deny' });
  await core.call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  await soon(() => sandboxProcesses('bob')).toEqual([]);
});

/** Asks for more than a click does. */
async function ask(powers: Partial<typeof noPowers>): Promise<void> {
  const core = await lan.alice.core();
  const bob = (await lan.bob.core()).read('self');
  const peerId = core.read('peers')?.find((peer) => peer.id === bob?.id)?.id;
  if (peerId === undefined) throw new Error('Bob is not there');
  const offerId = (await lan.bob.core()).read('offers')?.offers.find(({ name }) => name === 'xcalc')?.id;
  if (offerId === undefined) throw new Error('xcalc is not there');
  await core.call('asks.create', { peerId, offerId, view: 'viewer', powers: { ...noPowers, ...powers } });
}

async function sessionsAtBob() {
  return (await lan.bob.core()).read('sessions')?.filter(({ state }) => state !== 'ended') ?? [];
}

test.beforeAll(async () => {
  await expect((await lan.alice.mainPage()).peer('Bob')).toBeVisible();
});

test('what is asked for is a switch each; what is switched off is not given', async () => {
  await ask({ clipboardIn: true, clipboardOut: true });
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.power('Paste into it')).toBeChecked();
  await expect(popup.power('Copy out of it')).toBeChecked();
  await expect(popup.power('Only watch')).not.toBeChecked();
  // What nobody asked for cannot be given by mistake.
  await expect(popup.power('Internet')).toHaveCount(0);
  await expect(popup.power('Files')).toHaveCount(0);
  await expect(popup.once).toBeEnabled();
  await toggle(popup.power('Copy out of it'));
  await toggle(popup.power('Only watch'));
  await popup.card.getByRole('radio', { name: '15 min' }).press('Space');
  await popup.allow();
  const expected = { ...noPowers, clipboardIn: true, isViewOnly: true, timeLimitMin: 15 };
  await soon(async () => (await sessionsAtBob()).map(({ powers }) => powers)).toEqual([expected]);
  const alice = await lan.alice.core();
  await soon(() => alice.read('sessions')?.find(({ state }) => state !== 'ended')?.powers).toEqual(expected);
});

test('neither a script nor a second click changes the outcome', async () => {
  await ask({ clipboardIn: true });
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.once).toBeEnabled();
  const clickAll = () =>
    popup.card.evaluate((card) => {
      for (const control of card.querySelectorAll('button, input, label'))
        (control as unknown as { click(): void }).click();
    });
  await clickAll();
  await expect(popup.power('Paste into it')).toBeChecked();
  await expect(popup.power('Only watch')).not.toBeChecked();
  // What has just come under the pointer is not meant by a click that was on its way. Measured in the page, as a click of
  // this test may take longer than the time in question.
  await popup.page.evaluate(`{
    const seen = (window.seen = {});
    const look = () => {
      const buttons = [...document.querySelectorAll('.other-answers button')];
      if (buttons.length === 0) return;
      seen.shownAt ??= performance.now();
      if (buttons.some((button) => !button.disabled)) seen.armedAt ??= performance.now();
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  }`);
  await popup.openOthers();
  await expect(popup.other('Until I quit eBrainPool')).toBeEnabled();
  expect(await popup.page.evaluate<number>('window.seen.armedAt - window.seen.shownAt')).toBeGreaterThan(650);
  await clickAll();
  const core = await lan.bob.core();
  await nothingHappens(300, () => core.read('requests')?.length, 1);
  expect(core.read('rules')).toEqual([]);
  expect(core.read('peers')?.some(({ isBlocked }) => isBlocked)).toBe(false);
});

test('only watching that was asked for is on and locked, and the reason is beside it', async () => {
  await ask({ isViewOnly: true });
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.once).toBeEnabled();
  const control = popup.power('Only watch');
  await expect(control).toBeChecked();
  await expect(control).toBeDisabled();
  await expect(control).toHaveAccessibleDescription(/Alice asked only to watch\./);
  // It looks as one that is on: of the colour of the signs beside it, and not of the grey of what is off.
  const track = popup.card.locator('.request-locked .mantine-Switch-track');
  const colour = await popup.page.evaluate<string>(
    "getComputedStyle(document.querySelector('.request-power-icon')).color",
  );
  await expect(track).toHaveCSS('background-color', colour);
});

test('nothing asked is said in words', async () => {
  await ask({});
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).toContainText('It gets no clipboard, no internet and none of your files.');
  await expect(popup.card).toContainText('Anyone can call themselves Alice. Compare a code first.');
});

test('until quit: no question again until eBrainPool starts anew', async () => {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await popup.answer('Until I quit eBrainPool');
  await viewer.running();
  await viewer.disconnect.click();
  const again = await alice.openViewer(() => alice.app('xcalc').click());
  await again.running();
  expect((await lan.bob.core()).read('rules')).toMatchObject([{ isUntilQuit: true, answer: 'allow' }]);
  await again.disconnect.click();
  await lan.bob.restart();
  expect((await lan.bob.core()).read('rules')).toEqual([]);
  await alice.openPeer('Bob');
  await expect(alice.app('xcalc')).toBeVisible();
  await alice.openViewer(() => alice.app('xcalc').click());
  await (await lan.bob.popup()).shown();
});

test('for an hour: the rule ends by itself, and the session with it', async () => {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  const askedAt = Date.now();
  await (await (await lan.bob.popup()).shown()).answer('Allow for 1 hr');
  await viewer.running();
  const [rule] = (await lan.bob.core()).read('rules') ?? [];
  const [session] = await sessionsAtBob();
  expect(rule?.expiresAt ?? 0).toBeGreaterThan(askedAt + 3_590_000);
  expect(rule?.expiresAt ?? 0).toBeLessThan(Date.now() + 3_600_001);
  expect(Math.abs((session?.endsAt ?? 0) - (rule?.expiresAt ?? 0))).toBeLessThan(1000);
});

test('deny and never ask again', async () => {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await popup.answer('Deny and never ask again');
  await expect(viewer.says('Bob said no')).toBeVisible();
  await popup.gone();
  const again = await alice.openViewer(() => alice.app('xcalc').click());
  await expect(again.says('Bob said no')).toBeVisible();
  await expect(popup.card).toHaveCount(0);
  // Only this application is denied.
  await alice.openViewer(() => alice.app('xterm').click());
  await popup.shown();
});

test('blocking from the question refuses it and the whole computer', async () => {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await popup.answer('Block this computer');
  await popup.gone();
  await expect(viewer.page.getByRole('status').getByRole('heading').first()).not.toHaveText('Waiting for Bob…');
  const refused = await lan.alice.cli('launch', 'Bob', 'xcalc', '--wait', '5');
  expect(refused.code).not.toBe(0);
  expect(refused.error).toContain('That computer does not accept connections from this one.');
});
