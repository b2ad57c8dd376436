// A disk that is full for real: what the person, the visitors and `ebp` are told, what goes on, and that it mends itself.
import { readdirSync } from 'node:fs';
import { fillDisk, freeDisk } from '../../lab/hosts.ts';
import { expect, soon, test, toggle, useLan } from '../computers/fixtures.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';
import type { Viewer } from '../pages/viewer.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } }, carol: {} });

const sentence =
  /There is hardly any space left on the disk that holds .*Free some space; nothing that was stored is lost/;
const refusal = /There is no space left on the disk that holds .*Free some space and try again/;

test.afterEach(() => freeDisk('bob'));

async function end(viewer: Viewer): Promise<void> {
  await viewer.disconnect.click();
  await expect(viewer.says('Disconnected')).toBeVisible();
  await viewer.close();
}

test('the disk fills up, everything says so, and it works again when there is space', async () => {
  test.setTimeout(180_000);
  const alice = await lan.alice.mainPage();
  const carol = await lan.carol.mainPage();
  const bob = await lan.bob.mainPage();
  // Only who is known can be allowed for ever.
  for (const visitor of [lan.alice, lan.carol]) await lan.bob.verify(visitor);
  const first = await alice.launch('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  await end(await first.running());
  expect((await lan.bob.cli('status')).code).toBe(0);
  const before = lan.bob.readSettings();

  await test.step('full: said in the window by itself, and by ebp status', async () => {
    fillDisk('bob');
    await expect(bob.page.getByText(sentence)).toBeVisible();
    const status = await lan.bob.cli('status');
    expect(status.out).toMatch(sentence);
    expect(status.code).toBe(3);
  });

  await test.step('settings: refused, shown as they were, and whole on the disk', async () => {
    await bob.goToSettings('Sharing');
    const warmUp = bob.page.getByRole('switch', { name: 'Prepare while you read' });
    await toggle(warmUp);
    await expect(bob.page.getByText(refusal).first()).toBeVisible();
    await expect(warmUp).toBeChecked();
    await bob.page.screenshot({ path: test.info().outputPath('full-disk.png') });
    await nothingHappens(300, () => lan.bob.readSettings(), before);
  });

  await test.step('an answer for always cannot be kept and the question stays; once works, in a container that is there', async () => {
    const viewer = await alice.openViewer(() => alice.app('xcalc').click());
    const popup = await (await lan.bob.popup()).shown();
    await popup.answer('Always');
    await expect(popup.card.getByRole('alert').filter({ hasText: refusal })).toBeVisible();
    await popup.page.screenshot({ path: test.info().outputPath('always-refused.png') });
    await popup.allow();
    await end(await viewer.running());
    expect((await lan.bob.core()).read('rules')).toEqual([]);
  });

  await test.step('a new container cannot be made: the visitor is told whose disk it is, and no path of it', async () => {
    const viewer = await carol.launch('Bob', 'xcalc');
    await (await (await lan.bob.popup()).shown()).allow();
    await expect(viewer.page.getByText(/The disk of that computer is full.*Ask the person there/)).toBeVisible();
    await expect(viewer.page.getByText('/run/lab')).toHaveCount(0);
    await viewer.close();
    await soon(() => lan.bob.homes().length).toBeLessThan(3);
  });

  await test.step('a pause cannot be kept, and holds all the same: maybe a visitor fills the disk', async () => {
    const pause = await lan.bob.cli('pause');
    expect(pause.error).toMatch(refusal);
    expect(pause.code).toBe(1);
    await soon(async () => (await lan.bob.core()).read('settings')?.isPaused).toBe(true);
    expect(lan.bob.readSettings()).toEqual(before);
  });

  await test.step('space again: it goes on without a restart', async () => {
    freeDisk('bob');
    expect((await lan.bob.cli('resume')).code).toBe(0);
    await expect(bob.page.getByText(sentence)).toBeHidden();
    expect((await lan.bob.cli('status')).out).toContain('There is enough space on the disk.');
    // The history tries again every five seconds.
    await soon(async () => (await lan.bob.cli('status')).code).toBe(0);
    await bob.goToSettings('Sharing');
    await toggle(bob.page.getByRole('switch', { name: 'Prepare while you read' }));
    await soon(() => lan.bob.readSettings().isWarmUp).toBe(false);
    const viewer = await carol.openViewer(() => carol.app('xcalc').click());
    const popup = await (await lan.bob.popup()).shown();
    await popup.answer('Always');
    await end(await viewer.running());
    expect((await lan.bob.core()).read('rules')).toMatchObject([{ peerName: 'Carol' }]);
    expect((await lan.bob.cli('logs')).out).toContain('session started');
    // Nothing was torn or left half-written on the way.
    expect(readdirSync(lan.bob.profileDir).filter((name) => /tmp|damaged/.test(name))).toEqual([]);
  });
});

test('started on a full disk it says so and keeps everything; with space it starts', async () => {
  await lan.bob.stop();
  const before = lan.bob.readSettings();
  fillDisk('bob');
  const started = await lan.bob.cli('serve', '--no-open');
  expect(started.error).toMatch(refusal);
  expect(started.code).toBe(1);
  expect(lan.bob.readSettings()).toEqual(before);
  freeDisk('bob');
  await lan.bob.start();
  expect(lan.bob.readSettings()).toEqual(before);
});
