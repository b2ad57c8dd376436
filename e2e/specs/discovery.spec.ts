// Computers find each other, and see when one of them changes or goes.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressOf, cutCable, mendCable } from '../../lab/hosts.ts';
import { expect, soon, test, timed, useLan } from '../computers/fixtures.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } }, carol: {} });

test('three computers see each other, once each', async () => {
  const all = [lan.alice, lan.bob, lan.carol];
  for (const computer of all) {
    const page = await computer.mainPage();
    for (const other of all.filter((one) => one !== computer)) await expect(page.peer(other.name)).toBeVisible();
    await expect(page.peers).toHaveCount(2);
  }
});

test('a computer that starts is seen within a second or two', async () => {
  await lan.carol.stop();
  const alice = await lan.alice.mainPage();
  await expect(alice.peer('Carol')).toHaveCount(0);
  const core = await lan.alice.core();
  const isThere = () => core.read('peers')?.some(({ name, presence }) => name === 'Carol' && presence === 'online');
  const starting = lan.carol.start();
  await soon(() => core.read('peers')?.length ?? 0).toBeGreaterThan(0);
  await starting;
  // Its own page takes longer to open than the others take to see it.
  await timed('page open until seen', 2000, () => soon(isThere).toBe(true));
  await expect(alice.peer('Carol')).toBeVisible();
});

test('a new name is seen by the others', async () => {
  const bob = await lan.bob.mainPage();
  await bob.goToSettings('General');
  const field = bob.page.getByRole('textbox', { name: 'Name', exact: true });
  await field.fill('Robert');
  await timed('name changed until seen', 3000, async () => {
    await field.press('Enter');
    await expect((await lan.alice.mainPage()).peer('Robert')).toBeVisible();
  });
  await expect((await lan.alice.mainPage()).peer('Bob')).toHaveCount(0);
  await expect((await lan.alice.mainPage()).peers).toHaveCount(2);
  await field.fill('Bob');
  await field.press('Enter');
  await expect((await lan.alice.mainPage()).peer('Bob')).toBeVisible();
});

test('a computer that says goodbye is gone', async () => {
  const alice = await lan.alice.mainPage();
  await expect(alice.peer('Carol')).toBeVisible();
  await timed('stopped until gone', 8000, async () => {
    await lan.carol.stop();
    await expect(alice.peer('Carol')).toHaveCount(0);
  });
  await lan.carol.start();
  await expect(alice.peer('Carol')).toBeVisible();
});

test('a computer that vanishes without a goodbye is noticed', async () => {
  const alice = await lan.alice.mainPage();
  await expect(alice.peer('Carol')).toBeVisible();
  // Whoever has its applications open has a connection, whose end tells.
  await alice.openPeer('Carol');
  await expect(alice.page.getByText('Carol shares nothing at the moment')).toBeVisible();
  await lan.carol.kill();
  const core = await lan.alice.core();
  await soon(
    () => core.read('peers')?.some(({ name, presence }) => name === 'Carol' && presence === 'online'),
    30_000,
  ).toBeFalsy();
  await lan.carol.restart();
  await alice.home.click();
  await expect(alice.peer('Carol')).toBeVisible();
  await expect(alice.peers).toHaveCount(2);
});

test.describe('with a network that changes', () => {
  // Also after a failure: the next try, and the specs after this file, use these computers too.
  test.afterEach(() => restoreNetwork('carol'));

  test('the network goes and comes back, and its addresses change: each is said as it is', async () => {
    test.setTimeout(90_000);
    const carol = await lan.carol.mainPage();
    const { page } = carol;
    await expect(carol.peers).toHaveCount(2);
    await carol.goToSettings('Network');
    await expect(page.getByText(lan.carol.address, { exact: false }).first()).toBeVisible();
    expect((await lan.carol.cli('status')).out).toContain(`Address:   ${lan.carol.address}`);

    takeAddressesAway('carol');
    await expect(page.getByText('This computer is on no network').first()).toBeVisible();
    await expect(page.getByText(lan.carol.address, { exact: false })).toHaveCount(0);
    const offline = await lan.carol.cli('status');
    expect(offline.out).toContain('Address:   none, this computer is on no network now');
    expect(offline.out).toContain('Connect it to one; the rest happens by itself.');
    expect(offline.code).toBe(0);

    mendCable('carol');
    giveAddress('carol', '192.168.77.99/24');
    await expect(page.getByText('192.168.77.99:', { exact: false })).toBeVisible();
    expect((await lan.carol.cli('status')).out).toContain('192.168.77.99');
    await expect(carol.peers).toHaveCount(2, { timeout: 20_000 });

    giveAddress('carol', `${lan.carol.address}/24`);
    await expect(page.getByText(lan.carol.address, { exact: false }).first()).toBeVisible();
  });
});

test.describe('with an address that is on both computers', () => {
  test.afterEach(() => {
    const undo = [
      ['-netns', 'alice', 'route', 'delete', 'local', '172.17.0.1', 'dev', 'lo'],
      ['-netns', 'alice', 'route', 'delete', 'unreachable', addressOf('bob', 4)],
      ['-netns', 'bob', 'address', 'delete', '172.17.0.1/16', 'dev', 'eth0'],
      ['-netns', 'bob', 'address', 'add', `${addressOf('bob', 6)}/64`, 'dev', 'eth0'],
      ['-netns', 'bob', 'link', 'set', 'eth0', 'addrgenmode', 'eui64'],
    ];
    // What a failed test has not done cannot be undone.
    for (const line of undo) spawnSync('ip', line);
  });

  test('an address that leads back to oneself is no alarm, and the peer is found at its others', async () => {
    // Not an address of an interface, so that only reaching it tells: bridges without a carrier and balancers have such.
    execFileSync('ip', ['-netns', 'alice', 'route', 'add', 'local', '172.17.0.1', 'dev', 'lo']);
    execFileSync('ip', ['-netns', 'alice', 'route', 'add', 'unreachable', addressOf('bob', 4)]);
    execFileSync('ip', ['-netns', 'bob', '-6', 'address', 'flush', 'dev', 'eth0']);
    giveAddress('bob', '172.17.0.1/16');
    const core = await lan.alice.core();
    const bob = () => core.read('peers')?.find(({ name }) => name === 'Bob');
    await soon(() => bob()?.addresses, 20_000).toEqual([lan.bob.address, '172.17.0.1']);
    const alice = await lan.alice.mainPage();
    await alice.openPeer('Bob');
    await expect(alice.page.getByText(/cannot be reached/).first()).toBeVisible();
    expect(bob()?.problem?.code).toBe('peer-unreachable');
    const log = await readFile(join(lan.alice.profileDir, 'logs/ebrainpool.log'), 'utf8');
    expect(log).toContain('an address of the peer leads to this computer; it is left out');

    execFileSync('ip', ['-netns', 'alice', 'route', 'delete', 'unreachable', addressOf('bob', 4)]);
    await alice.page.getByRole('button', { name: 'Try again' }).click();
    await expect(alice.app('xcalc')).toBeVisible();
    // The tiles that are known from before are there while it still connects.
    await soon(bob).toMatchObject({ connection: 'connected', problem: null });
  });
});

test('a computer is added by its address', async () => {
  const alice = await lan.alice.mainPage();
  const port = (await lan.bob.core()).read('self')?.peerPort;
  await alice.page.getByRole('button', { name: 'Add by address' }).first().click();
  const dialog = alice.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toContainText('Enter an address.');
  await dialog.getByRole('textbox').fill(`${lan.bob.address}:${port}`);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(alice.page.getByRole('heading', { level: 1, name: 'Bob' })).toBeVisible();
  await expect(alice.app('xcalc')).toBeVisible();
  await expect(alice.peers).toHaveCount(2);
  await alice.page.getByRole('button', { name: 'More about Bob' }).click();
  await alice.page.getByRole('menuitem', { name: 'Forget this computer' }).click();
  await dialog.getByRole('button', { name: 'Forget' }).click();
  await expect(dialog).toBeHidden();
  await soon(async () => (await lan.alice.core()).read('peers')?.some(({ isAddedByAddress }) => isAddedByAddress)).toBe(
    false,
  );
  // It still advertises itself.
  await expect(alice.peer('Bob')).toBeVisible();
});

test('an address where nobody is gives a sentence and no computer', async () => {
  const alice = await lan.alice.mainPage();
  await alice.page.getByRole('button', { name: 'Add by address' }).first().click();
  const dialog = alice.page.getByRole('dialog');
  await dialog.getByRole('textbox').fill(`${lan.bob.address}:9`);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog.getByText(/cannot be reached|could not be reached|not reachable/i)).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(alice.peers).toHaveCount(2);
});

test('in a narrow window the dialog that adds one comes in place of the list, and has the keyboard', async () => {
  const { page } = await lan.alice.mainPage();
  await page.setViewportSize({ width: 700, height: 500 });
  try {
    await page.getByRole('banner').getByRole('button', { name: 'Show computers' }).click();
    const list = page.getByRole('dialog', { name: 'Computers' });
    await list.getByRole('button', { name: 'Add by address' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a computer by its address' });
    await expect(list).toBeHidden();
    await expect(dialog.getByRole('textbox')).toBeFocused();
    // In place of what was typed and not added before.
    await page.keyboard.press('Control+A');
    await page.keyboard.type('192.168.0.1');
    await expect(dialog.getByRole('textbox')).toHaveValue('192.168.0.1');
    await page.screenshot({ path: test.info().outputPath('add-700.png') });
    // A click goes to what lies in front.
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toBeHidden();
  } finally {
    await page.setViewportSize({ width: 1280, height: 800 });
  }
});

/** Its cable is out, and what gave it addresses took them back. */
function takeAddressesAway(host: string): void {
  cutCable(host);
  execFileSync('ip', ['-netns', host, 'address', 'flush', 'dev', 'eth0', 'scope', 'global']);
}

function giveAddress(host: string, address: string): void {
  execFileSync('ip', ['-netns', host, 'address', 'add', address, 'dev', 'eth0']);
}

/** As the lab made it: its cable in, its two addresses, its route. */
function restoreNetwork(host: string): void {
  takeAddressesAway(host);
  mendCable(host);
  giveAddress(host, `${addressOf(host, 4)}/24`);
  giveAddress(host, `${addressOf(host, 6)}/64`);
  execFileSync('ip', ['-netns', host, 'route', 'replace', 'default', 'dev', 'eth0']);
}
