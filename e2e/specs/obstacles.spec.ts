// What cannot run in a container as it is: a program that draws on Wayland alone gets a compositor, Flatpak and Snap are said before anybody asks.
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccess } from '../computers/axe.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { openSession } from '../computers/open-session.ts';
import { inkOf } from '../computers/picture.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebp-packagers-'));
for (const name of ['flatpak', 'snap']) {
  writeFileSync(join(folder, name), '#!/bin/sh\nexit 1\n');
  chmodSync(join(folder, name), 0o755);
}

const lan = useLan({
  alice: {},
  bob: {
    apps: {
      xcalc: 'xcalc',
      foot: 'foot',
      packed: `env A=b ${join(folder, 'flatpak')} run --branch=stable org.example.Packed %U`,
      snapped: `${join(folder, 'snap')} run snapped`,
    },
  },
});

test('a program that speaks Wayland alone is shown, fills the screen at every size, and hears keys', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'foot', {});
  await soon(async () => inkOf(await viewer.picture()), 15_000).toBeGreaterThan(0.0002);
  await viewer.type('echo "$WAYLAND_DISPLAY $XDG_SESSION_TYPE" > told.txt; stty size > size.txt\n');
  await soon(() => lan.bob.readInHome('told.txt')).toMatch(/^wayland-\d wayland$/m);
  const rowsOf = (text: string | undefined) => Number(text?.split(' ')[0] ?? 0);
  await soon(() => rowsOf(lan.bob.readInHome('size.txt'))).toBeGreaterThan(10);
  const before = rowsOf(lan.bob.readInHome('size.txt'));
  await viewer.page.setViewportSize({ width: 700, height: 320 });
  await soon(async () => (await viewer.picture()).height).toBeLessThan(320);
  await viewer.type('sleep 1; stty size > smaller.txt\n');
  await soon(() => rowsOf(lan.bob.readInHome('smaller.txt'))).toBeGreaterThan(3);
  expect(rowsOf(lan.bob.readInHome('smaller.txt'))).toBeLessThan(before);
  // Its normal end is the session's.
  await viewer.type('exit\n');
  await soon(async () => (await lan.bob.core()).read('sessions')?.filter(({ state }) => state !== 'ended')).toEqual([]);
});

test('as a native window, or by an SSH command, it is refused, with what to do', async () => {
  const [alice, bob] = await Promise.all([lan.alice.core(), lan.bob.core()]);
  const peerId = alice.read('peers')?.find(({ name }) => name === 'Bob')?.id;
  const offerId = bob.read('offers')?.offers.find(({ name }) => name === 'foot')?.id;
  if (peerId === undefined || offerId === undefined) throw new Error('Bob or foot is not there');
  const powers = {
    clipboardIn: true,
    clipboardOut: true,
    network: 'none',
    files: false,
    isViewOnly: false,
    timeLimitMin: null,
  } as const;
  for (const view of ['native', 'ssh-command'] as const) {
    const { askId } = await alice.call('asks.create', { peerId, offerId, view, powers });
    await soon(() => alice.read('asks')?.find(({ id }) => id === askId)?.problem?.code).toBe('viewer-only');
  }
  expect(bob.read('requests')).toEqual([]);
});

test('what Flatpak and Snap start is offered to nobody, and its owner reads why', async () => {
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await expect(alice.app('xcalc')).toBeVisible();
  await expect(alice.app('packed')).toHaveCount(0);
  await expect(alice.app('snapped')).toHaveCount(0);

  const bob = await lan.bob.mainPage();
  await bob.goToOwn();
  await expect(bob.page.getByText('Flatpak starts it, which cannot work inside a container.')).toBeVisible();
  await expect(bob.page.getByText('Snap starts it, which cannot work inside a container.')).toBeVisible();
  const shared = bob.page.getByRole('switch', { name: 'Share packed' });
  await checkAccess(bob.page, 'own list with what cannot be offered');
  await expect(shared).toBeDisabled();
  await expect(shared).not.toBeChecked();
  await expect(shared).toHaveAccessibleDescription(/Cannot be offered.*Flatpak/);
  const listed = (await lan.bob.cli('apps')).out;
  expect(listed).toContain('packed cannot be offered: Flatpak starts it');
  expect((await lan.bob.cli('share', 'packed')).out).toContain('packed cannot be offered: Flatpak starts it');
});
