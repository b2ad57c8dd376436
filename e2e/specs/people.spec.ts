// What a person decides about other computers, and what those see of it: who sees what, do not disturb, blocked, renamed, forgotten.
import type { Page } from '@playwright/test';
import { sandboxProcesses } from '../../lab/processes.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { checkAccess } from '../computers/axe.ts';
import { expect, soon, test, timed, toggle, useLan } from '../computers/fixtures.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' } }, carol: {} });

test.afterEach(async () => {
  const core = await lan.bob.core();
  await lan.bob.set({ audience: { who: 'everybody' }, audienceByOfferId: {}, isDoNotDisturb: false });
  for (const peer of core.read('peers') ?? []) if (peer.isKnown) await core.call('peers.forget', { peerId: peer.id });
  for (const { id } of core.read('requests') ?? [])
    await core.call('requests.answer', { requestId: id, answer: 'deny' });
  await core.call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  await soon(() => sandboxProcesses('bob')).toEqual([]);
  await (await lan.alice.mainPage()).home.click();
});

async function choose(page: Page, label: string, option: string | RegExp): Promise<void> {
  await page.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

test('what is for verified computers does not exist for others, and appears when they are verified', async () => {
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await expect(alice.app('xterm')).toBeVisible();
  const bob = await lan.bob.mainPage();
  await bob.goToOwn();
  await bob.page.getByRole('button', { name: 'Who sees xterm: As for everything. Change…' }).click();
  await choose(bob.page.getByRole('dialog').page(), 'Who sees xterm', 'Verified computers only');
  await bob.page.keyboard.press('Escape');
  await expect(alice.app('xterm')).toHaveCount(0);
  await expect(alice.app('xcalc')).toBeVisible();
  await lan.bob.verify(lan.alice);
  await expect(alice.app('xterm')).toBeVisible();
  const carol = await lan.carol.mainPage();
  await carol.openPeer('Bob');
  await expect(carol.app('xcalc')).toBeVisible();
  await expect(carol.app('xterm')).toHaveCount(0);
});

test('the whole catalogue for a chosen computer', async () => {
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await expect(alice.app('xterm')).toBeVisible();
  const carol = await lan.carol.mainPage();
  await carol.openPeer('Bob');
  await expect(carol.app('xterm')).toBeVisible();
  const bob = await lan.bob.mainPage();
  await bob.goToOwn();
  await choose(bob.page, 'Who sees what you share', 'Chosen computers');
  await expect(bob.page.getByText('No computer is chosen, so nobody sees it.')).toBeVisible();
  await expect(alice.apps).toHaveCount(0);
  await choose(bob.page, 'Computers', /^Alice \(not verified\)/);
  await bob.page.keyboard.press('Escape');
  await expect(alice.app('xterm')).toBeVisible();
  await expect(carol.apps).toHaveCount(0);
  expect(lan.bob.readSettings().audience).toMatchObject({ who: 'chosen' });
});

test('a verified computer that takes the name of another is not shown as that one', async () => {
  for (const other of [lan.alice, lan.carol]) await lan.bob.verify(other);
  const core = await lan.bob.core();
  const peerId = core.read('peers')?.find(({ name }) => name === 'Alice')?.id;
  if (peerId === undefined) throw new Error('Alice is not there');
  // Its next connection says its new name.
  for (const isBlocked of [true, false]) await core.call('peers.block', { peerId, isBlocked });
  await lan.alice.set({ name: 'Carol' });
  try {
    await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
    const popup = await (await lan.bob.popup()).shown();
    await expect(popup.card.getByRole('heading', { name: 'Alice asks to use xcalc' })).toBeVisible();
    await expect(popup.card.getByText('Carol')).toHaveCount(0);
    await popup.deny.click();
    const bob = await lan.bob.mainPage();
    await bob.openPeer('Alice');
    await expect(bob.page.getByText('calls itself “Carol”')).toBeVisible();
  } finally {
    await lan.alice.set({ name: 'Alice' });
  }
});

test('do not disturb: nobody is asked, and who asks is told', async () => {
  const alice = await lan.alice.mainPage();
  const bob = await lan.bob.mainPage();
  await bob.doNotDisturb.click();
  await expect(bob.doNotDisturb).toHaveAttribute('aria-pressed', 'true');
  const viewer = await alice.launch('Bob', 'xcalc');
  await expect(viewer.page.getByText('Bob has Do not disturb on.')).toBeVisible();
  await expect((await lan.bob.popup()).card).toHaveCount(0);
  await bob.doNotDisturb.click();
  await viewer.page.getByRole('button', { name: 'Open again' }).click();
  await (await lan.bob.popup()).shown();
});

test('quiet hours say when they end', async () => {
  const bob = await lan.bob.mainPage();
  await bob.goToSettings('Sharing');
  await toggle(bob.page.getByRole('switch', { name: 'Quiet hours' }));
  // Now is in them, at any hour and not at their edge; in the evening they go over midnight.
  const [from, to] = new Date().getHours() < 12 ? ['23:00', '13:00'] : ['11:00', '00:30'];
  await bob.page.getByLabel('From', { exact: true }).fill(from);
  await bob.page.getByLabel('To', { exact: true }).fill(to);
  await bob.page.getByLabel('To', { exact: true }).press('Enter');
  await soon(() => lan.bob.readSettings().quietHours).toEqual({ isOn: true, from, to });
  await expect(bob.page.getByText(/^It is quiet now, until \d+:[03]0/)).toBeVisible();
  await toggle(bob.page.getByRole('switch', { name: 'Quiet hours' }));
});

test('what is taken away while it runs is gone on both sides, and the visitor is told', async () => {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launchWith('Bob', 'xcalc', ['Paste into it', 'Copy out of it']);
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.power('Copy out of it')).toBeChecked();
  await popup.allow();
  await viewer.running();
  const bob = await lan.bob.mainPage();
  await expect(alice.sessions('visitor', 'running')).toContainText('Copy out of it');
  await bob.page.getByRole('button', { name: 'Take away: Copy out of it (xcalc, Alice)' }).click();
  // In the main window, and in the window that the visitor looks at.
  for (const page of [alice.page, viewer.page]) {
    await expect(page.getByText('Bob took away: copying out of it.')).toBeVisible();
    await expect(page.getByText('Bob took away: copying out of it.')).toHaveCount(1);
  }
  await expect(alice.sessions('visitor', 'running')).not.toContainText('Copy out of it');
  await bob.page.getByRole('button', { name: 'Only watch (xcalc, Alice)' }).click();
  await expect(alice.sessions('visitor', 'running')).toContainText('Only watch');
  const bobs = bob.sessions('host', 'running');
  await bobs.getByRole('button', { name: 'Time limit: no time limit (xcalc, Alice)' }).focus();
  await bob.page.keyboard.press('Enter');
  await expect(bob.page.getByRole('menuitem', { name: 'End it in 5 min' })).toBeVisible();
  await checkAccess(bob.page, 'time limit of a session');
  await expect(bob.page.getByRole('menuitem', { name: 'End it in 5 min' })).toBeFocused();
  await bob.page.keyboard.press('ArrowDown');
  await bob.page.keyboard.press('Enter');
  await expect(bobs.getByRole('list', { name: 'What this session may do' })).toContainText('ends in');
  await expect(viewer.page.getByText(/^Bob set a time limit: it ends in \d+ min\.$/)).toHaveCount(1);
  await checkAccess(viewer.page, 'viewer, told what was taken away');
  const session = (await lan.alice.core()).read('sessions')?.find(({ state }) => state === 'running');
  expect(session?.powers).toEqual({
    ...noPowers,
    clipboardIn: true,
    isViewOnly: true,
    timeLimitMin: expect.any(Number),
  });
  expect(session?.endsAt ?? 0).toBeLessThan(Date.now() + 16 * 60_000);

  // What was asked for is asked for again, and not what the host left of it.
  await viewer.disconnect.click();
  await viewer.page.reload();
  await viewer.page.getByRole('button', { name: 'Open again' }).click();
  const second = await (await lan.bob.popup()).shown();
  for (const name of ['Paste into it', 'Copy out of it'] as const) await expect(second.power(name)).toBeChecked();
  await expect(second.power('Only watch')).not.toBeChecked();
  await expect(second.deny).toBeEnabled();
  await second.deny.click();
  await expect(viewer.says('Bob said no')).toBeVisible();
  await viewer.page.close();
  // The same from the row of what was asked.
  await expect(alice.asks().first()).toHaveAttribute('data-state', 'denied');
  const third = await alice.openViewer(() => alice.asks().first().getByRole('button', { name: 'Try again' }).click());
  await (await lan.bob.popup()).shown();
  for (const name of ['Paste into it', 'Copy out of it'] as const) await expect(second.power(name)).toBeChecked();
  await third.cancel.click();
  await second.gone();
});

test('blocking ends what runs, and the blocked computer is refused until it is unblocked', async () => {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  await viewer.running();
  const bob = await lan.bob.mainPage();
  await bob.openPeer('Alice');
  await timed('blocked until gone', 3000, async () => {
    await bob.choosePeerMenu('Alice', /^Block this computer/);
    await soon(() => sandboxProcesses('bob')).toEqual([]);
  });
  await expect(viewer.says('Bob ended it')).toBeVisible();
  await expect(bob.page.getByText('You have blocked Alice')).toBeVisible();
  await expect(bob.peer('Alice')).toContainText('Blocked');
  const refused = await lan.alice.cli('launch', 'Bob', 'xcalc', '--wait', '5');
  expect(refused.code).toBe(1);
  expect(refused.error).toContain('That computer does not accept connections from this one.');
  await bob.page.getByRole('button', { name: 'Unblock this computer' }).click();
  await expect(bob.page.getByText('You have blocked Alice')).toHaveCount(0);
  await alice.home.click();
  const again = await alice.launch('Bob', 'xcalc');
  await (await lan.bob.popup()).shown();
  await again.close();
});

test('a name of one’s own is shown everywhere, and a stranger with it is a warning', async () => {
  const bob = await lan.bob.mainPage();
  await bob.openPeer('Alice');
  await bob.choosePeerMenu('Alice', 'Rename…');
  await bob.page.getByRole('textbox', { name: 'Name' }).fill('Carol');
  await bob.page.getByRole('button', { name: 'Save' }).click();
  await expect(bob.page.getByRole('heading', { level: 1, name: 'Carol' })).toBeVisible();
  // The real Carol has the name by which this person knows another key.
  await expect(bob.peers.filter({ hasText: 'Not the one that you know' })).toHaveCount(1);
  await bob.goToSettings('People');
  await expect(bob.page.getByTestId('known-peer')).toContainText('calls itself “Alice”');
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).toContainText('Carol asks to use xcalc');
  await expect(popup.card).toContainText('This is the name that you gave to this key');
  await viewer.close();
});

test('forgetting says what is lost, and loses it', async () => {
  await lan.bob.verify(lan.alice);
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).answer('Always');
  await viewer.running();
  const bob = await lan.bob.mainPage();
  await bob.goToSettings('People');
  await expect(bob.page.getByTestId('known-peer')).toContainText('Alice');
  await bob.choosePeerMenu('Alice', 'Forget this computer…');
  await expect(bob.page.getByRole('dialog')).toContainText('deleted for good');
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Forget' }).click();
  await expect(bob.page.getByText('Nobody yet.')).toBeVisible();
  await expect(viewer.says('Bob ended it')).toBeVisible();
  await bob.goToSettings('Rules');
  await expect(bob.page.getByText('No rules. You are asked each time.')).toBeVisible();
});

test('taking a verification back hides what is for verified computers', async () => {
  await lan.bob.set({ audience: { who: 'verified' } });
  await lan.bob.verify(lan.alice);
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await expect(alice.app('xcalc')).toBeVisible();
  const bob = await lan.bob.mainPage();
  await bob.openPeer('Alice');
  await bob.choosePeerMenu('Alice', 'Take the verification back…');
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await expect(alice.app('xcalc')).toHaveCount(0);
});
