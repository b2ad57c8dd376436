// A computer of today and one of version 0.1 launch an application with each other, in both directions, and find back after a lost connection.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startXvfb } from '../../bench/computers.ts';
import { cutCable, mendCable, spawnOn } from '../../lab/hosts.ts';
import { sandboxProcesses } from '../../lab/processes.ts';
import { type FirstVersion, startFirstVersion, whyNoFirstVersion } from '../computers/first-version.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { inkOf } from '../computers/picture.ts';

const whyNot = whyNoFirstVersion();
test.skip(whyNot !== null, whyNot ?? '');

const apps = { xcalc: 'xcalc', xterm: 'xterm' };
const powers = {
  ...{ clipboardIn: false, clipboardOut: false, network: 'none', files: false },
  ...{ isViewOnly: false, timeLimitMin: null },
};
const lan = useLan({ alice: { hasScreen: true, apps } });
let bob: FirstVersion;

test.beforeAll(async ({ chromiums }) => {
  bob = await startFirstVersion('bob', chromiums, apps);
});
test.afterEach(() => mendCable('bob'));
test.afterAll(() => bob?.[Symbol.asyncDispose]());

/** The person at the computer of version 0.1 says yes. */
async function sayYesAtBob(): Promise<void> {
  await soon(() => bob.read('requests')?.length, 20_000).toBe(1);
  await bob.call('requests.answer', { requestId: bob.read('requests')[0].id, answer: 'allow' });
}

async function sessionAtBob(role: 'host' | 'visitor') {
  const find = () =>
    bob.read('sessions')?.find((one: { role: string; state: string }) => one.role === role && one.state === 'running');
  await soon(() => find() !== undefined, 20_000).toBe(true);
  return find();
}

/** The computer of version 0.1 asks for an application of today, and the person there says yes. */
async function askFromBob(offer: string, view: string) {
  const alice = await lan.alice.core();
  const peerId = alice.read('self')?.id;
  await soon(() => bob.read('peers')?.some(({ id }: { id: string }) => id === peerId), 20_000).toBe(true);
  await bob.call('asks.create', { peerId, offerId: `app:${offer}`, view, powers });
  await (await (await lan.alice.popup()).shown()).allow();
  return sessionAtBob('visitor');
}

test('today visits version 0.1 in the viewer, loses the connection, and goes on', async () => {
  test.setTimeout(120_000);
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xterm');
  await sayYesAtBob();
  await viewer.running();
  await viewer.type('echo before > two.txt\n');
  const typed = () => readdirSync(bob.homes).map((name) => read(join(bob.homes, name, 'home', 'two.txt')));
  await soon(typed).toEqual(['before\n']);

  cutCable('bob');
  await expect(viewer.says('Connection lost. Trying again…')).toBeVisible({ timeout: 30_000 });
  mendCable('bob');
  await expect(viewer.page.locator('html')).toHaveAttribute('data-viewer', 'running', { timeout: 30_000 });
  await viewer.type('echo after >> two.txt\n');
  await soon(typed).toEqual(['before\nafter\n']);
  await viewer.disconnect.click();
  await soon(() => sandboxProcesses('bob'), 15_000).toEqual([]);
  await expect((await lan.alice.mainPage()).sessions('visitor', 'running')).toHaveCount(0);
});

test('today visits version 0.1 with an SSH command', async () => {
  const alice = await lan.alice.mainPage();
  await alice.launchSshCommand('Bob', 'xcalc');
  await sayYesAtBob();
  const core = await lan.alice.core();
  const command = () => core.read('sessions')?.find(({ state }) => state === 'running')?.sshCommand?.command;
  await soon(command, 20_000).toMatch(/^ssh /);
  const { screen } = lan.alice;
  const ssh = lan.alice.run((command() ?? '').split(' '), { env: { DISPLAY: screen.display }, timeoutMs: 40_000 });
  await soon(() => screen.windows(), 20_000).toContain('Calculator');
  await soon(async () => inkOf(await screen.picture('Calculator'))).toBeGreaterThan(0.05);
  // The host ends it, and says so in words that today understands.
  await bob.call('sessions.end', { sessionId: (await sessionAtBob('host')).id });
  await ssh;
  await expect(alice.sessions('visitor', 'ended').first()).toContainText('Ended by Bob.');
  await soon(() => sandboxProcesses('bob')).toEqual([]);
});

test('version 0.1 visits today in the viewer, loses the connection, and goes on', async () => {
  test.setTimeout(120_000);
  const { id } = await askFromBob('xcalc', 'viewer');
  expect(await bob.seesDisplay(id)).toBe(true);
  const alice = await lan.alice.mainPage();
  await expect(alice.sessions('host', 'running')).toContainText('viewer');

  const state = () => bob.read('sessions').find((session: { id: string }) => session.id === id)?.state;
  cutCable('bob');
  await soon(state, 30_000).toBe('reconnecting');
  mendCable('bob');
  await soon(state, 30_000).toBe('running');
  expect(await bob.seesDisplay(id)).toBe(true);
  await bob.call('sessions.end', { sessionId: id });
  await soon(() => sandboxProcesses('alice'), 15_000).toEqual([]);
  await expect(alice.sessions('host')).toHaveCount(0);
});

test('version 0.1 visits today with an SSH command', async () => {
  await using display = await startXvfb('bob');
  const { id } = await askFromBob('xcalc', 'classic');
  const lineOf = () => bob.read('sessions').find((session: { id: string }) => session.id === id)?.classic?.command;
  await soon(lineOf).toBeDefined();
  const env = { ...process.env, DISPLAY: display.display };
  const ssh = spawnOn('bob', lineOf().split(' '), { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => ssh.once('exit', resolve));
  await soon(() => sandboxProcesses('alice').some((command) => /\bxcalc\b/.test(command)), 20_000).toBe(true);
  const alice = await lan.alice.mainPage();
  await expect(alice.sessions('host', 'running')).toContainText('SSH command');
  // The host takes it back, and version 0.1 understands why.
  await alice.page.getByRole('button', { name: 'End xcalc (Bob)' }).click();
  const over = () => bob.read('sessions').find((session: { id: string }) => session.id === id);
  await soon(() => [over()?.state, over()?.endReason]).toEqual(['ended', 'host']);
  await ended;
  await soon(() => sandboxProcesses('alice')).toEqual([]);
});

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
