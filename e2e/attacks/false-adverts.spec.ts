// Somebody advertises another's fingerprint: whoever comes finds out from the key exchange alone, and says nothing to her.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endChild, root } from '../../bench/computers.ts';
import { addressOf, folderOf, spawnOn } from '../../lab/hosts.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { tidyUp } from './person.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });

/** An impostor on Carol's computer, and what her callers gave away. */
async function startImpostor(fingerprint: string, name: string) {
  const folder = mkdtempSync(join(folderOf('carol', 'tmp'), 'impostor-'));
  const argv = [process.execPath, join(root, 'e2e/attacks/impostor.ts'), fingerprint, name, join(folder, 'key')];
  const child = spawnOn('carol', argv, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const events: string[] = [];
  const lines = createInterface({ input: child.stdout as never }).on('line', (line) => events.push(line));
  await once(lines, 'line');
  return {
    count: (event: string) => events.filter((one) => one === event).length,
    /** What came after the key exchange. */
    told: () => events.filter((event) => /^(handshake|authentication|session)/.test(event)),
    [Symbol.asyncDispose]: async () => {
      await endChild(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function idOfBob(): Promise<string> {
  return (await lan.bob.core()).read('self')?.id ?? '';
}

test.afterEach(() => tidyUp(lan.bob));

test('while the real one is there it works, and the impostor learns nothing', async () => {
  const bob = await idOfBob();
  await using impostor = await startImpostor(bob, 'Bob');
  const core = await lan.alice.core();
  const addresses = () =>
    core
      .read('peers')
      ?.find(({ id }) => id === bob)
      ?.addresses.join(' ') ?? '';
  // Whoever of the two is heard first: both must be among those that are tried.
  await soon(addresses).toContain(lan.bob.address);
  await soon(addresses).toContain(addressOf('carol'));
  const alice = await lan.alice.mainPage();
  await expect(alice.peer('Bob')).toHaveCount(1);
  for (let times = 0; times < 3; times += 1) {
    const viewer = await alice.launch('Bob', 'xcalc');
    await (await (await lan.bob.popup()).shown()).allow();
    await viewer.running();
    await viewer.close();
    await soon(async () => (await lan.bob.core()).read('sessions')?.length).toBe(0);
    // Connected anew, so that both addresses are tried again.
    await core.call('peers.block', { peerId: bob as never, isBlocked: true });
    await core.call('peers.block', { peerId: bob as never, isBlocked: false });
  }
  expect(impostor.told()).toEqual([]);
});

test('while the real one is away the visitor says why it goes no further, and nothing else to the impostor', async () => {
  const bob = await idOfBob();
  await lan.bob.stop();
  // Her window has nothing of Bob's from before.
  await lan.alice.restart();
  {
    await using impostor = await startImpostor(bob, 'Bob');
    const alice = await lan.alice.mainPage();
    await expect(alice.peer('Bob')).toHaveCount(1);
    await alice.openPeer('Bob');
    await expect(alice.page.getByText(/is not the one that was advertised: its key is another/).first()).toBeVisible();
    expect(impostor.count('connection')).toBeGreaterThan(0);
    await soon(() => impostor.count('closed') >= impostor.count('connection')).toBe(true);
    expect(impostor.told()).toEqual([]);
    await alice.home.click();
  }
  await lan.bob.start();
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  await viewer.running();
});

test('with a page of the real one open the warning comes, stays when the impostor falls silent, and goes with the right key', async () => {
  const bob = await idOfBob();
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Bob');
  await expect(alice.app('xcalc')).toBeVisible();
  const warning = alice.page.getByRole('alert').filter({ hasText: 'Another computer answers in the place of Bob' });
  const row = alice.peer('Bob').getByText('Another key answers there');
  await lan.bob.stop();
  {
    await using _impostor = await startImpostor(bob, 'Bob');
    await expect(warning).toContainText('Nothing was sent to it');
    await expect(row).toBeVisible();
    const body = await alice.page.screenshot();
    await test.info().attach('impostor.png', { body, contentType: 'image/png' });
  }
  // Tried again while nobody answers at all.
  const core = await lan.alice.core();
  await expect(async () => {
    const { askId } = await core.call('asks.create', {
      peerId: bob as never,
      offerId: 'app:xcalc' as never,
      view: 'viewer',
    });
    const problem = () => core.read('asks')?.find(({ id }) => id === askId)?.problem?.code;
    await soon(problem, 3000).toBe('peer-unreachable');
  }).toPass({ timeout: 20_000 });
  await expect(row).toBeVisible();
  await expect(warning).toBeVisible();
  await lan.bob.start();
  await expect(row).toBeHidden();
  await expect(warning).toBeHidden();
  await expect(alice.app('xcalc')).toBeVisible();
});

test('a fingerprint that nobody has is believed by nobody', async () => {
  await using impostor = await startImpostor(`SHA256:${'x'.repeat(43)}`, 'Zoe');
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Zoe');
  await expect(alice.page.getByText(/is not the one that was advertised: its key is another/).first()).toBeVisible();
  expect(impostor.told()).toEqual([]);
});
