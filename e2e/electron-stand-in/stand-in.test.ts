// Every line of src/main and src/preload that a person meets, run on the stand-in with a core that does as it is told.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ARMING_MS } from '../../src/contract/arming.ts';
import { type TopicName, topics } from '../../src/contract/contract.ts';
import { makeAsk, makeRequest, makeSession, uuid } from './fixture/topics.ts';
import { launchStandIn, type StandIn } from './launch.ts';
import type { KeyStore } from './safe-storage.ts';

interface PageTest {
  topics: Record<string, unknown>;
  answers: { id: number; result?: unknown; error?: { data: unknown } }[];
  display: { stream: number; kind: string; bytes?: Uint8Array; problem?: unknown }[];
  portsGiven: number;
  isUint8Array: boolean;
  contract: { postMessage(message: unknown): void };
  displays: { postMessage(message: unknown): void };
}
/** Of the page that `page.evaluate` runs in. */
declare const test: PageTest;
// biome-ignore lint/suspicious/noExplicitAny: the DOM of the page, whose types this world does not have
declare const window: any;

let buildDir = '';
let folder = '';
let told: { event: string; data: unknown }[] = [];
let shell: StandIn;

const launch = async (env: Record<string, string> = {}, args: string[] = []) =>
  launchStandIn({
    main: join(import.meta.dirname, 'fixture', 'main.ts'),
    args: ['--profile', join(folder, 'profile'), ...args],
    env: { FIXTURE_PRELOAD: join(buildDir, 'preload.cjs'), ...env },
    onLine: (line) => {
      if (line.startsWith('FAKE-CORE ')) told.push(JSON.parse(line.slice(10)));
    },
  });
const set = (topic: TopicName, value: unknown) =>
  shell.process.stdin?.write(`${JSON.stringify({ set: topic, value })}\n`);
const calls = (event: string) => told.filter((item) => item.event === event).map(({ data }) => data);
const windows = async (query: string) =>
  (await shell.control.send('windows')).filter(({ url }) => url === `app://ebp/${query}`);
const until = <T>(check: () => Promise<T> | T) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
const armed = () => new Promise((resolve) => setTimeout(resolve, ARMING_MS + 50));
const hasPorts = (page: Page) =>
  until(async () =>
    expect(await page.evaluate(() => Object.keys(test.topics).length)).toBe(Object.keys(topics).length),
  );

beforeAll(async () => {
  buildDir = await mkdtemp(join(tmpdir(), 'ebp-preload-'));
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: buildDir,
      emptyOutDir: true,
      minify: false,
      lib: { entry: 'src/preload/preload.ts', formats: ['cjs'], fileName: () => 'preload.cjs' },
      rollupOptions: { external: ['electron'] },
    },
  });
});
afterAll(() => rm(buildDir, { recursive: true, force: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-shell-'));
  told = [];
});
afterEach(async () => {
  await shell?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('the Electron shell on the stand-in', { timeout: 40_000 }, () => {
  it('opens a hardened main window whose page gets contract and displays', async () => {
    shell = await launch();
    expect(shell.lines[0]).toContain('this is not Electron');
    const page = await shell.page('');
    await hasPorts(page);
    await until(async () => expect((await windows(''))[0]?.isVisible).toBe(true));

    const [main] = await windows('');
    expect(main?.options['webPreferences']).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
    });
    expect(calls('created')).toEqual([
      { profileDir: join(folder, 'profile'), shell: 'electron', version: expect.any(String), secrets: {} },
    ]);

    // A method goes out and its answer comes back; input is checked.
    await page.evaluate(() => {
      test.contract.postMessage({ jsonrpc: '2.0', id: 7, method: 'health.check', params: {} });
      test.contract.postMessage({ jsonrpc: '2.0', id: 8, method: 'peers.add', params: { address: 7 } });
    });
    await until(async () => expect(await page.evaluate(() => test.answers.length)).toBe(2));
    const answers = await page.evaluate(() => test.answers);
    expect(answers[0]).toEqual({ jsonrpc: '2.0', id: 7, result: {} });
    expect(answers[1]?.error?.data).toMatchObject({ code: 'bad-input' });

    // A display carries bytes both ways, exactly.
    await page.evaluate(() => {
      test.displays.postMessage({ stream: 1, kind: 'open', sessionId: '00000000-0000-4000-8000-000000000001' });
      test.displays.postMessage({ stream: 2, kind: 'open', sessionId: 'ffffffff-0000-4000-8000-000000000001' });
    });
    await until(async () => expect(await page.evaluate(() => test.display.length)).toBe(2));
    expect(await page.evaluate(() => test.display)).toEqual([
      { stream: 1, kind: 'opened' },
      { stream: 2, kind: 'close', problem: { code: 'not-found', params: { what: 'session' } } },
    ]);
    await page.evaluate(() =>
      test.displays.postMessage({ stream: 1, kind: 'data', bytes: Uint8Array.from({ length: 256 }, (_, i) => i) }),
    );
    await until(async () => expect(await page.evaluate(() => test.display.length)).toBe(3));
    const echo = await page.evaluate(() => [...(test.display[2]?.bytes ?? [])]);
    expect(echo).toEqual(Array.from({ length: 256 }, (_, i) => i));
    expect(await page.evaluate(() => test.isUint8Array)).toBe(true);

    // A page that asks again gets new ports, and the ones before are closed.
    await page.evaluate(() => window.postMessage('ebrainpool-ready', window.location.origin));
    await until(async () => expect(await page.evaluate(() => test.portsGiven)).toBe(2));
    await until(() => expect(calls('display closed')).toHaveLength(1));
    await until(() => expect(calls('detached')).toHaveLength(1));

    // A reload gets new ports; the old ones end with the document that had them.
    await page.reload();
    await hasPorts(page);
    await until(() => expect(calls('detached')).toHaveLength(2));
  });

  it('refuses navigation, foreign windows, inline scripts and the network', async () => {
    shell = await launch();
    const page = await shell.page('');
    await hasPorts(page);
    const address = page.url();

    await page.click('#away', { noWaitAfter: true });
    await page.evaluate(() => {
      window.location.href = 'https://elsewhere.test/';
    });
    await page.evaluate(() => {
      window.location.href = '/icons/nothing';
    });
    await page.waitForTimeout(300);
    expect(page.url()).toBe(address);

    for (const url of ['https://elsewhere.test/', '/', '/?window=popup', '/index.html?window=viewer', 'about:blank']) {
      expect(await page.evaluate((target) => window.open(target) === null, url), url).toBe(true);
    }
    expect(shell.context.pages()).toHaveLength(2);
    expect(await page.evaluate(() => window.didInlineScriptRun)).toBeUndefined();
    const fetched = await page.evaluate(() =>
      window.fetch('https://elsewhere.test/').then(
        () => 'fetched',
        () => 'refused',
      ),
    );
    expect(fetched).toBe('refused');

    // The page has no way to Electron or Node, and only the permissions that it needs.
    expect(
      await page.evaluate(() => [typeof window.require, typeof window.process, typeof window.ipcRenderer]),
    ).toEqual(['undefined', 'undefined', 'undefined']);
    const permission = (name: string) =>
      page.evaluate(async (n) => (await window.navigator.permissions.query({ name: n })).state, name);
    expect(await permission('geolocation')).toBe('denied');
    // The camera, in the main window; a device that is not there is not refused.
    expect(await permission('camera')).toBe('granted');
    expect(await permission('microphone')).toBe('denied');
    const media = (constraints: object) =>
      page.evaluate(async (wanted) => {
        try {
          return (await window.navigator.mediaDevices.getUserMedia(wanted)).getTracks().length;
        } catch (error) {
          return (error as Error).name;
        }
      }, constraints);
    expect(await media({ video: true })).toBe('NotFoundError');
    expect(await media({ audio: true })).toBe('NotAllowedError');
    expect(await media({ video: true, audio: true })).toBe('NotAllowedError');
    expect(await permission('clipboard-read')).toBe('granted');
    expect(await permission('clipboard-write')).toBe('granted');

    const response = await page.evaluate(async () => {
      const answer = await window.fetch('/');
      return [answer.status, answer.headers.get('content-security-policy')];
    });
    expect(response[0]).toBe(200);
    expect(response[1]).toContain("default-src 'self'");
    expect(response[1]).toContain("script-src 'self'");
    const statuses = await page.evaluate(
      async (good) => {
        const paths = ['/..%2f..%2fpackage.json', '/%2e%2e/main.ts', '/icons/../index.html/', '/icons/zz', good];
        return Promise.all(paths.map(async (path) => (await window.fetch(path)).status));
      },
      `/icons/${'a'.repeat(64)}`,
    );
    expect(statuses).toEqual([404, 404, 404, 404, 200]);

    // In the tray nobody sees that the camera is on.
    const [main] = await windows('');
    await shell.control.send('closeWindow', { id: main?.id ?? 0 });
    expect((await windows(''))[0]?.isVisible).toBe(false);
    expect(await media({ video: true })).toBe('NotAllowedError');

    // Not even when our own code were to ask for it.
    await expect(shell.control.send('visit', { id: main?.id ?? 0, url: 'https://elsewhere.test/' })).rejects.toThrow(
      'ERR_BLOCKED_BY_CLIENT',
    );
  });

  it('gives no ports to a page of another origin', async () => {
    shell = await launch();
    const page = await shell.page('');
    await hasPorts(page);
    const attached = calls('attached').length;
    const [main] = await windows('');
    // As if a hole had let a foreign document into one of our windows, preload and all: one of no origin, and an icon.
    for (const url of ['data:text/html,<title>elsewhere</title>', `app://ebp/icons/${'a'.repeat(64)}`]) {
      await shell.control.send('visit', { id: main?.id ?? 0, url });
      await page.waitForURL(url.replace('app://ebp', 'https://ebp.app.test'));
      await page.evaluate(() => window.postMessage('ebrainpool-ready', '*'));
      await page.waitForTimeout(300);
      expect(calls('attached')).toHaveLength(attached);
    }
    await shell.control.send('visit', { id: main?.id ?? 0, url: 'app://ebp/' });
    await until(() => expect(calls('attached')).toHaveLength(attached + 1));
  });

  it('shows the pop-up without taking the focus, and hides it when nothing waits', async () => {
    shell = await launch();
    await hasPorts(await shell.page(''));
    const page = await shell.page('?window=popup');
    await hasPorts(page);
    await until(async () => expect((await windows(''))[0]?.isFocused).toBe(true));
    expect((await windows('?window=popup'))[0]).toMatchObject({ isVisible: false, isAlwaysOnTop: true, calls: [] });

    set('requests', [makeRequest(1)]);
    await until(async () => expect((await windows('?window=popup'))[0]?.isVisible).toBe(true));
    const [popup] = await windows('?window=popup');
    expect(popup).toMatchObject({ isFocused: false, calls: ['showInactive'] });
    expect((await windows(''))[0]?.isFocused).toBe(true);
    expect(popup?.options).toMatchObject({ width: 420, height: 520, resizable: false, alwaysOnTop: true });
    // The page hears of it over its own port, maybe after the window was shown.
    await until(async () => expect(await page.evaluate(() => (test.topics['requests'] as unknown[]).length)).toBe(1));
    const [notification] = await shell.control.send('notifications');
    expect(notification).toMatchObject({ isShown: true, title: 'Bob & Co asks for xcalc' });

    // Closing it is no answer; the next request brings it back.
    await page.evaluate(() => Object.assign(window, { isOld: true }) && null);
    await shell.control.send('closeWindow', { id: popup?.id ?? 0 });
    expect((await windows('?window=popup'))[0]?.isVisible).toBe(false);
    expect(calls('requests.answer')).toEqual([]);
    // It is loaded anew, so that nothing that was open in it lies above the next request.
    await until(async () => expect(await page.evaluate(() => 'isOld' in window)).toBe(false));
    await hasPorts(page);
    set('requests', [makeRequest(1), makeRequest(2, { warning: 'name-of-another' })]);
    await until(async () => expect((await windows('?window=popup'))[0]?.isVisible).toBe(true));
    const titles = (await shell.control.send('notifications')).map(({ title }) => title);
    expect(titles[1]).toBe('Bob & Co (not the one that you know) asks for xcalc');
    // The page may hide it too.
    await page.evaluate(() => void setTimeout(() => window.close()));
    await until(async () => expect((await windows('?window=popup'))[0]?.isVisible).toBe(false));
    await shell.control.send('clickNotification', { index: 0 });
    await until(async () => expect((await windows('?window=popup'))[0]?.isFocused).toBe(true));

    set('requests', []);
    await until(async () => expect((await windows('?window=popup'))[0]?.isVisible).toBe(false));
    expect((await shell.control.send('notifications')).map(({ isShown }) => isShown)).toEqual([false, false]);

    set('settings', { ...(await settings()), hasNotifications: false });
    set('requests', [makeRequest(3)]);
    await until(async () => expect((await windows('?window=popup'))[0]?.isVisible).toBe(true));
    expect(await shell.control.send('notifications')).toHaveLength(2);
  });

  it('answers, ends and pauses from the tray', async () => {
    shell = await launch();
    await hasPorts(await shell.page(''));
    const tray = () => shell.control.send('tray');
    await until(async () => expect((await tray())?.image).toMatch(/idle-22\.png$/));
    expect((await tray())?.isImageThere).toBe(true);

    set('sessions', [
      makeSession(5),
      makeSession(6, { role: 'visitor', isVerified: false }),
      makeSession(7, { state: 'ended' }),
    ]);
    await until(async () => expect((await tray())?.image).toMatch(/in-use-22\.png$/));
    set('requests', [makeRequest(1), makeRequest(2)]);
    await until(async () => expect((await tray())?.image).toMatch(/waiting-22\.png$/));
    expect((await tray())?.toolTip).toContain('2 requests');
    expect((await tray())?.menu.map(({ label, type }) => (type === 'separator' ? '-' : label))).toEqual([
      'Bob && Co asks for xcalc',
      'Bob && Co asks for xcalc',
      '-',
      'Bob && Co uses xcalc',
      'xcalc on Bob && Co (not verified)',
      '-',
      'Pause sharing',
      'Do not disturb',
      'Open eBrainPool',
      '-',
      'Quit eBrainPool',
    ]);
    // A menu that has just been drawn may have moved under the pointer.
    const yes = { path: ['Bob && Co asks for xcalc', 'Allow once'] };
    await shell.control.send('clickMenu', yes);
    await armed();
    expect(calls('requests.answer')).toEqual([]);
    await shell.control.send('clickMenu', yes);
    await until(() =>
      expect(calls('requests.answer')).toEqual([{ requestId: uuid(1), answer: 'allow', lasts: 'once' }]),
    );
    await until(async () => expect((await tray())?.toolTip).toContain('a request'));
    await armed();
    await shell.control.send('clickMenu', { path: ['Bob && Co asks for xcalc', 'Deny'] });
    await until(() =>
      expect(calls('requests.answer')).toContainEqual({ requestId: uuid(2), answer: 'deny', lasts: 'once' }),
    );
    await shell.control.send('clickMenu', { path: ['Bob && Co uses xcalc', 'End'] });
    await until(() => expect(calls('sessions.end')).toEqual([{ sessionId: uuid(5) }]));

    set('sessions', []);
    await shell.control.send('clickMenu', { path: ['Pause sharing'] });
    await until(async () => expect((await tray())?.image).toMatch(/paused-22\.png$/));
    expect((await tray())?.menu.find(({ label }) => label === 'Pause sharing')?.isChecked).toBe(true);
    expect(calls('settings.update')).toEqual([{ isPaused: true }]);
  });

  it('keeps running in the tray when the main window is closed, and opens it again', async () => {
    shell = await launch();
    await hasPorts(await shell.page(''));
    const isVisible = (expected: boolean) =>
      until(async () => expect((await windows(''))[0]?.isVisible).toBe(expected));
    await isVisible(true);
    const close = async () => shell.control.send('closeWindow', { id: (await windows(''))[0]?.id ?? 0 });
    await until(async () => expect(await shell.control.send('tray')).not.toBeNull());
    await close();
    await isVisible(false);
    expect((await shell.control.send('notifications')).map(({ title }) => title)).toEqual(['eBrainPool keeps running']);
    await shell.control.send('clickMenu', { path: ['Open eBrainPool'] });
    await isVisible(true);
    await close();
    expect(await shell.control.send('notifications')).toHaveLength(1);
    await shell.control.send('clickTray');
    await isVisible(true);
    await close();

    // A second start with the same profile hands over to the first and ends at once.
    const second = await launch().catch((error: Error) => error.message);
    expect(second).toContain('ended with 0');
    await isVisible(true);
    expect(calls('created')).toHaveLength(1);
  });

  it('opens viewers for its own page and ends what a closed viewer stood for', async () => {
    shell = await launch();
    const main = await shell.page('');
    await hasPorts(main);
    await main.evaluate((id) => {
      window.opened = window.open(`/?window=viewer&ask=${id}`, 'one', 'popup,width=640,height=480');
    }, uuid(1));
    const viewer = await shell.page('?window=viewer');
    await hasPorts(viewer);
    const [window1] = await windows(`?window=viewer&ask=${uuid(1)}`);
    expect(window1).toMatchObject({ isVisible: true, isFocused: true, bounds: { width: 640, height: 480 } });
    expect(await viewer.evaluate(() => [window.innerWidth, window.innerHeight])).toEqual([640, 480]);
    expect(await main.evaluate(() => window.opened.closed)).toBe(false);
    // Only a page itself gets its ports anew, not because another window says so.
    await viewer.evaluate(() => window.opener.postMessage('ebrainpool-ready', '*'));
    await viewer.waitForTimeout(300);
    expect(await main.evaluate(() => test.portsGiven)).toBe(1);
    expect(window1?.options['webPreferences']).toMatchObject({ sandbox: true, contextIsolation: true });

    set('asks', [
      makeAsk(1),
      makeAsk(2, { state: 'granted', sessionId: uuid(9) as never }),
      makeAsk(3, { state: 'denied' }),
    ]);
    set('sessions', [makeSession(9, { role: 'visitor' }), makeSession(8, { role: 'visitor', state: 'ended' })]);
    await until(async () =>
      expect(await main.evaluate(() => (test.topics['sessions'] as unknown[] | undefined)?.length)).toBe(2),
    );
    await shell.control.send('closeWindow', { id: window1?.id ?? 0 });
    await until(() => expect(calls('asks.cancel')).toEqual([{ askId: uuid(1) }]));
    await until(async () => expect(await main.evaluate(() => window.opened.closed)).toBe(true));

    for (const query of [`ask=${uuid(3)}`, `session=${uuid(8)}`, `ask=${uuid(2)}`]) {
      await main.evaluate((q) => void window.open(`/?window=viewer&first`.replace('first', q)), query);
      await hasPorts(await shell.page(`?window=viewer&${query}`));
      const [opened] = await windows(`?window=viewer&${query}`);
      await shell.control.send('closeWindow', { id: opened?.id ?? 0 });
    }
    await until(() => expect(calls('sessions.end')).toEqual([{ sessionId: uuid(9) }]));
    expect(calls('asks.cancel')).toHaveLength(1);

    // The page tells by its address what it shows now, and may close its window itself.
    await main.evaluate(() => void window.open('/?window=viewer'));
    const later = await shell.page('?window=viewer');
    await hasPorts(later);
    await later.evaluate((id) => {
      window.history.replaceState(null, '', `/?window=viewer&ask=${id}`);
      window.close();
    }, uuid(1));
    await until(() => expect(calls('asks.cancel')).toHaveLength(2));
  });

  it('disposes the core once when the person quits, and ends', async () => {
    shell = await launch();
    await hasPorts(await shell.page(''));
    await until(async () => expect(await shell.control.send('tray')).not.toBeNull());
    await shell.control.send('clickMenu', { path: ['Quit eBrainPool'] });
    expect(await shell.ended).toBe(0);
    expect(calls('disposed')).toHaveLength(1);
  });

  it('saves what its own page made, where the person says, and nothing else', async () => {
    shell = await launch();
    const page = await shell.page('');
    await hasPorts(page);
    const save = (address: string) =>
      page.evaluate((given) => {
        const link = window.document.createElement('a');
        link.href = given === 'blob' ? URL.createObjectURL(new window.Blob(['line\n'])) : given;
        link.download = '../../history.csv';
        link.click();
      }, address);
    const downloaded = page.waitForEvent('download');
    await save('blob');
    expect(await readFile(await (await downloaded).path(), 'utf8')).toBe('line\n');
    await save('data:text/plain,from%20elsewhere');
    await until(async () =>
      expect(await shell.control.send('downloads')).toEqual([
        {
          url: expect.stringMatching(/^blob:app:\/\/ebp\/[0-9a-f-]+$/),
          // Whatever the page calls it, it is one name in the person's folder.
          proposal: join(folder, 'profile', 'electron', 'downloads', '_.._history.csv'),
        },
        { url: 'data:text/plain,from%20elsewhere', proposal: null },
      ]),
    );
  });

  it('cancels a comparison when its pop-up is closed, but not one that the person has answered', async () => {
    shell = await launch();
    await hasPorts(await shell.page('?window=popup'));
    const comparison = (letter: string, state: string, role = 'asked') => ({
      peerId: `SHA256:${letter.repeat(43)}`,
      peerName: 'Alice',
      isVerified: false,
      warning: null,
      role,
      state,
      code: '123456',
      expiresAt: Date.now() + 60_000,
      problem: null,
    });
    set('comparisons', [
      comparison('a', 'comparing'),
      comparison('b', 'waiting'),
      comparison('c', 'comparing', 'asking'),
    ]);
    await until(async () => expect((await windows('?window=popup'))[0]?.isVisible).toBe(true));
    await until(async () =>
      expect(await shell.control.send('tray')).toMatchObject({
        toolTip: 'eBrainPool: somebody wants to compare a code with you',
        menu: [
          { label: 'Alice (not verified) wants to compare a code…' },
          { label: 'Alice (not verified) wants to compare a code…' },
          {},
          {},
          {},
          {},
          {},
          {},
        ],
      }),
    );
    const id = (await windows('?window=popup'))[0]?.id ?? 0;
    await shell.control.send('closeWindow', { id });
    await until(async () => expect((await windows('?window=popup'))[0]?.isVisible).toBe(false));
    await until(() => expect(calls('comparisons.cancel')).toEqual([{ peerId: `SHA256:${'a'.repeat(43)}` }]));
    // The status icon leads back to it.
    await shell.control.send('clickMenu', { path: ['Alice (not verified) wants to compare a code…'] });
    await until(async () => expect((await windows('?window=popup'))[0]?.isVisible).toBe(true));
    expect(calls('comparisons.answer')).toEqual([]);
  });

  it('ends within its limit when the core hangs', async () => {
    shell = await launch({ FAKE_CORE_HANGS: '1' });
    await hasPorts(await shell.page(''));
    const start = Date.now();
    shell.process.kill('SIGTERM');
    expect(await shell.ended).toBe(0);
    expect(Date.now() - start).toBeLessThan(12_000);
  });

  it('ends when the core is asked to stop', async () => {
    shell = await launch({}, ['--hidden']);
    await until(async () => expect(await shell.control.send('tray')).not.toBeNull());
    expect(await windows('')).toEqual([]);
    await shell.control.send('clickTray');
    await until(async () => expect((await windows(''))[0]?.isVisible).toBe(true));
    shell.process.stdin?.write(`${JSON.stringify({ stop: true })}\n`);
    expect(await shell.ended).toBe(0);
    expect(calls('disposed')).toHaveLength(1);
  });

  it('says in a dialog that another core has this profile', async () => {
    // It ends at once, so that the test may or may not get hold of it first.
    const started = await launch({ FAKE_CORE_RUNS: '1' }).catch((error: Error) => error);
    if (started instanceof Error) expect(started.message).toContain('eBrainPool is already running');
    else {
      shell = started;
      expect(await started.ended).toBe(1);
    }
    expect(calls('disposed')).toEqual([]);
  });
});

describe('the key store that Electron gives the core, played by the stand-in', { timeout: 60_000 }, () => {
  const SEALED = ['id_ed25519.pub', 'id_ed25519.sealed'];
  const PLAIN = ['id_ed25519', 'id_ed25519.pub'];
  const inStore = (store: string) => ({ place: { kind: 'store', store }, files: SEALED });
  const inFile = (why: string) => ({ place: { kind: 'file', why }, files: PLAIN });
  const pathOf = (name: string) => join(folder, 'keys', name);

  /** What the core makes of a folder for keys while the system's store is in this state. */
  async function openWith(state: KeyStore, name: string): Promise<{ id?: string; files: string[] }> {
    await shell.control.send('setKeyStore', { state });
    const before = calls('identity').length;
    shell.process.stdin?.write(`${JSON.stringify({ openIdentity: pathOf(name) })}\n`);
    await until(() => expect(calls('identity')).toHaveLength(before + 1));
    return { ...(calls('identity').at(-1) as object), files: (await readdir(pathOf(name))).sort() };
  }

  it('seals and opens the key, and tells a store that protects from one that does not', async () => {
    shell = await launch({}, ['--hidden']);
    await until(() => expect(calls('created')).toHaveLength(1));
    const sealed = async () => readFile(join(pathOf('good'), 'id_ed25519.sealed'), 'utf8');
    const first = await openWith('gnome_libsecret', 'good');
    expect(first).toMatchObject(inStore('GNOME Keyring'));
    expect(await openWith('gnome_libsecret', 'good')).toEqual(first);
    const text = await sealed();
    expect(await openWith('renewing', 'good')).toEqual(first);
    expect(await sealed()).not.toBe(text);
    expect(await openWith('kwallet6', 'other')).toMatchObject(inStore('KWallet'));

    for (const [state, why] of [
      ['basic_text', 'no-system-store'],
      ['locked', 'no-system-store'],
      ['unavailable', 'no-system-store'],
      ['broken', 'failed'],
    ] as const) {
      // A new key lies in a file until there is a store; a sealed one is never replaced by a new one.
      const made = await openWith(state, state);
      expect(made, state).toMatchObject(inFile(why));
      const later = await openWith('gnome_libsecret', state);
      expect(later, state).toMatchObject({ id: made.id, ...inStore('GNOME Keyring') });
      const refused = { code: 'key-store-locked', params: { store: 'GNOME Keyring' }, files: SEALED };
      expect(await openWith(state, state), state).toMatchObject(refused);
      expect(await openWith('gnome_libsecret', state), state).toEqual(later);
    }
    await shell[Symbol.asyncDispose]();

    // It ends at once, so that the test may or may not get hold of it first.
    const started = await launch({ FAKE_CORE_IDENTITY: pathOf('good'), EBP_STAND_IN_KEY_STORE: 'locked' }).catch(
      (error: Error) => error,
    );
    const words = 'is sealed with GNOME Keyring, which does not open it now';
    if (started instanceof Error) expect(started.message).toContain(words);
    else {
      shell = started;
      expect(await started.ended).toBe(1);
      await until(() => expect(started.readErrors()).toContain(words));
    }
    expect((await readdir(pathOf('good'))).sort()).toEqual(SEALED);
  });
});

async function settings(): Promise<object> {
  return (await shell.page('')).evaluate(() => test.topics['settings'] as object);
}
