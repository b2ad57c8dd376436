// What happens when things break: the cable, the core, a file.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cutCable, folderOf, mendCable } from '../../lab/hosts.ts';
import { openPorts, processesOf, sandboxProcesses, sleepOn } from '../../lab/processes.ts';
import type { Client } from '../../src/contract/client.ts';
import type { SessionId } from '../../src/contract/ids.ts';
import { expect, soon, test, timed, toggle, useLan } from '../computers/fixtures.ts';
import { differenceOf } from '../computers/picture.ts';
import type { Viewer } from '../pages/viewer.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' } } });

async function open(app: string): Promise<Viewer> {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', app);
  await (await (await lan.bob.popup()).shown()).allow();
  return viewer.running();
}

function isOnline(core: Client, name: string): boolean {
  return core.read('peers')?.some((peer) => peer.name === name && peer.presence === 'online') === true;
}

function sshSessionOf(core: Client): SessionId {
  const session = core.read('sessions')?.find(({ view }) => view === 'ssh-command');
  if (session === undefined) throw new Error('there is no session for an SSH client');
  return session.id;
}

/**
 * A page that slept believes for a moment after waking up that its connection is there: what is typed then is lost, as it
 * is for a person, who sees so and types it again.
 */
async function typeUntilThere(viewer: Viewer, word: string): Promise<void> {
  await expect(async () => {
    await viewer.type(`echo ${word} > ${word}.txt\n`);
    await soon(() => lan.bob.readInHome(`${word}.txt`), 3000).toBe(`${word}\n`);
  }).toPass({ timeout: 20_000 });
}

test.afterEach(() => mendCable('bob'));

test('the cable is cut and put back: the program goes on where it was', async () => {
  test.setTimeout(120_000);
  const viewer = await open('xterm');
  await viewer.type('echo before > cable.txt\n');
  await soon(() => lan.bob.readInHome('cable.txt')).toBe('before\n');
  const picture = await viewer.picture();

  cutCable('bob');
  await timed('cut until said', 30_000, () =>
    expect(viewer.says('Connection lost. Trying again…')).toBeVisible({ timeout: 30_000 }),
  );
  // The last picture stays, so that the person sees what they were at.
  expect(differenceOf(await viewer.picture(), picture)).toBeLessThan(0.2);
  expect(sandboxProcesses('bob').join('\n')).toContain('xterm');
  mendCable('bob');
  await timed('mended until live', 30_000, () =>
    expect(viewer.page.locator('html')).toHaveAttribute('data-viewer', 'running', { timeout: 30_000 }),
  );
  await viewer.type('echo after >> cable.txt; seq 1 30\n');
  await soon(() => lan.bob.readInHome('cable.txt')).toBe('before\nafter\n');
  await expect.poll(async () => differenceOf(await viewer.picture(), picture)).toBeGreaterThan(0.3);
  await viewer.disconnect.click();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
});

/** Longer than the keepalive of a connection (8 s), and longer than a silent computer is shown as online (17 s). */
const SLEEP_MS = 25_000;

test('the host sleeps and wakes up: the program goes on, the SSH port answers, both see each other', async () => {
  test.setTimeout(180_000);
  const viewer = await open('xterm');
  const alice = await lan.alice.mainPage();
  await alice.launchSshCommand('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  const core = await lan.alice.core();
  const sshCommand = () => core.read('sessions')?.find(({ view }) => view === 'ssh-command')?.sshCommand;
  await soon(() => sshCommand()?.port).toBeDefined();

  const wake = sleepOn('bob');
  try {
    const asleepSince = performance.now();
    await expect(viewer.says('Connection lost. Trying again…')).toBeVisible({ timeout: 20_000 });
    await soon(() => isOnline(core, 'Bob'), 30_000).toBe(false);
    await sleep(Math.max(0, SLEEP_MS - (performance.now() - asleepSince)));
  } finally {
    wake();
  }
  await timed('awake until live', 20_000, () =>
    expect(viewer.page.locator('html')).toHaveAttribute('data-viewer', 'running', { timeout: 20_000 }),
  );
  await typeUntilThere(viewer, 'awake');
  await soon(() => isOnline(core, 'Bob'), 20_000).toBe(true);
  const bobsCore = await lan.bob.core();
  await soon(() => isOnline(bobsCore, 'Alice'), 20_000).toBe(true);
  // Where its own command leads: the two may have met over either family.
  const address = /ebp@(\S+)/.exec(sshCommand()?.command ?? '')?.[1] ?? '';
  const target = address.includes(':') ? `TCP6:[${address}]` : `TCP4:${address}`;
  const greeting = `timeout 5 socat -u ${target}:${sshCommand()?.port} - | head -c 8`;
  await soon(async () => (await lan.alice.run(['sh', '-c', greeting])).out, 20_000).toBe('SSH-2.0-');
  await viewer.disconnect.click();
  await core.call('sessions.end', { sessionId: sshSessionOf(core) });
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
});

test('the visitor sleeps and wakes up: the host says that it is away, and the program goes on', async () => {
  test.setTimeout(180_000);
  const viewer = await open('xterm');
  const bob = await lan.bob.mainPage();
  const core = await lan.bob.core();
  const wake = sleepOn('alice');
  try {
    const asleepSince = performance.now();
    await expect(bob.sessions('host').first()).toContainText('Connection lost', { timeout: 20_000 });
    await soon(() => isOnline(core, 'Alice'), 30_000).toBe(false);
    await sleep(Math.max(0, SLEEP_MS - (performance.now() - asleepSince)));
  } finally {
    wake();
  }
  await timed('awake until live', 20_000, () =>
    expect(bob.sessions('host', 'running')).toHaveCount(1, { timeout: 20_000 }),
  );
  await expect(viewer.page.locator('html')).toHaveAttribute('data-viewer', 'running', { timeout: 20_000 });
  await typeUntilThere(viewer, 'again');
  await soon(() => isOnline(core, 'Alice'), 20_000).toBe(true);
  await viewer.disconnect.click();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
});

test('the host’s core is killed: nothing of it is left, the visitor is told, and it starts again', async () => {
  test.setTimeout(90_000);
  const core = await lan.bob.core();
  await core.call('settings.update', { answerTimeoutS: 77 });
  const viewer = await open('xterm');
  await viewer.type('(setsid sleep 4000 &) ; echo kept > kept.txt\n');
  await soon(() => lan.bob.readInHome('kept.txt')).toBe('kept\n');
  // A second one only being prepared, at the moment of the kill.
  const alice = await lan.alice.mainPage();
  const waiting = await alice.openViewer(() => alice.app('xcalc').click());
  await (await lan.bob.popup()).shown();

  await lan.bob.kill();
  await timed('killed until gone', 3000, () => soon(() => sandboxProcesses('bob')).toEqual([]));
  expect(openPorts('bob')).toEqual([]);
  await expect(viewer.says(/Connection lost|was lost|ended it/)).toBeVisible({ timeout: 20_000 });
  await expect(waiting.says(/could not be opened|cannot be reached|Cancelled/)).toBeVisible({ timeout: 20_000 });

  await lan.bob.restart();
  expect(leftovers()).toEqual([]);
  expect(unreadable(lan.bob.profileDir)).toEqual([]);
  expect(processesOf('bob').filter((command) => /Xvnc|socat|sshd|xterm|xcalc/.test(command))).toEqual([]);
  expect((await lan.bob.core()).read('settings')?.answerTimeoutS).toBe(77);
  expect(lan.bob.readInHome('kept.txt')).toBe('kept\n');
  await expect((await lan.bob.mainPage()).sessions('host')).toHaveCount(0);
  await expect(viewer.says(/was lost|session is over|ended it/)).toBeVisible({ timeout: 30_000 });
  await viewer.page.close();
  await waiting.page.close();

  // And it works as before.
  await (await alice.page.getByRole('button', { name: 'eBrainPool, start page' })).click();
  const again = await open('xcalc');
  await again.disconnect.click();
});

test('the visitor’s core is killed: the host gives up its program, and the visitor can start again', async () => {
  test.setTimeout(200_000);
  await open('xcalc');
  await lan.alice.kill();
  await soon(() => processesOf('alice').filter((command) => /main\.ts|main\.js/.test(command))).toEqual([]);
  const bob = await lan.bob.mainPage();
  // The person there sees it at once and can end it; by itself it ends when the visitor stays away.
  await expect(bob.sessions('host').first()).toContainText('Connection lost', { timeout: 15_000 });
  await lan.alice.restart();
  await bob.page.getByRole('button', { name: 'End xcalc (Alice)' }).click();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  const again = await open('xcalc');
  await again.disconnect.click();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
});

test('settings survive a restart', async () => {
  const bob = await lan.bob.mainPage();
  await bob.goToSettings('Sharing');
  await toggle(bob.page.getByRole('switch', { name: 'Prepare while you read' }));
  await soon(() => lan.bob.readSettings().isWarmUp).toBe(false);
  await lan.bob.restart();
  const after = await lan.bob.mainPage();
  await after.goToSettings('Sharing');
  await expect(after.page.getByRole('switch', { name: 'Prepare while you read' })).not.toBeChecked();
});

test('a damaged settings file is kept aside and said', async () => {
  await lan.bob.stop();
  writeFileSync(lan.bob.settingsPath, '{"name": "Bob", "isSetUp": true, "isWarmUp":');
  await lan.bob.start();
  const kept = readdirSync(lan.bob.profileDir).filter((name) => name.startsWith('settings.json.damaged-'));
  expect(kept).toHaveLength(1);
  expect(readFileSync(join(lan.bob.profileDir, kept[0] ?? ''), 'utf8')).toBe(
    '{"name": "Bob", "isSetUp": true, "isWarmUp":',
  );
  // What was lost is asked for again, and the file is named there.
  const { page } = await lan.bob.mainPage();
  await expect(page.getByText(kept[0] ?? '')).toBeVisible();
  const status = await lan.bob.cli('status');
  expect(status.out).toContain(kept[0] ?? '');
});

/** What sandboxes left below the folder for sockets. */
function leftovers(): readonly string[] {
  const base = join(folderOf('bob', 'run'), 'ebrainpool');
  if (!existsSync(base)) return [];
  return readdirSync(base).flatMap((name) => {
    const folder = join(base, name, 's');
    return existsSync(folder) ? readdirSync(folder).map((sandbox) => join(folder, sandbox)) : [];
  });
}

/** JSON files of the profile that are not whole, and files that were only being written. */
function unreadable(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === 'home' || name === 'electron') return [];
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return unreadable(path);
    if (/\.(tmp|new)$/.test(name)) return [path];
    if (!name.endsWith('.json')) return [];
    try {
      JSON.parse(readFileSync(path, 'utf8'));
      return [];
    } catch {
      return [path];
    }
  });
}
