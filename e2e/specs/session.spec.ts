// The main job: click an application of another computer, its person says yes, and its window is here.
import { join } from 'node:path';
import { openPorts, sandboxProcesses } from '../../lab/processes.ts';
import { aimAt, expect, soon, test, timed, useLan } from '../computers/fixtures.ts';
import { blankLike, differenceOf, expectSame, inkOf, Screen } from '../computers/picture.ts';
import type { Viewer } from '../pages/viewer.ts';

const lan = useLan({
  alice: {},
  bob: {
    apps: {
      xcalc: 'xcalc',
      xterm: 'xterm',
      measured: 'sh -c "xwininfo -root > root.txt; exec xcalc"',
    },
  },
});

async function open(app: string): Promise<Viewer> {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', app);
  const popup = await (await lan.bob.popup()).shown();
  await popup.allow();
  return viewer.running();
}

/** A button under the pointer looks different, and the two screens have one pointer each. */
async function besideTheButtons(viewer: Viewer, reference: Screen): Promise<void> {
  const { width, height } = await viewer.size();
  const place = { x: width - 12, y: Math.round(height / 2) };
  await viewer.point(place);
  await reference.point(place);
}

test.afterEach(async () => {
  const core = await lan.bob.core();
  await core.call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  for (const computer of [lan.alice, lan.bob]) {
    const client = await computer.core();
    for (const { id, state } of client.read('sessions') ?? [])
      if (state === 'ended') await client.call('sessions.dismiss', { sessionId: id }).catch(() => {});
  }
  await expect.poll(() => sandboxProcesses('bob')).toEqual([]);
});

test('a click asks, a yes brings the program’s real picture, and keys reach it', async () => {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  await expect(viewer.says('Waiting for Bob…')).toBeVisible();

  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).toContainText('Alice (not verified) asks to use xcalc');
  await expect(popup.card).toContainText('It runs on this computer, inside a container that is only for Alice.');
  await expect(popup.card).toContainText('no folder of yours');
  await popup.once.click();
  const askedAt = performance.now();
  await viewer.running();
  test
    .info()
    .annotations.push({ type: 'yes to picture', description: `${Math.round(performance.now() - askedAt)} ms` });
  await expect(viewer.page).toHaveTitle('Calculator · Bob (not verified)');

  const size = await viewer.size();
  await using reference = await Screen.startReference(lan.bob, size);
  reference.spawn(['xcalc']);
  await soon(() => reference.windows()).toContain('Calculator');
  await soon(async () => inkOf(await reference.picture())).toBeGreaterThan(0.01);
  await besideTheButtons(viewer, reference);
  await expectSame(
    () => viewer.picture(),
    () => reference.picture(),
  );

  // The measure itself: an empty screen and another program are far away.
  const empty = await reference.picture();
  expect(differenceOf(blankLike(empty), empty)).toBeGreaterThan(0.9);
  await using other = await Screen.startReference(lan.bob, size);
  other.spawn(['xterm']);
  await soon(async () => inkOf(await other.picture())).toBeGreaterThan(0);
  expect(differenceOf(await other.picture(), empty)).toBeGreaterThan(0.5);

  await viewer.type('12+3=');
  await reference.run(['xdotool', 'type', '--delay', '30', '12+3=']);
  await soon(async () => differenceOf(await reference.picture(), empty)).toBeGreaterThan(0);
  await soon(async () => differenceOf(await viewer.picture(), empty)).toBeGreaterThan(0);
  await expectSame(
    () => viewer.picture(),
    () => reference.picture(),
    0.001,
  );
});

test('what is typed into a terminal is in the container’s home', async () => {
  const viewer = await open('xterm');
  await viewer.type('echo "hello from $USER" > said.txt\n');
  await soon(() => lan.bob.readInHome('said.txt')).toBe('hello from ebp\n');
  const before = await viewer.picture();
  await viewer.type('seq 1 20\n');
  await expect.poll(async () => differenceOf(await viewer.picture(), before)).toBeGreaterThan(0.3);
});

test('the program opens at the viewer’s size and follows it', async () => {
  const viewer = await open('measured');
  const size = await viewer.size();
  const picture = await viewer.picture();
  expect({ width: picture.width, height: picture.height }).toEqual(size);
  await soon(() => lan.bob.readInHome('root.txt')).toContain(`Width: ${size.width}\n  Height: ${size.height}`);

  await viewer.page.setViewportSize({ width: 720, height: 560 });
  await expect
    .poll(async () => {
      const { width, height } = await viewer.picture();
      return { width, height };
    })
    .toEqual({ width: 720, height: 520 });
  await using reference = await Screen.startReference(lan.bob, { width: 720, height: 520 });
  reference.spawn(['xcalc']);
  await soon(async () => inkOf(await reference.picture())).toBeGreaterThan(0.01);
  await besideTheButtons(viewer, reference);
  await expectSame(
    () => viewer.picture(),
    () => reference.picture(),
  );
});

test('the host ends it: gone there at once, and the visitor is told', async () => {
  const viewer = await open('xcalc');
  const bob = await lan.bob.mainPage();
  await expect(bob.sessions('host', 'running')).toContainText('Used by Alice');
  expect(sandboxProcesses('bob').join('\n')).toContain('xcalc');
  const end = await aimAt(bob.page.getByRole('button', { name: 'End xcalc (Alice)' }));
  await timed('revoked until gone', 1500, async () => {
    await end.click();
    await soon(() => sandboxProcesses('bob')).toEqual([]);
  });
  await expect(viewer.says('Bob ended it')).toBeVisible();
  await expect((await lan.alice.mainPage()).sessions('visitor', 'ended')).toContainText('Ended by Bob.');
});

test('End all ends every session', async () => {
  const first = await open('xcalc');
  const second = await open('xterm');
  const bob = await lan.bob.mainPage();
  await expect(bob.sessions('host', 'running')).toHaveCount(2);
  await bob.page.getByRole('button', { name: 'End all' }).click();
  await expect(first.says('Bob ended it')).toBeVisible();
  await expect(second.says('Bob ended it')).toBeVisible();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
});

test('the visitor disconnects: nothing of it runs on at the host', async () => {
  const viewer = await open('xcalc');
  const end = await aimAt(viewer.disconnect);
  await timed('disconnected until gone', 3000, async () => {
    await end.click();
    await soon(() => sandboxProcesses('bob')).toEqual([]);
  });
  await expect(viewer.says('Disconnected')).toBeVisible();
  await expect((await lan.bob.mainPage()).sessions('host', 'running')).toHaveCount(0);
});

test('closing the viewer’s window ends the session', async () => {
  const viewer = await open('xcalc');
  await timed('closed until gone', 3000, async () => {
    await viewer.close();
    await soon(() => sandboxProcesses('bob')).toEqual([]);
  });
  await expect((await lan.alice.mainPage()).sessions('visitor', 'running')).toHaveCount(0);
});

test('the program ends by itself: the session ends on both sides', async () => {
  const viewer = await open('xterm');
  await viewer.type('exit\n');
  await expect(viewer.says('xterm was closed')).toBeVisible();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  await expect((await lan.bob.mainPage()).sessions('host', 'running')).toHaveCount(0);
  await expect((await lan.alice.mainPage()).sessions('visitor', 'ended')).toContainText('The program was closed.');
});

test('only the peer port is open while a program is used', async () => {
  await open('xcalc');
  const core = await lan.bob.core();
  expect(openPorts('bob')).toEqual([core.read('self')?.peerPort]);
  expect(lan.bob.homes()).toHaveLength(1);
  expect(lan.bob.homes()[0]).toContain(join(lan.bob.profileDir, 'containers'));
});
