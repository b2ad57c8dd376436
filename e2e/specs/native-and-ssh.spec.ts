// The other two ways to a program: native windows, and a stock SSH client on a port for one computer and one key.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openPorts, processesOf, sandboxProcesses } from '../../lab/processes.ts';
import type { OfferId } from '../../src/contract/ids.ts';
import { aimAt, expect, soon, test, timed, useLan } from '../computers/fixtures.ts';
import { inkOf } from '../computers/picture.ts';

const lan = useLan({
  alice: { hasScreen: true },
  bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' } },
  carol: { hasScreen: true },
});

test.afterEach(async () => {
  await (await lan.bob.core()).call('sessions.endAll', {});
  await soon(() => sandboxProcesses('bob')).toEqual([]);
});

test('a native window is among the visitor’s own, after a warning', async () => {
  const { screen } = lan.alice;
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await alice.page.getByRole('button', { name: 'More ways to open xcalc' }).click();
  await alice.page.getByRole('menuitem', { name: /^Open as native window/ }).click();
  const dialog = alice.page.getByRole('dialog');
  await expect(dialog).toContainText('read everything you type');
  await dialog.getByRole('button', { name: 'Open as native window' }).click();
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).toContainText('Alice sees it as a native window over SSH.');
  await timed('yes to native window', 8000, async () => {
    await popup.once.click();
    await soon(() => screen.windows()).toContain('Calculator');
  });
  const { out } = await screen.run(['xwininfo', '-name', 'Calculator']);
  expect(out).toContain('Map State: IsViewable');
  await soon(async () => inkOf(await screen.picture('Calculator'))).toBeGreaterThan(0.05);
  await expect(alice.sessions('visitor', 'running')).toContainText('native window');
  expect(openPorts('bob')).toEqual([(await lan.bob.core()).read('self')?.peerPort]);

  const bob = await lan.bob.mainPage();
  const end = await aimAt(bob.page.getByRole('button', { name: 'End xcalc (Alice)' }));
  await timed('revoked until the window is gone', 1500, async () => {
    await end.click();
    await soon(() => screen.windows()).not.toContain('Calculator');
  });
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  await soon(() => processesOf('alice').filter((command) => command.startsWith('ssh '))).toEqual([]);
  await expect(alice.sessions('visitor', 'ended').first()).toContainText('Ended by Bob.');
});

test('several native windows at once: none takes the key of another’s display', async () => {
  const { screen } = lan.alice;
  const [alice, bob] = await Promise.all([lan.alice.core(), lan.bob.core()]);
  const peerId = bob.read('self')?.id;
  if (peerId === undefined) throw new Error('Bob is not there');
  await (await lan.alice.mainPage()).openPeer('Bob');
  const ask = () => alice.call('asks.create', { peerId, offerId: 'app:xcalc' as OfferId, view: 'native' });
  await ask();
  await (await (await lan.bob.popup()).shown()).answer('Until I quit eBrainPool');
  // Before the rule is kept, each of the others would wait for a person.
  await soon(() => bob.read('rules')?.length).toBe(1);
  for (let more = 0; more < 3; more += 1) void ask();
  const calculators = async () => (await screen.windows()).filter((name) => name === 'Calculator').length;
  await soon(calculators, 30_000).toBe(4);
  // Nor is there anything of it in the home that lasts.
  const home = bob.read('containers')?.[0]?.homePath ?? '';
  expect(readdirSync(home).filter((name) => name.startsWith('.Xauthority'))).toEqual([]);
  await bob.call('sessions.endAll', {});
  for (const { id } of bob.read('rules') ?? []) await bob.call('rules.remove', { ruleId: id });
  await soon(calculators).toBe(0);
});

test('closing the native window ends the session', async () => {
  const { screen } = lan.alice;
  const alice = await lan.alice.mainPage();
  await alice.launchNative('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  await soon(() => screen.windows()).toContain('Calculator');
  await screen.run(['xdotool', 'search', '--name', 'Calculator', 'windowkill']);
  await expect((await lan.bob.mainPage()).sessions('host', 'running')).toHaveCount(0);
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  await expect(alice.sessions('visitor', 'running')).toHaveCount(0);
});

test('the SSH line works with a stock client, for that computer and that key, until the end', async () => {
  const { screen } = lan.alice;
  const alice = await lan.alice.mainPage();
  await alice.launchSshCommand('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).toContainText('a port of this computer is open to Alice’s address and key alone');
  await popup.allow();
  const row = alice.sessions('visitor', 'running');
  await expect(row).toContainText('Type this on this computer');
  const command = (await lan.alice.core()).read('sessions')?.find(({ sshCommand }) => sshCommand !== null)
    ?.sshCommand?.command;
  await expect(row).toContainText(command ?? 'no command');
  const words = (command ?? '').split(' ');
  const port = Number(words[words.indexOf('-p') + 1]);
  expect(command).toContain(`ebp@${lan.bob.address} -X xcalc`);
  expect(openPorts('bob')).toContain(port);

  // Carol: another address and another key. Nothing answers, so it cannot be a matter of the key alone.
  const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes'];
  const fromCarol = await lan.carol.run(
    ['ssh', '-F', 'none', ...options, '-o', 'ConnectTimeout=5', '-p', String(port), `ebp@${lan.bob.address}`, 'true'],
    { env: { DISPLAY: lan.carol.screen.display } },
  );
  expect(fromCarol.code).toBe(255);
  expect(fromCarol.error).toMatch(/closed|reset|refused/i);
  // Alice's address with another key.
  const key = join(lan.alice.profileDir, 'another-key');
  await lan.alice.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const otherKey = await lan.alice.run([
    'ssh',
    '-F',
    'none',
    ...options,
    '-o',
    'IdentitiesOnly=yes',
    '-i',
    key,
    '-p',
    String(port),
    `ebp@${lan.bob.address}`,
  ]);
  expect(otherKey.code).toBe(255);
  expect(otherKey.error).toContain('Permission denied');
  expect(await screen.windows()).not.toContain('Calculator');

  const client = lan.alice.run(words, { env: { DISPLAY: screen.display }, timeoutMs: 40_000 });
  await soon(() => screen.windows()).toContain('Calculator');
  await soon(async () => inkOf(await screen.picture('Calculator'))).toBeGreaterThan(0.05);

  const end = await aimAt((await lan.bob.mainPage()).page.getByRole('button', { name: 'End xcalc (Alice)' }));
  await timed('revoked until the port is gone', 1500, async () => {
    await end.click();
    await soon(() => openPorts('bob')).not.toContain(port);
  });
  expect((await client).code).not.toBe(0);
  await soon(() => screen.windows()).not.toContain('Calculator');
});
