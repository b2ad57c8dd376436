// What a grant lets visitor and program do: it is so, and not merely shown. Each power has a try without it, too.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, isInLab, spawnOn } from '../../lab/hosts.ts';
import { processesOf, sandboxProcesses } from '../../lab/processes.ts';
import type { Powers } from '../../src/contract/powers.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';
import { openSession } from '../computers/open-session.ts';
import type { Viewer } from '../pages/viewer.ts';

/** An address of the internet, as far as this network knows: neither private nor of its own. */
const INTERNET = '203.0.113.7';

/** Another, of a network into which Bob's computer comes later. */
const JOINED = '198.51.100.7';

/** The internet, Carol's and Bob's own address, Bob's loopback. */
const PLACES = isInLab() ? [INTERNET, JOINED, addressOf('carol', 4), addressOf('bob', 4), '127.0.0.1'] : [];
const reach = (place: string) => `timeout 1 bash -c 'cat </dev/tcp/${place}/8080'`;
/** Tells everybody at which address they have reached it. */
const SERVER = 'require("net").createServer((s) => s.end(s.localAddress + "\\n")).listen(8080, "0.0.0.0")';

const lan = useLan({
  alice: {},
  bob: {
    apps: {
      // Writes what is pasted in it, as soon as it changes.
      paste: `sh -c "while true; do xclip -o -selection clipboard >new.txt 2>/dev/null; mv new.txt pasted.txt; sleep 0.05; done & exec xterm -e cat"`,
      // Copies again and again: a display tells its viewers of a change, and not of what was there before them.
      copy: `sh -c "while true; do echo -n 'from the program' | xclip -selection clipboard; sleep 0.5; done & exec xcalc"`,
      // Tells what it reaches, again and again.
      online: `sh -c "while true; do (echo tried; ${PLACES.map(reach).join('; ')}) >new.txt 2>/dev/null; mv new.txt reached.txt; sleep 0.1; done & exec xcalc"`,
      typed: `xterm -e sh -c "exec cat >typed.txt"`,
    },
  },
});

const servers: ChildProcess[] = [];
test.beforeAll(() => {
  for (const address of [INTERNET, JOINED])
    execFileSync('ip', ['-n', 'carol', 'address', 'replace', `${address}/32`, 'dev', 'lo']);
  for (const host of ['carol', 'bob']) servers.push(spawnOn(host, [process.execPath, '-e', SERVER]));
});
test.afterAll(() => {
  for (const server of servers) server.kill('SIGKILL');
});

test.afterEach(async () => {
  await (await lan.bob.core()).call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  await expect.poll(() => sandboxProcesses('bob')).toEqual([]);
});

/** The part of a page's world that is used here: this is not a world with a DOM. */
interface Clipboards {
  readonly clipboard: { writeText(text: string): Promise<void>; readText(): Promise<string> };
}

const open = (app: string, asked: Partial<Powers>, given: Partial<Powers> = asked) =>
  openSession(lan.alice, lan.bob, app, asked, given);

/** A file in the home of Alice’s container at Bob. */
async function homeFile(name: string): Promise<string> {
  const home = (await lan.bob.core()).read('containers')?.[0]?.homePath ?? '';
  try {
    return readFileSync(join(home, name), 'utf8');
  } catch {
    return '';
  }
}

async function setClipboard(viewer: Viewer, text: string): Promise<void> {
  await viewer.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await viewer.page.bringToFront();
  await viewer.page.evaluate((value) => (navigator as unknown as Clipboards).clipboard.writeText(value), text);
}

async function readClipboard(viewer: Viewer): Promise<string> {
  await viewer.page.bringToFront();
  return viewer.page.evaluate(() => (navigator as unknown as Clipboards).clipboard.readText());
}

async function pressPaste(viewer: Viewer): Promise<void> {
  await viewer.screen.locator('canvas').first().focus();
  await viewer.page.keyboard.press('Control+Shift+V');
}

test('what is pasted in the window reaches the program, and nothing before', async () => {
  const { viewer } = await open('paste', { clipboardIn: true });
  await setClipboard(viewer, 'from Alice');
  await nothingHappens(500, () => homeFile('pasted.txt'), '');
  await pressPaste(viewer);
  await soon(() => homeFile('pasted.txt')).toBe('from Alice');
});

test('quick fingers paste as well: the keys are up again before the text is there', async () => {
  const { viewer } = await open('typed', { clipboardIn: true });
  await setClipboard(viewer, 'from Alice\n');
  await viewer.screen.locator('canvas').first().focus();
  await viewer.page.keyboard.press('Shift+Insert');
  await soon(() => homeFile('typed.txt')).toBe('from Alice\n');
});

test('without the power nothing that is pasted reaches the program, not even from a viewer that sends it', async () => {
  const { viewer, atHost } = await open('paste', { clipboardIn: true, clipboardOut: true }, { clipboardOut: true });
  // What was pasted in it before is gone with the display.
  await soon(() => homeFile('pasted.txt')).toBe('');
  await setClipboard(viewer, 'secret');
  await pressPaste(viewer);
  await nothingHappens(500, () => homeFile('pasted.txt'), '');
  expect((await lan.bob.core()).read('sessions')?.find(({ id }) => id === atHost)?.powers.clipboardIn).toBe(false);
});

test('what is copied in the program comes to the visitor’s clipboard', async () => {
  const { viewer } = await open('copy', { clipboardOut: true });
  await setClipboard(viewer, 'mine');
  await soon(() => readClipboard(viewer)).toBe('from the program');
});

test('the clipboard out of the program, taken away at the answer or while it runs, stays closed', async () => {
  for (const isAtAnswer of [true, false]) {
    const asked = { clipboardOut: true };
    const { viewer, atHost } = await open('copy', asked, isAtAnswer ? {} : asked);
    if (!isAtAnswer) {
      await soon(() => readClipboard(viewer)).toBe('from the program');
      const mark = viewer.page.getByText('What is copied in the program comes to your clipboard.');
      await expect(mark).toBeAttached();
      await (await lan.bob.core()).call('sessions.narrow', { sessionId: atHost, powers: noPowers });
      // Until then the viewer may take what had left before.
      await expect(mark).toHaveCount(0);
    }
    await setClipboard(viewer, 'mine');
    // It copies twice a second.
    await nothingHappens(1200, () => readClipboard(viewer), 'mine');
    await viewer.close();
    await (await lan.bob.core()).call('sessions.endAll', {});
  }
});

test('who may only watch cannot type, from the beginning or from when it is taken away', async () => {
  const { viewer, atHost } = await open('typed', {});
  await viewer.type('one\n');
  await soon(() => homeFile('typed.txt')).toBe('one\n');
  const powers = { ...noPowers, isViewOnly: true };
  await (await lan.bob.core()).call('sessions.narrow', { sessionId: atHost, powers });
  await expect(viewer.page.getByText('You can only watch:')).toBeAttached();
  await viewer.type('two\n');
  await nothingHappens(500, () => homeFile('typed.txt'), 'one\n');
  // It cannot be given back by asking the host's core for more.
  const wider = (await lan.bob.core()).call('sessions.narrow', { sessionId: atHost, powers: noPowers });
  await expect(wider).rejects.toMatchObject({ code: 'bad-input' });
});

test('a program with the internet reaches it, and nothing of the owner’s networks; taken away, it is gone', async () => {
  const { viewer, atHost } = await open('online', { network: 'internet' });
  await soon(() => homeFile('reached.txt')).toBe(`tried\n${INTERNET}\n${JOINED}\n`);
  // Again and again: no single try gets through to anything else.
  const elsewhere = async () =>
    (await homeFile('reached.txt')).split('\n').filter((line) => !['', 'tried', INTERNET, JOINED].includes(line));
  await nothingHappens(1000, elsewhere, []);
  await (await lan.bob.core()).call('sessions.narrow', { sessionId: atHost, powers: noPowers });
  await soon(() => homeFile('reached.txt')).toBe('tried\n');
  expect(await viewer.page.locator('html').getAttribute('data-viewer')).toBe('running');
});

for (const [what, join, leave] of [
  [
    'a cable is put into it',
    ['address', 'add', '198.51.100.1/24', 'dev', 'late'],
    ['address', 'del', '198.51.100.1/24', 'dev', 'late'],
  ],
  [
    'a VPN brings a route',
    ['route', 'add', '198.51.100.0/25', 'dev', 'late'],
    ['route', 'del', '198.51.100.0/25', 'dev', 'late'],
  ],
] as const)
  test(`a network into which the computer comes while a program has the internet is closed off within a second: ${what}`, async () => {
    await open('online', { network: 'internet' });
    await soon(() => homeFile('reached.txt')).toBe(`tried\n${INTERNET}\n${JOINED}\n`);
    // A cable to Carol alone. On the LAN Bob would tell everybody this card for his address, and be lost to Alice for some 13 s
    // once it is gone, until her computer asks again.
    execFileSync('ip', ['-n', 'carol', 'link', 'add', 'far', 'type', 'veth', 'peer', 'name', 'late', 'netns', 'bob']);
    try {
      execFileSync('ip', ['-n', 'carol', 'link', 'set', 'far', 'up']);
      execFileSync('ip', ['-n', 'bob', 'link', 'set', 'late', 'up']);
      execFileSync('ip', ['-n', 'bob', ...join]);
      // Bob's own programs reach it there, in a moment.
      await soon(async () => (await lan.bob.run(['bash', '-c', reach(JOINED)])).out).toBe(`${JOINED}\n`);
      await soon(() => homeFile('reached.txt'), 2500).toBe(`tried\n${INTERNET}\n`);
      execFileSync('ip', ['-n', 'bob', ...leave]);
    } finally {
      execFileSync('ip', ['-n', 'carol', 'link', 'del', 'far']);
    }
  });

test('without the internet a program reaches nothing', async () => {
  await open('online', { network: 'internet' }, {});
  await soon(() => homeFile('reached.txt')).toBe('tried\n');
  await nothingHappens(1000, () => homeFile('reached.txt'), 'tried\n');
});

test('a time limit is shown and ends the session on both sides', async () => {
  const { viewer, atHost } = await open('typed', { timeLimitMin: 60 });
  await expect(viewer.page.getByText(/It ends by itself in 1 hr/)).toBeAttached();
  const bob = await lan.bob.core();
  expect(bob.read('sessions')?.find(({ id }) => id === atHost)?.endsAt).toBeGreaterThan(Date.now() + 59 * 60_000);
});

test('a core that is killed takes the internet of its programs along', async () => {
  const { viewer } = await open('online', { network: 'internet' });
  const ofSandbox = () => processesOf('bob').filter((command) => /pasta|bwrap|xcalc/.test(command));
  expect(ofSandbox().join('\n')).toContain('pasta');
  await lan.bob.kill();
  await soon(() => [...ofSandbox(), ...sandboxProcesses('bob')]).toEqual([]);
  await viewer.close();
  await lan.bob.start();
});
