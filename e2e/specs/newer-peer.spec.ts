// What this version does not know is shown as unknown everywhere, and nobody is asked for it.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endChild } from '../../bench/computers.ts';
import { addressOf, folderOf, spawnOn } from '../../lab/hosts.ts';
import type { OfferId } from '../../src/contract/ids.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';

const lan = useLan({ alice: {} });
const root = join(import.meta.dirname, '../..');

async function startNewer() {
  const folder = mkdtempSync(join(folderOf('carol', 'tmp'), 'newer-'));
  const argv = [process.execPath, join(root, 'e2e/computers/newer-host.ts'), folder];
  const child = spawnOn('carol', argv, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const asked: string[] = [];
  const lines = createInterface({ input: child.stdout as never });
  const [port] = (await once(lines, 'line')) as [string];
  lines.on('line', (line) => asked.push(line));
  return {
    address: `${addressOf('carol')}:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      await endChild(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test('a kind of offer that is still to come needs a newer version, in window, palette, viewer and command line', async () => {
  await using newer = await startNewer();
  const core = await lan.alice.core();
  const { peerId } = await core.call('peers.add', { address: newer.address });
  const alice = await lan.alice.mainPage();
  await alice.openPeer('Newer');
  for (const name of ['Globe', 'Moon']) {
    const tile = alice.apps.filter({ hasText: name });
    await expect(tile).toContainText('Needs a newer version of eBrainPool');
    await expect(tile.locator('[data-tile]')).toHaveAttribute('aria-disabled', 'true');
    await expect(tile.getByRole('button', { name: `More ways to open ${name}` })).toHaveCount(0);
    const pages = () => lan.alice.shell.context.pages().length;
    const before = pages();
    await tile.locator('[data-tile]').click({ force: true });
    expect(pages()).toBe(before);
  }
  // What it does know is as ever.
  await expect(alice.apps.filter({ hasText: 'Clock' }).locator('[data-tile]')).toHaveAttribute(
    'aria-disabled',
    'false',
  );

  const { out } = await lan.alice.cli('offers', 'Newer');
  expect(out).toMatch(/Globe +hologram:globe +\(needs a newer version of eBrainPool\)/);
  expect(out).toMatch(/Moon +hologram:moon +\(needs a newer version of eBrainPool\)/);
  for (const name of ['Globe', 'Moon', 'hologram:moon']) {
    const launched = await lan.alice.cli('launch', 'Newer', name);
    expect(launched).toMatchObject({ code: 1 });
    expect(launched.error).toContain('This kind of offer needs a newer version of eBrainPool on this computer.');
  }
  for (const offerId of ['hologram:globe', 'hologram:gone'] as OfferId[])
    await expect(core.call('asks.create', { peerId, offerId, view: 'viewer' })).rejects.toMatchObject({
      code: 'offer-unsupported',
    });
  expect(core.read('asks')).toEqual([]);
  expect(newer.asked).toEqual([]);
  const { entries } = await core.call('activity.read', {});
  expect(entries.filter(({ event }) => event.kind === 'requested')).toEqual([]);

  await core.call('asks.create', { peerId, offerId: 'app:clock' as OfferId, view: 'viewer' });
  await soon(() => newer.asked).toEqual(['asked for app:clock']);
});

test('a host does not start what is of a kind that it does not know, whatever its settings say', async () => {
  const toy = 'toy:train' as OfferId;
  await lan.alice.set({ isSharedByDefault: true, sharedByOfferId: { [toy]: true } });
  const core = await lan.alice.core();
  expect(core.read('offers')?.offers.some(({ id }) => id === toy)).toBe(false);
  await expect(core.call('offers.share', { offerIds: [toy], isShared: true })).rejects.toMatchObject({
    code: 'not-found',
  });
});
